"""Reminders before a proposal expires, looked for every ten minutes."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

NAME = "Remind of expiring proposals"


def add_schedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.update_or_create(
        name=NAME,
        defaults={"func": "proposals.tasks.remind_expiring", "schedule_type": "I", "minutes": 10},
    )


def remove_schedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("proposals", "0006_guards"),
        ("django_q", "0018_task_success_index"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProposalReminder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_until", models.DateTimeField(verbose_name="valid until")),
                (
                    "announced_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        editable=False,
                        verbose_name="announced at",
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reminders",
                        to="proposals.proposal",
                        verbose_name="proposal",
                    ),
                ),
            ],
            options={
                "verbose_name": "reminder",
                "verbose_name_plural": "reminders",
                "ordering": ["pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="proposalreminder",
            constraint=models.UniqueConstraint(
                fields=("proposal", "valid_until"), name="proposals_reminder_comes_once"
            ),
        ),
        migrations.RunPython(add_schedule, remove_schedule),
    ]
