"""Every minute: what failed or was left behind. Every day: forget old deliveries."""

from django.db import migrations


def add_schedules(apps, schema_editor):
    schedule = apps.get_model("django_q", "Schedule").objects
    schedule.update_or_create(
        name="Send to webhooks",
        defaults={"func": "webhooks.tasks.send", "schedule_type": "I", "minutes": 1},
    )
    schedule.update_or_create(
        name="Prune deliveries to webhooks",
        defaults={"func": "webhooks.tasks.prune", "schedule_type": "D"},
    )


def remove_schedules(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(
        name__in=["Send to webhooks", "Prune deliveries to webhooks"]
    ).delete()


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial"), ("django_q", "0018_task_success_index")]

    operations = [migrations.RunPython(add_schedules, remove_schedules)]
