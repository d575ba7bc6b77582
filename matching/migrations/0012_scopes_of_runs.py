"""Runs of one tree of resource types and of a box, and runs that are resumed."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0011_learned_weights"),
        ("organizations", "0005_conversions"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="matchingrun", name="matching_run_is_the_only_unfinished_one"
        ),
        migrations.AddField(
            model_name="matchingrun",
            name="root_type",
            field=models.ForeignKey(
                blank=True,
                help_text="The flows of this tree of types alone.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="organizations.resourcetype",
                verbose_name="resource type",
            ),
        ),
        migrations.AddField(
            model_name="matchingrun",
            name="west",
            field=models.FloatField(blank=True, null=True, verbose_name="west [°]"),
        ),
        migrations.AddField(
            model_name="matchingrun",
            name="south",
            field=models.FloatField(blank=True, null=True, verbose_name="south [°]"),
        ),
        migrations.AddField(
            model_name="matchingrun",
            name="east",
            field=models.FloatField(blank=True, null=True, verbose_name="east [°]"),
        ),
        migrations.AddField(
            model_name="matchingrun",
            name="north",
            field=models.FloatField(
                blank=True,
                help_text="The flows in this box alone.",
                null=True,
                verbose_name="north [°]",
            ),
        ),
        migrations.AddField(
            model_name="matchingrun",
            name="resumed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="resumed at"),
        ),
        migrations.AddField(
            model_name="matchingrunpartition",
            name="earlier_attempts",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AddConstraint(
            model_name="matchingrun",
            constraint=models.CheckConstraint(
                condition=Q(organization=None, root_type=None)
                | Q(organization=None, west=None)
                | Q(root_type=None, west=None),
                name="matching_run_has_one_scope",
                violation_error_message=(
                    "Choose an organization, a resource type or a box, or nothing for all."
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="matchingrun",
            constraint=models.CheckConstraint(
                condition=Q(west=None, south=None, east=None, north=None)
                | Q(
                    west__isnull=False,
                    west__range=(-180, 180),
                    east__isnull=False,
                    east__range=(-180, 180),
                    south__isnull=False,
                    south__gte=-90,
                    south__lte=F("north"),
                    north__isnull=False,
                    north__lte=90,
                ),
                name="matching_run_box_is_one",
                violation_error_message="Give a box as west, south, east, north in degrees.",
            ),
        ),
        migrations.AddConstraint(
            model_name="matchingrun",
            constraint=models.UniqueConstraint(
                condition=Q(status__in=["queued", "running"]),
                fields=("organization", "root_type", "west", "south", "east", "north"),
                name="matching_run_is_the_only_unfinished_one",
                nulls_distinct=False,
                violation_error_message=(
                    "The matches are being recomputed already; wait for that run."
                ),
            ),
        ),
    ]
