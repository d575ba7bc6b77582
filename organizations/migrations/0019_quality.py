"""What seems wrong with flows and sites, what people say to it, and a look at all of them a day."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from turash.history.tracking import track

NAME = "Look at the quality of data"

# The history has what people say to a finding, and not how a computation comes and goes.
FORWARD = """
CREATE TRIGGER history_of_changes AFTER UPDATE ON organizations_qualityfinding
FOR EACH ROW WHEN ((OLD.dismissed_at, OLD.note, OLD.asked_at)
    IS DISTINCT FROM (NEW.dismissed_at, NEW.note, NEW.asked_at))
EXECUTE FUNCTION history_record_change(
    'id', 'organization_id', 'seen_at,found_at,figures,severity,subject_updated_at', ''
);
"""
BACKWARD = "DROP TRIGGER history_of_changes ON organizations_qualityfinding;"


def add_schedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.update_or_create(
        name=NAME,
        defaults={"func": "organizations.tasks.find_quality", "schedule_type": "D"},
    )


def remove_schedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0018_drafts"),
        ("history", "0001_initial"),
        ("django_q", "0018_task_success_index"),
    ]

    operations = [
        migrations.CreateModel(
            name="FlowConfirmation",
            fields=[
                (
                    "flow",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="confirmation",
                        serialize=False,
                        to="organizations.resourceflow",
                        verbose_name="resource flow",
                    ),
                ),
                (
                    "confirmed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="confirmed at"
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="confirmed by",
                    ),
                ),
            ],
            options={
                "verbose_name": "confirmation of a flow",
                "verbose_name_plural": "confirmations of flows",
            },
        ),
        migrations.CreateModel(
            name="QualityFinding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("impossible", "More than any site has"),
                            ("unusual", "Far from others like it"),
                            ("incomplete", "Incomplete"),
                            ("stale", "Not looked after"),
                            ("repeated", "Declared twice"),
                            ("nowhere", "At 0°, 0°"),
                            ("far_away", "Far from its city"),
                        ],
                        max_length=10,
                        verbose_name="reason",
                    ),
                ),
                (
                    "severity",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Hint"), (2, "Warning"), (3, "Error")], verbose_name="severity"
                    ),
                ),
                ("figures", models.JSONField(default=dict, verbose_name="what was compared")),
                ("subject_updated_at", models.DateTimeField(verbose_name="state of the record")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("dismissed", "Is right"),
                            ("settled", "No longer found"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "found_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="found at"
                    ),
                ),
                (
                    "seen_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="last found at"
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="owner asked at"),
                ),
                (
                    "dismissed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="dismissed at"),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="asked by",
                    ),
                ),
                (
                    "dismissed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="dismissed by",
                    ),
                ),
                (
                    "flow",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quality_findings",
                        to="organizations.resourceflow",
                        verbose_name="resource flow",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quality_findings",
                        to="organizations.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quality_findings",
                        to="organizations.site",
                        verbose_name="site",
                    ),
                ),
            ],
            options={
                "verbose_name": "finding about data quality",
                "verbose_name_plural": "findings about data quality",
                "ordering": ["-severity", "-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "open")),
                        fields=["-severity", "-id"],
                        name="organizations_finding_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "flow"), name="organizations_finding_is_unique_per_flow"
                    ),
                    models.UniqueConstraint(
                        fields=("kind", "site"), name="organizations_finding_is_unique_per_site"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("flow", None),
                                ("kind__in", ["nowhere", "far_away"]),
                                ("site__isnull", False),
                            ),
                            models.Q(
                                ("flow__isnull", False),
                                (
                                    "kind__in",
                                    ["impossible", "unusual", "incomplete", "stale", "repeated"],
                                ),
                                ("site", None),
                            ),
                            _connector="OR",
                        ),
                        name="organizations_finding_is_about_one_record",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("severity__gte", 1), ("severity__lte", 3)),
                        name="organizations_finding_severity_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("dismissed_at__isnull", False), ("status", "dismissed")),
                            models.Q(
                                ("dismissed_at", None),
                                ("note", ""),
                                ("status__in", ["open", "settled"]),
                            ),
                            _connector="OR",
                        ),
                        name="organizations_finding_is_dismissed_at_a_time",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
        track("organizations_flowconfirmation", key="flow_id"),
        migrations.RunPython(add_schedule, remove_schedule),
    ]
