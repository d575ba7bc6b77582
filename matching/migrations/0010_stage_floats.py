"""Staged pairs are kept as the kernel has them; what was staged before is not taken over."""

import django.db.models.deletion
from django.db import migrations, models
from django.utils import timezone

FIGURES = (
    "score", "quality_score", "temporal_score", "quantity_score", "economic_score",
    "spatial_score", "trust_score", "regulatory_score", "distance_m", "quantity_per_year",
    "shared_hours_per_year", "transport", "avoided_purchase_eur_per_year",
    "avoided_disposal_eur_per_year", "transport_eur_per_year", "investment_eur",
    "annuity_eur_per_year", "maintenance_eur_per_year", "savings_eur_per_year",
    "net_present_value_eur", "payback_years", "internal_rate_of_return", "co2_avoided_t_per_year",
)  # fmt: skip


def end_runs(apps, schema_editor):
    """End runs of all that have staged something: they can be asked for again."""
    runs = apps.get_model("matching", "MatchingRun").objects.filter(organization=None)
    runs.filter(status="running").update(
        status="failed", error="Turash was updated.", finished_at=timezone.now()
    )


class Migration(migrations.Migration):
    dependencies = [("matching", "0009_schedule_clusters")]

    operations = [
        migrations.RunPython(end_runs, migrations.RunPython.noop),
        migrations.DeleteModel("StagedMatch"),
        migrations.CreateModel(
            name="StagedMatch",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("output_id", models.UUIDField()),
                ("input_id", models.UUIDField()),
                ("output_rank", models.SmallIntegerField()),
                ("input_rank", models.SmallIntegerField()),
                *((name, models.FloatField()) for name in FIGURES),
                (
                    "partition",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="matching.matchingrunpartition",
                    ),
                ),
            ],
            options={
                "verbose_name": "staged match",
                "verbose_name_plural": "staged matches",
            },
        ),
    ]
