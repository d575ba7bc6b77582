"""Drawn areas, samples of uncertain amounts, mixes, and what a scenario supposes or closes."""

import django.contrib.gis.db.models.fields
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

import organizations.ids
import plans.models.area


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0012_places_on_the_plane"),
        ("plans", "0002_schedules"),
        ("proposals", "0009_forget_matches"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PlanClosure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
            options={
                "verbose_name": "closure in a plan",
                "verbose_name_plural": "closures in plans",
                "ordering": ["plan", "pk"],
            },
        ),
        migrations.CreateModel(
            name="SupposedFlow",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=organizations.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "direction",
                    models.CharField(
                        choices=[("input", "Input"), ("output", "Output")],
                        max_length=6,
                        verbose_name="direction",
                    ),
                ),
                ("quantity_per_year", models.FloatField(verbose_name="quantity a year")),
                (
                    "temperature_celsius_min",
                    models.FloatField(blank=True, null=True, verbose_name="temperature from [°C]"),
                ),
                (
                    "temperature_celsius_max",
                    models.FloatField(blank=True, null=True, verbose_name="temperature to [°C]"),
                ),
                (
                    "cost_eur_per_unit",
                    models.FloatField(
                        blank=True,
                        help_text="An input: for what is replaced; an output: for disposal.",
                        null=True,
                        verbose_name="paid otherwise [EUR per unit]",
                    ),
                ),
            ],
            options={
                "verbose_name": "supposed flow",
                "verbose_name_plural": "supposed flows",
                "ordering": ["site", "pk"],
            },
        ),
        migrations.CreateModel(
            name="SupposedSite",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=organizations.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "location",
                    django.contrib.gis.db.models.fields.PointField(
                        geography=True, srid=4326, verbose_name="location"
                    ),
                ),
            ],
            options={
                "verbose_name": "supposed plant",
                "verbose_name_plural": "supposed plants",
                "ordering": ["plan", "pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="plannedexchange",
            name="plans_plannedexchange_is_the_only_one_of_a_pair",
        ),
        migrations.RemoveConstraint(
            model_name="plannedflow",
            name="plans_plannedflow_is_unique",
        ),
        migrations.RenameField(
            model_name="plannedexchange", old_name="input", new_name="declared_input"
        ),
        migrations.RenameField(
            model_name="plannedexchange", old_name="output", new_name="declared_output"
        ),
        migrations.RenameField(model_name="plannedflow", old_name="flow", new_name="declared_flow"),
        migrations.AddField(
            model_name="plan",
            name="area",
            field=django.contrib.gis.db.models.fields.MultiPolygonField(
                blank=True, geography=True, null=True, srid=4326, verbose_name="area"
            ),
        ),
        migrations.AddField(
            model_name="plan",
            name="expected_bound",
            field=models.FloatField(
                blank=True, null=True, verbose_name="no plan is expected to be worth more than"
            ),
        ),
        migrations.AddField(
            model_name="plan",
            name="expected_value",
            field=models.FloatField(blank=True, null=True, verbose_name="value on average"),
        ),
        migrations.AddField(
            model_name="plan",
            name="is_blended",
            field=models.BooleanField(
                default=False,
                help_text=(
                    "Where contaminants are stated an input takes any mix within its limits; the"
                    " rest of what it needs is clean."
                ),
                verbose_name="what is too dirty alone may be mixed",
            ),
        ),
        migrations.AddField(
            model_name="plan",
            name="sample_count",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="0: amounts are as stated. Else what holds best over so many is chosen.",
                verbose_name="samples of uncertain amounts",
            ),
        ),
        migrations.AddField(
            model_name="plan",
            name="sampled_count",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="samples"),
        ),
        migrations.AddField(
            model_name="plan",
            name="worst_value",
            field=models.FloatField(blank=True, null=True, verbose_name="value in the worst 5 %"),
        ),
        migrations.AddField(
            model_name="plannedexchange",
            name="chosen_share",
            field=models.FloatField(null=True, verbose_name="share of samples in which it is best"),
        ),
        migrations.AlterField(
            model_name="plannedexchange",
            name="declared_input",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="organizations.resourceflow",
                verbose_name="input",
            ),
        ),
        migrations.AlterField(
            model_name="plannedexchange",
            name="declared_output",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="organizations.resourceflow",
                verbose_name="output",
            ),
        ),
        migrations.AddField(
            model_name="plannedexchange",
            name="is_mixed",
            field=models.BooleanField(default=False, verbose_name="only in a mix"),
        ),
        migrations.AlterField(
            model_name="plannedflow",
            name="declared_flow",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="organizations.resourceflow",
                verbose_name="flow",
            ),
        ),
        migrations.AddField(
            model_name="planpart",
            name="expected_bound",
            field=models.FloatField(
                blank=True, null=True, verbose_name="no plan is expected to be worth more than"
            ),
        ),
        migrations.AddField(
            model_name="planpart",
            name="sample_values",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.FloatField(), blank=True, default=list, size=None
            ),
        ),
        migrations.AlterField(
            model_name="planshare",
            name="organization",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="organizations.organization",
                verbose_name="organization",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("area", None),
                    plans.models.area._IsValid(
                        django.db.models.functions.comparison.Cast(
                            "area", django.contrib.gis.db.models.fields.MultiPolygonField(srid=4326)
                        )
                    ),
                    _connector="OR",
                ),
                name="plans_plan_area_is_sound",
                violation_error_message="The area is not sound: its sides must not cross.",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("area", None),
                    models.Q(
                        django.db.models.lookups.LessThanOrEqual(
                            plans.models.area._CornerCount(
                                django.db.models.functions.comparison.Cast(
                                    "area",
                                    django.contrib.gis.db.models.fields.MultiPolygonField(
                                        srid=4326
                                    ),
                                )
                            ),
                            1000,
                        ),
                        django.db.models.lookups.LessThanOrEqual(
                            plans.models.area._SquareMetres("area", models.Value(value=False)),
                            5000000000000.0,
                        ),
                    ),
                    _connector="OR",
                ),
                name="plans_plan_area_is_not_too_large",
                violation_error_message=(
                    "The area can have 1,000 corners and 5,000,000 km² at most."
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("sample_count", 0),
                    models.Q(("sample_count__gte", 10), ("sample_count__lte", 100)),
                    _connector="OR",
                ),
                name="plans_plan_samples_are_enough",
                violation_error_message="Give 10 to 100 samples, or 0 for none.",
            ),
        ),
        migrations.AddField(
            model_name="planclosure",
            name="flow",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="organizations.resourceflow",
                verbose_name="flow",
            ),
        ),
        migrations.AddField(
            model_name="planclosure",
            name="organization",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="organizations.organization",
                verbose_name="organization",
            ),
        ),
        migrations.AddField(
            model_name="planclosure",
            name="plan",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="closures",
                to="plans.plan",
                verbose_name="plan",
            ),
        ),
        migrations.AddField(
            model_name="planclosure",
            name="site",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="organizations.site",
                verbose_name="site",
            ),
        ),
        migrations.AddField(
            model_name="supposedflow",
            name="resource_type",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="organizations.resourcetype",
                verbose_name="resource type",
            ),
        ),
        migrations.AddField(
            model_name="plannedexchange",
            name="supposed_input",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="plans.supposedflow",
                verbose_name="supposed input",
            ),
        ),
        migrations.AddField(
            model_name="plannedexchange",
            name="supposed_output",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="plans.supposedflow",
                verbose_name="supposed output",
            ),
        ),
        migrations.AddField(
            model_name="plannedflow",
            name="supposed_flow",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="plans.supposedflow",
                verbose_name="supposed flow",
            ),
        ),
        migrations.AddConstraint(
            model_name="plannedexchange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_contracted", False)),
                fields=("plan", "declared_output", "declared_input"),
                name="plans_plannedexchange_is_the_only_one_of_a_pair",
            ),
        ),
        migrations.AddConstraint(
            model_name="plannedexchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("declared_output", None), ("supposed_output", None), _connector="XOR"
                ),
                name="plans_plannedexchange_has_one_output",
            ),
        ),
        migrations.AddConstraint(
            model_name="plannedexchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("declared_input", None), ("supposed_input", None), _connector="XOR"
                ),
                name="plans_plannedexchange_has_one_input",
            ),
        ),
        migrations.AddConstraint(
            model_name="plannedflow",
            constraint=models.UniqueConstraint(
                fields=("plan", "declared_flow"), name="plans_plannedflow_is_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="plannedflow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("declared_flow", None), ("supposed_flow", None), _connector="XOR"
                ),
                name="plans_plannedflow_has_one_flow",
            ),
        ),
        migrations.AddField(
            model_name="supposedsite",
            name="plan",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="supposed_sites",
                to="plans.plan",
                verbose_name="plan",
            ),
        ),
        migrations.AddField(
            model_name="supposedflow",
            name="site",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="flows",
                to="plans.supposedsite",
                verbose_name="plant",
            ),
        ),
        migrations.AddField(
            model_name="planshare",
            name="supposed_site",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="plans.supposedsite",
                verbose_name="supposed plant",
            ),
        ),
        migrations.AddConstraint(
            model_name="planshare",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("organization", None), ("supposed_site", None), _connector="XOR"
                ),
                name="plans_planshare_is_of_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="planclosure",
            constraint=models.UniqueConstraint(
                fields=("plan", "organization", "site", "flow"),
                name="plans_planclosure_is_unique",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="planclosure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("flow", None), ("organization__isnull", False), ("site", None)),
                    models.Q(("flow", None), ("organization", None), ("site__isnull", False)),
                    models.Q(("flow__isnull", False), ("organization", None), ("site", None)),
                    _connector="OR",
                ),
                name="plans_planclosure_is_of_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="supposedflow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("quantity_per_year__gt", 0), ("quantity_per_year__lte", 1000000000000000.0)
                ),
                name="plans_supposedflow_has_a_quantity",
                violation_error_message="The quantity must be above 0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="supposedflow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("temperature_celsius_min", None),
                    ("temperature_celsius_max", None),
                    ("temperature_celsius_min__lte", models.F("temperature_celsius_max")),
                    _connector="OR",
                ),
                name="plans_supposedflow_temperatures_are_a_range",
                violation_error_message="The lower temperature is above the higher one.",
            ),
        ),
    ]
