"""Ways for an event to reach its handlers; the setting EVENT_PUBLISHER chooses one."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from turash.events import claims, outbox
from turash.events.catalogue import Event
from turash.events.queue import enqueue
from turash.events.registry import handlers_of

# One task carries at most this many events, so that workers share a burst.
EVENTS_PER_TASK = 50
# A task ends by itself before what it has claimed is free again; one that hangs is ended.
TASK_SPARE_S = 20


class EventPublisher(Protocol):
    """Takes events out of a transaction; what it does commits or rolls back with the caller."""

    def publish(self, events: Sequence[Event], *, deadline_s: float | None = None) -> None:
        """
        Record events for their handlers, and hand them out.

        :raises QueueFull: the buffer had no room within the deadline.
        """

    def hand_out(self, event_ids: Sequence[int], *, delay: timedelta = timedelta(0)) -> None:
        """Bring recorded events to their handlers, again or for the first time."""


class QueuePublisher:
    """Outbox rows and django-q2 tasks, in the caller's transaction (ORM broker)."""

    @transaction.atomic
    def publish(self, events: Sequence[Event], *, deadline_s: float | None = None) -> None:
        rows = outbox.record(events, deadline_s=deadline_s)
        # An event that nobody handles is recorded, but costs no task.
        self.hand_out([row.pk for row in rows if handlers_of(row.type)])

    def hand_out(self, event_ids: Sequence[int], *, delay: timedelta = timedelta(0)) -> None:
        limit_s = int(claims.lease().total_seconds()) + TASK_SPARE_S
        for start in range(0, len(event_ids), EVENTS_PER_TASK):
            enqueue(
                "turash.events.tasks.dispatch",
                delay=delay,
                timeout_s=limit_s,
                event_ids=list(event_ids[start : start + EVENTS_PER_TASK]),
            )


class MemoryPublisher:
    """Keeps events in a list, for tests of code that publishes."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def publish(self, events: Sequence[Event], *, deadline_s: float | None = None) -> None:
        self.events.extend(events)

    def hand_out(self, event_ids: Sequence[int], *, delay: timedelta = timedelta(0)) -> None:
        raise NotImplementedError("Events in memory have no ids.")


@cache
def _publisher(dotted_path: str) -> EventPublisher:
    return import_string(dotted_path)()


def publisher() -> EventPublisher:
    """Return the one publisher of the class that EVENT_PUBLISHER names."""
    return _publisher(settings.EVENT_PUBLISHER)


def publish(*events: Event, deadline_s: float | None = None) -> None:
    """
    Record events and hand them to their handlers, if the caller's transaction commits.

    :raises QueueFull: more work waits than EVENT_QUEUE_LIMIT allows, and it did not get less within
        the deadline (EVENT_PUBLISH_DEADLINE_S if None).
    """
    if events:
        publisher().publish(events, deadline_s=deadline_s)
