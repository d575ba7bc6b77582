"""Forms that were begun and not sent; each day those are forgotten that nobody has gone on with."""

import uuid

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

NAME = "Forget old drafts"


def add_schedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.update_or_create(
        name=NAME,
        defaults={"func": "organizations.tasks.drop_old_drafts", "schedule_type": "D"},
    )


def remove_schedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0017_schedule_end_of_acting"),
        ("django_q", "0018_task_success_index"),
    ]

    operations = [
        migrations.CreateModel(
            name="Draft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "form",
                    models.CharField(
                        max_length=80,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z]+(-[a-z]+)*(:[a-z0-9-]+)?$"
                            )
                        ],
                        verbose_name="form",
                    ),
                ),
                (
                    "body",
                    models.TextField(
                        validators=[django.core.validators.MaxLengthValidator(20000)],
                        verbose_name="content",
                    ),
                ),
                ("version", models.UUIDField(default=uuid.uuid4, editable=False)),
                (
                    "saved_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="saved at"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drafts",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "draft",
                "verbose_name_plural": "drafts",
                "ordering": ["-saved_at", "-pk"],
                "indexes": [models.Index(fields=["saved_at"], name="organizations_draft_by_age")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "form"), name="organizations_draft_is_one_of_a_form"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("body__length__lte", 20000)),
                        name="organizations_draft_is_short",
                    ),
                ],
            },
        ),
        migrations.RunPython(add_schedule, remove_schedule),
    ]
