"""Weights that a person has asked for: chosen, or what is learned again."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0016_what_has_changed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="matchingweights",
            name="is_chosen",
            field=models.BooleanField(default=False, verbose_name="chosen by a person"),
        ),
        migrations.AddField(
            model_name="matchingweights",
            name="reason",
            field=models.CharField(blank=True, max_length=300, verbose_name="reason"),
        ),
        migrations.AddField(
            model_name="matchingweights",
            name="requested_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="requested by",
            ),
        ),
        migrations.AddConstraint(
            model_name="matchingweights",
            constraint=models.CheckConstraint(
                condition=models.Q(is_chosen=False) | ~models.Q(reason=""),
                name="matching_weights_are_chosen_for_a_reason",
            ),
        ),
    ]
