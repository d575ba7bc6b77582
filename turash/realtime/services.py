"""Telling organizations what concerns them: durable rows, whose commit wakes the websockets."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction

from turash.events.catalogue import Event
from turash.realtime.models import Notification

# Held until commit by whoever adds notifications, so that they appear in the order of their ids.
_ORDER_LOCK = 0x7455_7261
PRUNE_LIMIT = 50_000


@transaction.atomic
def notify(
    event: Event,
    *,
    organization_ids: Iterable[UUID | None],
    kind: str,
    subject_id: UUID,
    url: str,
) -> None:
    """Tell those of the organizations that have members about an event, now and durably."""
    organization = apps.get_model("organizations", "Organization")
    wanted = {organization_id for organization_id in organization_ids if organization_id}
    listening = list(
        organization.objects.filter(pk__in=wanted, users__isnull=False)
        .order_by("pk")
        .values_list("pk", flat=True)
        .distinct()
    )
    if not listening:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ORDER_LOCK])
    Notification.objects.bulk_create(
        Notification(
            organization_id=organization_id,
            type=event.type,
            occurred_at=event.occurred_at,
            subject_kind=kind,
            subject_id=subject_id,
            subject_url=url,
        )
        for organization_id in listening
    )


def prune_notifications(before: datetime) -> int:
    """Forget what organizations were told before, `PRUNE_LIMIT` at a time; returns how many."""
    old = Notification.objects.filter(occurred_at__lt=before).order_by("pk")
    keys = list(old.values_list("pk", flat=True)[:PRUNE_LIMIT])
    Notification.objects.filter(pk__in=keys).delete()
    return len(keys)
