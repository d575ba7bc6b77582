"""The European List of Waste and NACE Rev. 2, with what their codes mean."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0013_orders_of_lists"),
    ]

    operations = [
        migrations.CreateModel(
            name="Sector",
            fields=[
                (
                    "code",
                    models.CharField(
                        max_length=5,
                        primary_key=True,
                        serialize=False,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^([A-U]|\\d{2}(\\.\\d{1,2})?)$",
                                "Enter a NACE Rev. 2 code such as C, 35 or 35.11.",
                            )
                        ],
                        verbose_name="code",
                    ),
                ),
                ("description", models.CharField(max_length=500, verbose_name="description")),
                (
                    "parent_code",
                    models.CharField(
                        blank=True, max_length=5, verbose_name="code of what it belongs to"
                    ),
                ),
            ],
            options={
                "verbose_name": "sector (NACE Rev. 2)",
                "verbose_name_plural": "sectors (NACE Rev. 2)",
                "ordering": ["code"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("description", ""), _negated=True),
                        name="organizations_sector_is_described",
                        violation_error_message="Say what the code means.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WasteCode",
            fields=[
                (
                    "code",
                    models.CharField(
                        max_length=6,
                        primary_key=True,
                        serialize=False,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^\\d{6}$", "Enter the six digits of a List of Waste code."
                            )
                        ],
                        verbose_name="code",
                    ),
                ),
                ("description", models.CharField(max_length=500, verbose_name="description")),
                ("hazardous", models.BooleanField(default=False, verbose_name="hazardous")),
                ("chapter", models.CharField(blank=True, max_length=500, verbose_name="chapter")),
                (
                    "sub_chapter",
                    models.CharField(blank=True, max_length=500, verbose_name="sub-chapter"),
                ),
            ],
            options={
                "verbose_name": "List of Waste code",
                "verbose_name_plural": "List of Waste codes",
                "ordering": ["code"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("description", ""), _negated=True),
                        name="organizations_wastecode_is_described",
                        violation_error_message="Say what the code means.",
                    )
                ],
            },
        ),
    ]
