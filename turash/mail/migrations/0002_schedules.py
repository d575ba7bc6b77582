"""Every minute: e-mails left behind. Every day at six: digests. Every day: forget old e-mails."""

from datetime import UTC, datetime, time, timedelta

from django.db import migrations

DIGEST_HOUR_UTC = 6


def next_digest(now):
    today = datetime.combine(now.date(), time(DIGEST_HOUR_UTC), tzinfo=UTC)
    return today if today > now else today + timedelta(days=1)


def add_schedules(apps, schema_editor):
    schedule = apps.get_model("django_q", "Schedule").objects
    schedule.update_or_create(
        name="Hand out waiting e-mails",
        defaults={"func": "turash.mail.tasks.sweep", "schedule_type": "I", "minutes": 1},
    )
    schedule.update_or_create(
        name="Write the digests",
        defaults={
            "func": "turash.mail.tasks.start_digests",
            "schedule_type": "D",
            "next_run": next_digest(datetime.now(tz=UTC)),
        },
    )
    schedule.update_or_create(
        name="Prune e-mails",
        defaults={"func": "turash.mail.tasks.prune", "schedule_type": "D"},
    )


def remove_schedules(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(
        name__in=["Hand out waiting e-mails", "Write the digests", "Prune e-mails"]
    ).delete()


class Migration(migrations.Migration):
    dependencies = [("mail", "0001_initial"), ("django_q", "0018_task_success_index")]

    operations = [migrations.RunPython(add_schedules, remove_schedules)]
