"""Taking deliveries: each attempt is on record before it begins, so that none is made twice."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone

from turash.events.catalogue import Event, from_payload
from turash.events.models import EventDelivery

# Taken beside what was asked for: a worker that is at it clears a backlog in bulk.
MOST_OTHERS = 100
# Between the end of the last handler's time and the end of the lease.
SPARE = timedelta(seconds=5)

# An attempt is counted when it begins: one that kills its worker counts, too. Rows that another
# worker holds are that worker's.
_CLAIM = """
WITH asked AS (
    SELECT id FROM events_eventdelivery
    WHERE event_id = ANY(%(event_ids)s) AND done_at IS NULL AND dead_at IS NULL
    AND (attempts = 0 OR next_attempt_at <= %(now)s)
    FOR UPDATE SKIP LOCKED
), others AS (
    SELECT id FROM events_eventdelivery
    WHERE done_at IS NULL AND dead_at IS NULL AND next_attempt_at <= %(now)s
    ORDER BY next_attempt_at, id LIMIT %(others)s FOR UPDATE SKIP LOCKED
)
UPDATE events_eventdelivery d SET attempts = d.attempts + 1, next_attempt_at = %(lease_ends)s
FROM events_domainevent e
WHERE e.id = d.event_id AND d.id IN (SELECT id FROM asked UNION SELECT id FROM others)
RETURNING d.id, d.handler, d.attempts, d.event_id, e.type, e.version, e.payload::text, e.occurred_at
"""


@dataclass(frozen=True)
class Claim:
    """One attempt at one delivery; `attempt` tells it from earlier and later ones."""

    delivery_id: int
    handler: str
    attempt: int
    event_id: int
    type: str
    version: int
    payload: str
    occurred_at: datetime

    @cached_property
    def event(self) -> Event:
        """
        The event, rebuilt.

        :raises MalformedEvent: it does not fit the catalogue.
        """
        return from_payload(self.type, self.version, json.loads(self.payload), self.occurred_at)


def lease() -> timedelta:
    """
    Return how long a claim lasts: three times as long as a handler may work, and a little more.

    A delivery is begun in the first third, and may be tried twice: with others, and alone.
    """
    return 3 * settings.EVENT_HANDLER_LIMIT + SPARE


def claim(event_ids: Sequence[int], *, others: int = MOST_OTHERS) -> list[Claim]:
    """
    Take the deliveries of the events that wait, and the longest waiting of other events.

    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {
                "event_ids": list(event_ids),
                "now": now,
                "others": others,
                "lease_ends": now + lease(),
            },
        )
        claims = [Claim(*row) for row in cursor.fetchall()]
    return sorted(claims, key=lambda one: one.delivery_id)


def lock(claims: Sequence[Claim]) -> list[Claim]:
    """
    Lock the rows of claims until the transaction ends, and return those that still hold.

    A claim whose lease has ended, and which somebody else has taken, is no claim any more. Whoever
    was about to claim the same rows has them locked for a moment: that is waited for.
    """
    attempts = dict(
        EventDelivery.objects.open()
        .filter(pk__in=[one.delivery_id for one in claims])
        .order_by("pk")
        .select_for_update()
        .values_list("pk", "attempts")
    )
    return [one for one in claims if attempts.get(one.delivery_id) == one.attempt]


def give_back(claims: Sequence[Claim]) -> list[Claim]:
    """
    Let others take deliveries that were not begun, as if they had never been claimed.

    Returns those whose claim still held.
    """
    attempts = {one.delivery_id: one.attempt for one in claims}
    rows = EventDelivery.objects.open().filter(pk__in=attempts).order_by("pk")
    held = [
        pk
        for pk, attempt in rows.select_for_update().values_list("pk", "attempts")
        if attempts[pk] == attempt
    ]
    EventDelivery.objects.filter(pk__in=held).update(
        attempts=F("attempts") - 1, next_attempt_at=timezone.now()
    )
    return [one for one in claims if one.delivery_id in held]


_DONE = """
UPDATE events_eventdelivery d SET done_at = %s, last_error = '', duration_ms = done.ms
FROM unnest(%s::bigint[], %s::float8[]) AS done (id, ms) WHERE d.id = done.id
"""


def mark_done(durations_ms: dict[int, float]) -> None:
    """Mark locked deliveries, by id, as done."""
    with connection.cursor() as cursor:
        cursor.execute(_DONE, [timezone.now(), list(durations_ms), list(durations_ms.values())])


def mark_failed(one: Claim, reason: str, *, next_attempt_at: datetime | None) -> bool:
    """
    Note why an attempt failed, and when the next one is (None: never); whether it still held.
    """
    now = timezone.now()
    outcome: dict[str, Any] = {"last_error": reason[-4000:].replace("\0", "")}
    outcome |= {"next_attempt_at": next_attempt_at} if next_attempt_at else {"dead_at": now}
    return bool(
        EventDelivery.objects.open()
        .filter(pk=one.delivery_id, attempts=one.attempt)
        .update(**outcome)
    )
