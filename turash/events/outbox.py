"""Writing events into the outbox, which holds a bounded amount of work."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from turash.errors import TryLater
from turash.events.catalogue import EVENT_TYPES, Event, to_payload
from turash.events.models import DomainEvent, EventDelivery
from turash.events.registry import handlers_of

# A process counts the open deliveries once in this time, and may overshoot the bound meanwhile.
COUNT_EVERY_S = 1.0
LOOK_AGAIN_S = 0.1
RETRY_AFTER_S = 30

_handling: ContextVar[bool] = ContextVar("turash_handling", default=False)


class QueueFull(TryLater):
    """More work waits than the bound allows; nothing was changed, and nothing is announced."""

    code = "queue_full"


class _Depth:
    """The number of open deliveries, as counted a moment ago."""

    def __init__(self) -> None:
        self.value = 0
        self.counted_at = float("-inf")

    def get(self, *, bound: int) -> int:
        if time.monotonic() - self.counted_at >= COUNT_EVERY_S or self.value >= bound:
            self.value = count_open(at_most=bound)
            self.counted_at = time.monotonic()
        return self.value


_depth = _Depth()


def record(events: Sequence[Event], *, deadline_s: float | None = None) -> list[DomainEvent]:
    """
    Write events and a delivery for each of their handlers, in the caller's transaction.

    :raises QueueFull: there was no room within the deadline (EVENT_PUBLISH_DEADLINE_S if None).
    :raises TypeError: an event is not of the catalogue.
    """
    for event in events:
        if EVENT_TYPES.get(getattr(event, "type", "")) is not type(event):
            raise TypeError(f"{event!r} is not an event of the catalogue.")
    if not _handling.get():
        _wait_for_room(settings.EVENT_PUBLISH_DEADLINE_S if deadline_s is None else deadline_s)
    now = timezone.now()
    with transaction.atomic():
        rows = DomainEvent.objects.bulk_create(
            DomainEvent(
                type=event.type,
                version=event.version,
                payload=to_payload(event),
                occurred_at=event.occurred_at,
            )
            for event in events
        )
        EventDelivery.objects.bulk_create(
            EventDelivery(event=row, handler=name, next_attempt_at=now)
            for row in rows
            for name in handlers_of(row.type)
        )
    return rows


def count_open(*, at_most: int) -> int:
    """Count open deliveries, up to a number: more need not be read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT FROM events_eventdelivery"
            " WHERE done_at IS NULL AND dead_at IS NULL LIMIT %s) o",
            [at_most],
        )
        return cursor.fetchone()[0]


@contextmanager
def handling() -> Iterator[None]:
    """
    Mark the block as a handler's work, whose own events are always taken.

    Handlers make the queue shorter: were they to wait for room, there would never be any.
    """
    token = _handling.set(True)
    try:
        yield
    finally:
        _handling.reset(token)


def _wait_for_room(seconds: float) -> None:
    bound = settings.EVENT_QUEUE_LIMIT
    deadline = time.monotonic() + seconds
    while _depth.get(bound=bound) >= bound:
        if time.monotonic() >= deadline:
            raise QueueFull(
                _("More changes are waiting to be worked on than we can take. Try again later."),
                retry_after_s=RETRY_AFTER_S,
            )
        time.sleep(LOOK_AGAIN_S)
