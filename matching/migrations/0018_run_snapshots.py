"""What the lists held when a run of all was done."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matching", "0017_chosen_weights")]

    operations = [
        migrations.CreateModel(
            name="RunSnapshot",
            fields=[
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="snapshot",
                        serialize=False,
                        to="matching.matchingrun",
                    ),
                ),
                (
                    "taken_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="taken at"
                    ),
                ),
                ("match_count", models.PositiveIntegerField(verbose_name="matches")),
                (
                    "weights",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(), size=None, verbose_name="weights"
                    ),
                ),
                ("engine", models.CharField(max_length=16, verbose_name="engine")),
                ("pairs", models.BinaryField(null=True)),
                ("last_change", models.BigIntegerField(default=0)),
            ],
            options={
                "verbose_name": "snapshot of a run",
                "verbose_name_plural": "snapshots of runs",
            },
        ),
    ]
