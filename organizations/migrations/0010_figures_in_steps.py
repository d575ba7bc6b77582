"""Exact figures are disclosed in steps, and it is on record who has seen them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STAGES = [
    ("public", "Anybody who sees the organization"),
    ("matched", "Organizations with a match with ours"),
    ("accepted", "Organizations with an accepted proposal between us"),
    ("never", "Nobody else"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0009_numbers_of_flows"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="figures_from",
            field=models.CharField(
                choices=STAGES,
                db_default="matched",
                default="matched",
                max_length=10,
                verbose_name="who sees exact figures",
            ),
        ),
        migrations.AddConstraint(
            model_name="organization",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("figures_from__in", ["public", "matched", "accepted", "never"])
                ),
                name="organizations_organization_stage_of_figures_is_known",
            ),
        ),
        migrations.RenameModel("ContactDisclosure", "Disclosure"),
        migrations.AlterModelOptions(
            name="disclosure",
            options={
                "ordering": ["-pk"],
                "verbose_name": "disclosure",
                "verbose_name_plural": "disclosures",
            },
        ),
        migrations.RemoveConstraint("disclosure", "organizations_disclosure_is_one_a_day"),
        migrations.AddField(
            model_name="disclosure",
            name="flow",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="disclosures",
                to="organizations.resourceflow",
                verbose_name="exact figures of",
            ),
        ),
        migrations.AddConstraint(
            model_name="disclosure",
            constraint=models.UniqueConstraint(
                fields=("organization", "user", "flow", "seen_on"),
                name="organizations_disclosure_is_one_a_day",
                nulls_distinct=False,
            ),
        ),
    ]
