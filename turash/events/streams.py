"""Events over Redis Streams: for many machines, and for consumers outside of Turash."""

import json
import logging
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache, partial
from typing import Any

import redis
from django.conf import settings
from django.db import transaction
from redis.backoff import NoBackoff
from redis.retry import Retry

from turash.events import claims, outbox
from turash.events.catalogue import Event
from turash.events.models import DomainEvent

logger = logging.getLogger(__name__)

STREAM = f"{settings.REDIS_PREFIX}:events"
GROUP = "turash"
# About as many entries stay; the outbox remembers what was trimmed before it was handled.
LONGEST = 100_000
# Consumers and when each last gave a sign of life: Redis itself forgets those that have nothing to
# read.
CONSUMERS = f"{settings.REDIS_PREFIX}:consumers"
# A consumer that is at work may be silent for as long as a claim lasts.
SILENT_AFTER = claims.lease()
# Somebody waits for the answer of a request while an entry is added.
ADD_TIMEOUT_S = 1.0


class StreamsPublisher:
    """
    Outbox rows in the caller's transaction, entries of a stream after its commit.

    The outbox is the truth: an entry that is lost (Redis is away, the process dies before it adds
    it, the stream is trimmed) delays its event until a consumer looks for what is overdue.
    """

    def publish(self, events: Sequence[Event], *, deadline_s: float | None = None) -> None:
        rows = outbox.record(events, deadline_s=deadline_s)
        transaction.on_commit(partial(_add, rows), robust=True)

    def hand_out(self, event_ids: Sequence[int], *, delay: timedelta = timedelta(0)) -> None:
        # Consumers find by themselves what becomes due later.
        if not delay:
            rows = list(DomainEvent.objects.filter(pk__in=event_ids).order_by("pk"))
            transaction.on_commit(partial(_add, rows), robust=True)


@cache
def client(*, timeout_s: float) -> redis.Redis:
    """Return a client that fails rather than tries again."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        decode_responses=True,
        # Strangers may add what is no text; it has to get as far as becoming a dead letter.
        encoding_errors="backslashreplace",
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
    )


def show_life(consumer: str) -> None:
    """Note that a consumer is there."""
    client(timeout_s=ADD_TIMEOUT_S).zadd(CONSUMERS, {consumer: time.time()})


def forget(consumer: str) -> None:
    """Note that a consumer is gone."""
    client(timeout_s=ADD_TIMEOUT_S).zrem(CONSUMERS, consumer)


def living_consumers() -> list[str]:
    """Return the consumers that have been heard of lately, by name; forget the others."""
    pipeline = client(timeout_s=ADD_TIMEOUT_S).pipeline(transaction=False)
    pipeline.zremrangebyscore(CONSUMERS, "-inf", time.time() - SILENT_AFTER.total_seconds())
    pipeline.zrange(CONSUMERS, 0, -1)
    return sorted(pipeline.execute()[1])


def entry_of(row: DomainEvent) -> dict[Any, Any]:
    """Return the fields of an entry; `payload` is JSON."""
    return {
        "event_id": row.pk,
        "type": row.type,
        "version": row.version,
        "occurred_at": row.occurred_at.isoformat(),
        "payload": json.dumps(row.payload, ensure_ascii=False),
    }


def _add(rows: Iterable[DomainEvent]) -> None:
    pipeline = client(timeout_s=ADD_TIMEOUT_S).pipeline(transaction=False)
    for row in rows:
        pipeline.xadd(STREAM, entry_of(row), maxlen=LONGEST, approximate=True)
    try:
        pipeline.execute()
    except redis.RedisError as error:
        logger.warning("Redis took no events (%s); consumers will find them in the outbox.", error)
