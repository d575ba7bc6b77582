"""Weights of the score that runs bring along, and the evidence that they are learned from."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import Abs
from django.db.models.lookups import LessThan

FACTORS = ("quality", "temporal", "quantity", "economic", "spatial", "trust", "regulatory")


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0010_stage_floats"),
        ("organizations", "0005_conversions"),
    ]

    operations = [
        migrations.CreateModel(
            name="MatchingWeights",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("quality", models.FloatField(verbose_name="quality")),
                ("temporal", models.FloatField(verbose_name="time")),
                ("quantity", models.FloatField(verbose_name="quantity")),
                ("economic", models.FloatField(verbose_name="economics")),
                ("spatial", models.FloatField(verbose_name="distance")),
                ("trust", models.FloatField(verbose_name="trust")),
                ("regulatory", models.FloatField(verbose_name="regulation")),
                (
                    "votes",
                    models.JSONField(default=dict, verbose_name="dismissals that count, by factor"),
                ),
                ("contrast", models.FloatField(default=0, verbose_name="decisions that count")),
                (
                    "differences",
                    models.JSONField(
                        default=dict, verbose_name="mean score accepted − rejected, by factor"
                    ),
                ),
                (
                    "dismissal_count",
                    models.PositiveIntegerField(default=0, verbose_name="dismissals"),
                ),
                (
                    "accepted_count",
                    models.PositiveIntegerField(default=0, verbose_name="accepted proposals"),
                ),
                (
                    "rejected_count",
                    models.PositiveIntegerField(default=0, verbose_name="rejected proposals"),
                ),
                (
                    "organization_count",
                    models.PositiveIntegerField(default=0, verbose_name="organizations"),
                ),
                (
                    "computed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="computed at"
                    ),
                ),
                ("adopted_at", models.DateTimeField(null=True, verbose_name="in force since")),
                (
                    "run",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="weights",
                        to="matching.matchingrun",
                        verbose_name="matching run",
                    ),
                ),
            ],
            options={
                "verbose_name": "weights of the score",
                "verbose_name_plural": "weights of the score",
                "ordering": ["-computed_at", "-pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="matchingweights",
            constraint=models.CheckConstraint(
                condition=models.Q(**{f"{name}__gt": 0 for name in FACTORS}),
                name="matching_weights_are_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="matchingweights",
            constraint=models.CheckConstraint(
                condition=LessThan(Abs(sum((F(name) for name in FACTORS), -1.0)), 1e-9),
                name="matching_weights_add_up_to_one",
            ),
        ),
        migrations.CreateModel(
            name="ProposalEvidence",
            fields=[
                (
                    "proposal_id",
                    models.UUIDField(primary_key=True, serialize=False, verbose_name="proposal"),
                ),
                ("is_accepted", models.BooleanField(verbose_name="accepted")),
                (
                    "scores",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(), size=7, verbose_name="factor scores"
                    ),
                ),
                ("decided_at", models.DateTimeField(verbose_name="decided at")),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="organizations.organization",
                        verbose_name="organization that decided",
                    ),
                ),
            ],
            options={
                "verbose_name": "decided proposal",
                "verbose_name_plural": "decided proposals",
                "ordering": ["-decided_at", "pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="proposalevidence",
            constraint=models.CheckConstraint(
                condition=models.Q(scores__len=7),
                name="matching_evidence_has_a_score_for_each_factor",
            ),
        ),
        migrations.AddField(
            model_name="matchdismissal",
            name="category",
            field=models.CharField(
                blank=True,
                choices=[
                    ("too_far", "Too far away"),
                    ("quality", "The quality does not fit"),
                    ("times", "The times do not fit"),
                    ("too_small", "Too little"),
                    ("too_large", "Too much"),
                    ("does_not_pay", "It does not pay"),
                    ("partner_not_trusted", "The partner is not trusted"),
                    ("data_doubtful", "The data are doubtful"),
                    ("permits", "Permits or the law"),
                    ("other", "Something else"),
                ],
                max_length=20,
                verbose_name="kind of reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="matchdismissal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    category__in=[
                        "", "too_far", "quality", "times", "too_small", "too_large",
                        "does_not_pay", "partner_not_trusted", "data_doubtful", "permits", "other",
                    ]
                ),
                name="matching_dismissal_category_is_known",
            ),
        ),
    ]  # fmt: skip
