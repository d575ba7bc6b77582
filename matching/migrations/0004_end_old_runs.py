"""Runs begun before they had partitions cannot be continued, and would keep others out."""

from django.db import migrations
from django.utils import timezone


def end_old_runs(apps, schema_editor):
    apps.get_model("matching", "MatchingRun").objects.filter(
        status__in=["queued", "running"]
    ).update(
        status="failed",
        finished_at=timezone.now(),
        error="Turash was brought up to date meanwhile; request a new run.",
    )


class Migration(migrations.Migration):
    dependencies = [("matching", "0003_schedule_sweep")]

    operations = [migrations.RunPython(end_old_runs, migrations.RunPython.noop)]
