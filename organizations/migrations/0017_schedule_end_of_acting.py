"""Every minute: end what facilitators do for others when its time is over."""

from django.db import migrations

NAME = "End acting for others"


def add_schedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.update_or_create(
        name=NAME,
        defaults={
            "func": "organizations.tasks.end_overdue_acting",
            "schedule_type": "I",
            "minutes": 1,
        },
    )


def remove_schedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0016_history"),
        ("django_q", "0018_task_success_index"),
    ]

    operations = [migrations.RunPython(add_schedule, remove_schedule)]
