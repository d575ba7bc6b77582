"""Dead letters are discarded for a reason; events are found by what they are about."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import turash.events.querysets


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0006_pairs_of_proposals"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="eventdelivery",
            name="discard_reason",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=500, verbose_name="reason"
            ),
        ),
        migrations.AddField(
            model_name="eventdelivery",
            name="discarded_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="discarded at"),
        ),
        migrations.AddField(
            model_name="eventdelivery",
            name="discarded_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="discarded by",
            ),
        ),
        migrations.AddIndex(
            model_name="domainevent",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    turash.events.querysets.PayloadValues("payload"), "jsonb_path_ops"
                ),
                name="events_event_about",
            ),
        ),
        migrations.AddIndex(
            model_name="eventdelivery",
            index=models.Index(
                condition=models.Q(("discarded_by", None), _negated=True),
                fields=["discarded_by"],
                name="events_delivery_discarder",
            ),
        ),
        migrations.AddConstraint(
            model_name="eventdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("discard_reason", ""), ("discarded_at", None), ("discarded_by", None)
                    ),
                    models.Q(
                        ("dead_at__isnull", False),
                        ("discarded_at__isnull", False),
                        models.Q(("discard_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="events_delivery_is_discarded_for_a_reason",
            ),
        ),
    ]
