"""From an outbox row to its handlers: each delivery succeeds once, or is tried again later."""

import logging
import random
import time
import traceback
from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from turash.events import claims, deadlines, outbox, publishers
from turash.events.catalogue import MalformedEvent, from_payload
from turash.events.claims import Claim
from turash.events.models import DomainEvent, EventDelivery
from turash.events.registry import Handler, handlers_of

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
# Deliveries that share a transaction, and how long they wait for others before each goes alone.
TOGETHER = 50
LOCK_WAIT_TOGETHER_S = 0.5
# A statement of the database ends by itself first: an alarm in its midst costs the connection.
ALARM_AFTER_S = 1.0
# The handler of a dead letter that no handler could be found for.
NOBODY = "-"


class UnknownHandler(LookupError):
    """A delivery names a handler that the code no longer has."""


def deliver(event_ids: Sequence[int], *, others: int = claims.MOST_OTHERS) -> int:
    """
    Work on the open deliveries of events, and on up to `others` more that wait.

    A failing handler stops no other: it is tried again later, alone. Returns how many were taken.
    """
    taken = claims.claim(event_ids, others=others)
    ready = [one for one in taken if _is_fit(one)]
    first = [one for one in ready if one.attempt == 1]
    # The same order in every worker, so that they seldom wait for each other in a circle.
    first.sort(key=lambda one: (one.handler, one.event_id))
    for _, of_handler in groupby(first, key=lambda one: one.handler):
        group = list(of_handler)
        for start in range(0, len(group), TOGETHER):
            _deliver_together(group[start : start + TOGETHER])
    for one in ready:
        if one.attempt > 1:
            _deliver_alone(one)
    _give_up_on_strangers(set(event_ids) - {one.event_id for one in taken})
    return len(taken)


def _is_fit(one: Claim) -> bool:
    """Whether the claim can be worked on; if not, it becomes a dead letter: retries cannot help."""
    if one.attempt > MAX_ATTEMPTS:
        _fail(one, f"The worker died while it handled this, {MAX_ATTEMPTS} times.", is_final=True)
        return False
    try:
        _ = one.event
        _handler_of(one)
    except (MalformedEvent, UnknownHandler) as error:
        _fail(one, str(error), is_final=True)
        return False
    return True


def _deliver_together(batch: Sequence[Claim]) -> None:
    """Handle several deliveries in one transaction; if one fails, each gets one of its own."""
    if len(batch) > 1:
        try:
            _handle(batch, lock_s=LOCK_WAIT_TOGETHER_S)
        except Exception:
            logger.info("%s deliveries failed together; now one by one", len(batch))
            _mend_connection()
        else:
            return
    for one in batch:
        _deliver_alone(one)


def _deliver_alone(one: Claim) -> None:
    try:
        _handle([one], lock_s=settings.EVENT_HANDLER_LIMIT.total_seconds())
    except Exception as error:
        _mend_connection()
        logger.exception("Handler %s failed on event %s", one.handler, one.event_id)
        reason = "".join(traceback.format_exception(error))
        _fail(one, reason, is_final=one.attempt >= MAX_ATTEMPTS)


@transaction.atomic
def _handle(batch: Sequence[Claim], *, lock_s: float) -> None:
    """Run the handlers of deliveries and mark these as done: both or neither."""
    limit_s = settings.EVENT_HANDLER_LIMIT.total_seconds()
    deadlines.limit_statements(statement_s=limit_s, lock_s=lock_s)
    durations_ms = {}
    with deadlines.time_limit(limit_s + ALARM_AFTER_S), outbox.handling():
        for one in claims.lock(batch):
            started = time.perf_counter()
            _handler_of(one)(one.event)
            durations_ms[one.delivery_id] = (time.perf_counter() - started) * 1000
        claims.mark_done(durations_ms)


def _handler_of(one: Claim) -> Handler:
    try:
        return handlers_of(one.type)[one.handler]
    except KeyError:
        raise UnknownHandler(f"No handler {one.handler!r} for {one.type}.") from None


def _fail(one: Claim, reason: str, *, is_final: bool) -> None:
    """Try again after a pause, or make it a dead letter."""
    if is_final:
        logger.error("Dead letter: %s on event %s: %s", one.handler, one.event_id, reason)
        claims.mark_failed(one, reason, next_attempt_at=None)
        return
    pause = backoff(one.attempt)
    with transaction.atomic():
        if claims.mark_failed(one, reason, next_attempt_at=timezone.now() + pause):
            publishers.publisher().hand_out([one.event_id], delay=pause)


def _mend_connection() -> None:
    """
    Connect anew where the connection was lost, or was left in the middle of a statement.

    :raises OperationalError: the database is away; the sweeper will see to the rest.
    """
    if not connection.is_usable():
        connection.close()
        connection.ensure_connection()


def _give_up_on_strangers(event_ids: set[int]) -> None:
    """Give events that nobody could have recorded deliveries for a dead letter that says why."""
    if not event_ids:
        return
    for event in DomainEvent.objects.filter(pk__in=event_ids, deliveries=None):
        try:
            from_payload(event.type, event.version, event.payload, event.occurred_at)
        except MalformedEvent as error:
            logger.error("Dead letter: event %s: %s", event.pk, error)
            EventDelivery.objects.get_or_create(
                event=event,
                handler=NOBODY,
                defaults={"last_error": str(error), "dead_at": timezone.now()},
            )


def backoff(attempts: int) -> timedelta:
    """Return the pause after so many attempts: 5 s doubled each time, ±20 % jitter."""
    return timedelta(seconds=5 * 2 ** (attempts - 1) * random.uniform(0.8, 1.2))  # noqa: S311
