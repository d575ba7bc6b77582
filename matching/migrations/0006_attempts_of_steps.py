"""Each step of a run counts its attempts; a run of all can ask for another."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0005_runs_in_partitions"),
    ]

    operations = [
        migrations.AddField(
            model_name="matchingrun",
            name="needs_another",
            field=models.BooleanField(default=False, editable=False, verbose_name="to be repeated"),
        ),
        migrations.AddField(
            model_name="matchingrun",
            name="plan_attempts",
            field=models.PositiveSmallIntegerField(
                default=0, editable=False, verbose_name="attempts of the first step"
            ),
        ),
    ]
