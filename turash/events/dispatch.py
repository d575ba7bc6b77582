"""From an outbox row to its handlers: each delivery succeeds once, or is tried again later."""

import logging
import random
import time
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
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
# Deliveries that share a transaction, how long they may take together, and how long they wait for
# others before each goes alone.
TOGETHER = 50
TOGETHER_FOR_S = 1.0
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

    A failing handler stops no other: it is tried again later, alone. What cannot be begun within
    the time that one handler may take is handed on. Returns how many were taken.
    """
    begin_until = time.monotonic() + settings.EVENT_HANDLER_LIMIT.total_seconds()
    taken = claims.claim(event_ids, others=others)
    batches = deque(_batches([one for one in taken if _is_fit(one)]))
    while batches and time.monotonic() < begin_until:
        batches.extendleft(reversed(_deliver(batches.popleft())))
    if batches:
        _hand_on([one for batch in batches for one in batch])
    _give_up_on_strangers(set(event_ids) - {one.event_id for one in taken})
    return len(taken)


def _batches(ready: Sequence[Claim]) -> Iterator[list[Claim]]:
    """Yield first attempts of one handler together, in the same order in every worker."""
    first = [one for one in ready if one.attempt == 1]
    # So they seldom wait for each other in a circle.
    first.sort(key=lambda one: (one.handler, one.event_id))
    for _, of_handler in groupby(first, key=lambda one: one.handler):
        group = list(of_handler)
        for start in range(0, len(group), TOGETHER):
            yield group[start : start + TOGETHER]
    yield from ([one] for one in ready if one.attempt > 1)


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


def _deliver(batch: list[Claim]) -> list[list[Claim]]:
    """
    Handle deliveries in one transaction, and return what is left of them, in batches.

    If one fails it is tried alone at once, and the others get a transaction each.
    """
    if len(batch) == 1:
        _deliver_alone(batch[0])
        return []
    begun: list[Claim] = []
    try:
        left = _handle(batch, lock_s=LOCK_WAIT_TOGETHER_S, begun=begun)
    except Exception:
        logger.info("%s deliveries failed together; now one by one", len(batch))
        _mend_connection()
        suspects = begun[-1:]
        for one in suspects:
            _deliver_alone(one)
        return [[one] for one in batch if one not in suspects]
    return [left] if left else []


def _deliver_alone(one: Claim) -> None:
    try:
        _handle([one], lock_s=settings.EVENT_HANDLER_LIMIT.total_seconds(), begun=[])
    except Exception as error:
        _mend_connection()
        logger.exception("Handler %s failed on event %s", one.handler, one.event_id)
        reason = "".join(traceback.format_exception(error))
        _fail(one, reason, is_final=one.attempt >= MAX_ATTEMPTS)


@transaction.atomic
def _handle(batch: Sequence[Claim], *, lock_s: float, begun: list[Claim]) -> list[Claim]:
    """
    Run the handlers of deliveries and mark these as done: both or neither.

    Notes in `begun` where it has got. Returns those that were left because the others took long.
    """
    limit_s = settings.EVENT_HANDLER_LIMIT.total_seconds()
    deadlines.limit_statements(statement_s=limit_s, lock_s=lock_s)
    durations_ms: dict[int, float] = {}
    together_s = TOGETHER_FOR_S if len(batch) > 1 else 0.0
    enough_at = time.monotonic() + together_s
    with deadlines.time_limit(together_s + limit_s + ALARM_AFTER_S), outbox.handling():
        held = claims.lock(batch)
        for one in held:
            if durations_ms and time.monotonic() > enough_at:
                break
            begun.append(one)
            started = time.perf_counter()
            _handler_of(one)(one.event)
            durations_ms[one.delivery_id] = (time.perf_counter() - started) * 1000
        claims.mark_done(durations_ms)
    return held[len(durations_ms) :]


@transaction.atomic
def _hand_on(left: Sequence[Claim]) -> None:
    """Let others do what was not begun in time."""
    event_ids = {one.event_id for one in claims.give_back(left)}
    publishers.publisher().hand_out(sorted(event_ids))


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
