"""Telling organizations what concerns them: durable rows, whose commit wakes the websockets."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction
from django.dispatch import Signal

from turash.events.catalogue import Event
from turash.realtime.models import Notification, ReadMark

# Held until commit by whoever adds notifications, so that they appear in the order of their ids.
_ORDER_LOCK = 0x7455_7261
PRUNE_LIMIT = 50_000
# Sent with `notifications`, the new rows of one event, in the transaction that tells them.
told = Signal()


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
    rows = [
        Notification(
            organization_id=organization_id,
            type=event.type,
            occurred_at=event.occurred_at,
            subject_kind=kind,
            subject_id=subject_id,
            subject_url=url,
        )
        for organization_id in listening
    ]
    told.send(Notification, notifications=Notification.objects.bulk_create(rows))


def prune_notifications(before: datetime) -> int:
    """Forget what organizations were told before, `PRUNE_LIMIT` at a time; returns how many."""
    old = Notification.objects.filter(occurred_at__lt=before).order_by("pk")
    keys = list(old.values_list("pk", flat=True)[:PRUNE_LIMIT])
    Notification.objects.filter(pk__in=keys).delete()
    return len(keys)


MOST_COUNTED = 1000


@transaction.atomic
def mark_read(user: Any, *, up_to: int | None = None) -> ReadMark:
    """
    Note that a user has read everything up to a notification (None: up to the newest).

    The mark never goes back, and not beyond what there is: what comes later is news.
    """
    newest = Notification.objects.visible_to(user).newest_id()
    wanted = newest if up_to is None else min(up_to, newest)
    mark = hold_mark(user)
    if wanted > mark.notification_id:
        mark.notification_id = wanted
        mark.save(update_fields=["notification_id"])
    return mark


def hold_mark(user: Any) -> ReadMark:
    """Return the mark of a user, locked until the transaction ends."""
    ReadMark.objects.get_or_create(user=user)
    return ReadMark.objects.select_for_update().get(user=user)


def count_unread(user: Any) -> int:
    """Count what a user has not read, up to `MOST_COUNTED`."""
    unread = Notification.objects.visible_to(user).filter(pk__gt=ReadMark.objects.position_of(user))
    return unread[:MOST_COUNTED].count()


# Who has not looked for so long, and looks again, begins a new visit.
VISIT_ENDS_AFTER = timedelta(minutes=30)
# One statement, so that two pages opened at once agree.
_NOTE_LOOK = f"""
INSERT INTO {ReadMark._meta.db_table} AS mark
    (user_id, notification_id, news_after, seen_to, looked_at)
VALUES (%(user)s, 0, %(newest)s, %(newest)s, %(now)s)
ON CONFLICT (user_id) DO UPDATE SET
    news_after = CASE
        WHEN mark.looked_at IS NULL THEN excluded.news_after
        WHEN mark.looked_at < %(now)s - %(pause)s THEN mark.seen_to
        ELSE mark.news_after
    END,
    seen_to = greatest(mark.seen_to, excluded.seen_to),
    looked_at = greatest(mark.looked_at, excluded.looked_at)
RETURNING news_after
"""


def note_look(user: Any, *, now: datetime) -> int:
    """
    Note that a user looks at what is new; returns the notification after which news begin.

    That is the newest one at the last look of the visit before. The first visit of all begins
    without news.
    """
    newest = Notification.objects.visible_to(user).newest_id()
    with connection.cursor() as cursor:
        values = {"user": user.pk, "newest": newest, "now": now, "pause": VISIT_ENDS_AFTER}
        cursor.execute(_NOTE_LOOK, values)
        return int(cursor.fetchone()[0])
