"""Every minute: take up imports that a crash left behind. Every day: forget what is over."""

from django.db import migrations

SCHEDULES = {
    "Sweep imports": {"func": "imports.tasks.sweep", "schedule_type": "I", "minutes": 1},
    "Prune imports": {"func": "imports.tasks.prune", "schedule_type": "D"},
}


def add_schedules(apps, schema_editor):
    for name, values in SCHEDULES.items():
        apps.get_model("django_q", "Schedule").objects.update_or_create(name=name, defaults=values)


def remove_schedules(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(name__in=SCHEDULES).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0001_initial"),
        ("django_q", "0018_task_success_index"),
    ]

    operations = [migrations.RunPython(add_schedules, remove_schedules)]
