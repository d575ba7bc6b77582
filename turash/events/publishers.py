"""Ways for an event to reach its handlers; the setting EVENT_PUBLISHER chooses one."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from turash.events.catalogue import Event, to_payload
from turash.events.models import DomainEvent, EventDelivery
from turash.events.queue import enqueue
from turash.events.registry import handlers_of

# A published event that no worker has touched by then is handed out again by the sweeper.
GRACE = timedelta(seconds=60)
# One task carries at most this many events, so that workers share a burst.
EVENTS_PER_TASK = 50


class EventPublisher(Protocol):
    """Takes events out of a transaction; what it does commits or rolls back with the caller."""

    def publish(self, events: Sequence[Event]) -> None: ...


class QueuePublisher:
    """Outbox rows and django-q2 tasks, in the caller's transaction (ORM broker)."""

    @transaction.atomic
    def publish(self, events: Sequence[Event]) -> None:
        now = timezone.now()
        rows = DomainEvent.objects.bulk_create(
            [
                DomainEvent(
                    type=event.type, payload=to_payload(event), occurred_at=event.occurred_at
                )
                for event in events
            ]
        )
        deliveries = [
            EventDelivery(event=row, handler=name, next_attempt_at=now + GRACE)
            for row in rows
            for name in handlers_of(row.type)
        ]
        EventDelivery.objects.bulk_create(deliveries)
        # An event that nobody handles is recorded, but costs no task.
        enqueue_deliveries(deliveries)


def enqueue_deliveries(deliveries: Iterable[EventDelivery]) -> int:
    """Put tasks for the events of these deliveries on the queue; returns the number of events."""
    event_ids = list(dict.fromkeys(delivery.event_id for delivery in deliveries))
    for start in range(0, len(event_ids), EVENTS_PER_TASK):
        enqueue(
            "turash.events.tasks.dispatch", event_ids=event_ids[start : start + EVENTS_PER_TASK]
        )
    return len(event_ids)


class MemoryPublisher:
    """Keeps events in a list, for tests of code that publishes."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def publish(self, events: Sequence[Event]) -> None:
        self.events.extend(events)


@cache
def publisher(dotted_path: str) -> EventPublisher:
    """Return the one publisher of that class."""
    return import_string(dotted_path)()


def publish(*events: Event) -> None:
    """Record events and hand them to their handlers, if the caller's transaction commits."""
    if events:
        publisher(settings.EVENT_PUBLISHER).publish(events)
