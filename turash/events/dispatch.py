"""From an outbox row to its handlers: each delivery succeeds once, or is tried again later."""

import logging
import random
import traceback
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from turash.events.catalogue import MalformedEvent, from_payload
from turash.events.models import EventDelivery
from turash.events.publishers import GRACE, enqueue_deliveries
from turash.events.registry import handlers_of

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 6
SWEEP_LIMIT = 1000


class UnknownHandler(LookupError):
    """A delivery names a handler that the code no longer has."""


def deliver(event_id: int) -> None:
    """Run every open delivery of one event; a failing handler does not stop the others."""
    deliveries = EventDelivery.objects.open().filter(event=event_id)
    for delivery_id in deliveries.order_by("pk").values_list("pk", flat=True):
        _deliver_once(delivery_id)


def _deliver_once(delivery_id: int) -> None:
    with transaction.atomic():
        # A delivery that another worker holds is that worker's: skip it.
        delivery = (
            EventDelivery.objects.select_for_update(skip_locked=True, of=["self"])
            .select_related("event")
            .open()
            .filter(pk=delivery_id)
            .first()
        )
        if delivery is None:
            return
        delivery.attempts += 1
        try:
            with transaction.atomic():
                _run_handler(delivery)
        except (MalformedEvent, UnknownHandler) as error:
            # Trying again cannot help.
            _give_up(delivery, str(error))
        except Exception as error:
            logger.exception("Handler %s failed on %s", delivery.handler, delivery.event)
            _retry_later(delivery, error)
        else:
            delivery.done_at = timezone.now()
            delivery.last_error = ""
        delivery.save()


def _run_handler(delivery: EventDelivery) -> None:
    record = delivery.event
    event = from_payload(record.type, record.payload, record.occurred_at)
    handler = handlers_of(event.type).get(delivery.handler)
    if handler is None:
        raise UnknownHandler(f"No handler {delivery.handler!r} for {event.type}.")
    handler(event)


def _retry_later(delivery: EventDelivery, error: Exception) -> None:
    reason = "".join(traceback.format_exception(error))[-4000:]
    if delivery.attempts >= MAX_ATTEMPTS:
        _give_up(delivery, reason)
        return
    delivery.last_error = reason
    delivery.next_attempt_at = timezone.now() + backoff(delivery.attempts)


def _give_up(delivery: EventDelivery, reason: str) -> None:
    logger.error("Dead letter: %s: %s", delivery, reason)
    delivery.last_error = reason
    delivery.dead_at = timezone.now()


def backoff(attempts: int) -> timedelta:
    """Return the pause after so many attempts: 5 s doubled each time, ±20 % jitter."""
    return timedelta(seconds=5 * 2 ** (attempts - 1) * random.uniform(0.8, 1.2))  # noqa: S311


def sweep(now: datetime) -> int:
    """
    Enqueue the deliveries that are due again: failed ones, and those a crash left behind.

    Returns the number of events enqueued.
    """
    with transaction.atomic():
        due = list(
            EventDelivery.objects.select_for_update(skip_locked=True)
            .due(now)
            .order_by("next_attempt_at")[:SWEEP_LIMIT]
        )
        EventDelivery.objects.filter(pk__in=[delivery.pk for delivery in due]).update(
            next_attempt_at=now + GRACE
        )
        return enqueue_deliveries(due)


def retry_dead(deliveries: Iterable[EventDelivery]) -> int:
    """Give dead letters a fresh set of attempts; returns how many."""
    keys = [delivery.pk for delivery in deliveries]
    with transaction.atomic():
        count = (
            EventDelivery.objects.dead()
            .filter(pk__in=keys)
            .update(dead_at=None, attempts=0, next_attempt_at=timezone.now())
        )
    sweep(timezone.now())
    return count
