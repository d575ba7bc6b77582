"""A member of the consumer group that handles the events of the stream."""

import logging
import time
from collections.abc import Sequence
from typing import Any

import redis
from django.db import DatabaseError, connection
from django.utils import timezone

from turash.events import claims, dispatch, streams
from turash.events.models import DomainEvent, EventDelivery

logger = logging.getLogger(__name__)

ENTRIES_AT_A_TIME = 500
# Also the longest that a consumer at rest needs to notice that it is to stop.
BLOCK_MS = 500
SHOW_LIFE_S = 2.0
LOOK_FOR_OVERDUE_S = 1.0
LOOK_FOR_ABANDONED_S = 5.0
FORGET_CONSUMER_AFTER_MS = 3_600_000
PAUSE_AFTER_FAILURE_S = 0.5
UNREADABLE = "unreadable_entry"

Entry = tuple[str, dict[str, str]]


class Consumer:
    """
    Reads entries, delivers their events, and acknowledges them afterwards.

    What another consumer has read and not acknowledged in time is claimed from it. Since every
    delivery is on record in the outbox, an entry that comes twice does nothing the second time, and
    an event whose entry never comes is found there.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_stopping = False
        self._redis = streams.client(timeout_s=10)
        self._showed_life = float("-inf")
        self._looked_for_overdue = self._looked_for_abandoned = float("-inf")

    def stop(self) -> None:
        """Finish what is at hand, then end."""
        self.is_stopping = True

    def run(self) -> None:
        """Work until told to stop; an absent Redis or database is waited for."""
        while not self.is_stopping:
            try:
                self._turn()
            except (redis.RedisError, DatabaseError) as error:
                logger.warning("Trying again: %s", str(error).strip())
                connection.close_if_unusable_or_obsolete()
                time.sleep(PAUSE_AFTER_FAILURE_S)
            except Exception:
                # Whatever it is: ending would only hand it on to the next consumer.
                logger.exception("A consumer has stumbled and goes on.")
                time.sleep(PAUSE_AFTER_FAILURE_S)
        self._leave()

    def _turn(self) -> None:
        self._look_for_overdue()
        try:
            self._show_life()
            self._look_for_abandoned()
            self._handle(self._read())
        except redis.ResponseError as error:
            # The first consumer ever, or the first after Redis has lost what it had.
            if "NOGROUP" not in str(error):
                raise
            self._make_group()

    def _read(self) -> list[Entry]:
        answer: Any = self._redis.xreadgroup(
            streams.GROUP, self.name, {streams.STREAM: ">"}, ENTRIES_AT_A_TIME, BLOCK_MS
        )
        return [entry for _, entries in answer or [] for entry in entries]

    def _handle(self, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        event_ids = []
        for entry_id, fields in entries:
            event_id = fields.get("event_id", "")
            if event_id.isascii() and event_id.isdigit() and len(event_id) <= 18:
                event_ids.append(int(event_id))
            else:
                _bury(entry_id, fields)
        dispatch.deliver(event_ids, others=0)
        self._redis.xack(streams.STREAM, streams.GROUP, *(entry_id for entry_id, _ in entries))

    def _show_life(self) -> None:
        if time.monotonic() - self._showed_life >= SHOW_LIFE_S:
            streams.show_life(self.name)
            self._showed_life = time.monotonic()

    def _look_for_overdue(self) -> None:
        """Work on what is due again, and on events whose entries were lost."""
        if time.monotonic() - self._looked_for_overdue >= LOOK_FOR_OVERDUE_S:
            while dispatch.deliver([]) and not self.is_stopping:
                pass
            self._looked_for_overdue = time.monotonic()

    def _look_for_abandoned(self) -> None:
        """Take over entries that their readers have had for longer than any handler may work."""
        if time.monotonic() - self._looked_for_abandoned < LOOK_FOR_ABANDONED_S:
            return
        idle_ms = int(claims.lease().total_seconds() * 1000)
        _, entries, *_ = self._redis.xautoclaim(
            streams.STREAM, streams.GROUP, self.name, idle_ms, count=ENTRIES_AT_A_TIME
        )
        self._handle(entries)
        for other in self._redis.xinfo_consumers(streams.STREAM, streams.GROUP):
            if other["pending"] == 0 and other["idle"] > FORGET_CONSUMER_AFTER_MS:
                self._redis.xgroup_delconsumer(streams.STREAM, streams.GROUP, other["name"])
        if len(entries) < ENTRIES_AT_A_TIME:
            self._looked_for_abandoned = time.monotonic()

    def _make_group(self) -> None:
        try:
            self._redis.xgroup_create(streams.STREAM, streams.GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def _leave(self) -> None:
        try:
            streams.forget(self.name)
            pending = self._redis.xpending_range(
                streams.STREAM, streams.GROUP, "-", "+", 1, consumername=self.name
            )
            if not pending:
                self._redis.xgroup_delconsumer(streams.STREAM, streams.GROUP, self.name)
        except redis.RedisError as error:
            logger.warning("Could not leave the group: %s", error)


def _bury(entry_id: str, fields: dict[str, Any]) -> None:
    """Keep an entry that is not ours as a dead letter; it is read but once."""
    event, is_new = DomainEvent.objects.get_or_create(
        type=UNREADABLE,
        payload={"stream": streams.STREAM, "entry_id": entry_id, "fields": _storable(fields)},
        defaults={"occurred_at": timezone.now()},
    )
    if is_new:
        logger.error("Dead letter: entry %s has no event_id", entry_id)
        EventDelivery.objects.create(
            event=event,
            handler=dispatch.NOBODY,
            last_error=f"The entry {entry_id} of {streams.STREAM} names no event_id.",
            dead_at=timezone.now(),
        )


def _storable(fields: dict[str, Any]) -> dict[str, str]:
    return {name.replace("\0", ""): value.replace("\0", "") for name, value in fields.items()}
