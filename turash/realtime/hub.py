"""One reader of new notifications for all websockets of a process."""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import psycopg
from django.db import DatabaseError, connection

from turash.realtime.models import Notification
from turash.realtime.reading import ReadingThread
from turash.realtime.subscription import Message, Subscription

logger = logging.getLogger(__name__)

# The channel of the trigger `realtime_wake_hubs`, which speaks when notifications are committed.
CHANNEL = "turash_notifications"
# A wake-up can only be lost with its connection; looking costs next to nothing.
LOOK_AGAIN_S = 5.0
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
# Below the length of a queue: a batch is no reason to close the websockets of fast readers.
BATCH = 100
# Websockets that are handed a message before others of the event loop have their turn.
SLICE = 250

Batch = list[tuple[Message, frozenset[UUID]]]


class Hub:
    """
    Hears of new notifications, reads each once and hands it to those who may see it.

    It exists while there are websockets: the first one makes it, the last one ends it.
    """

    def __init__(self) -> None:
        self._subscriptions: dict[UUID, set[Subscription]] = defaultdict(set)
        self._position: int | None = None
        self._is_listening = asyncio.Event()
        self._news = ReadingThread("news")
        self._replays = ReadingThread("replays")
        self._task = asyncio.create_task(self._run())

    def add(self, subscription: Subscription) -> None:
        self._subscriptions[subscription.user_id].add(subscription)

    def remove(self, subscription: Subscription) -> None:
        others = self._subscriptions[subscription.user_id]
        others.discard(subscription)
        if not others:
            del self._subscriptions[subscription.user_id]

    @property
    def is_idle(self) -> bool:
        return not self._subscriptions

    async def listening(self) -> None:
        """Wait until what is committed from now on reaches the subscriptions."""
        await self._is_listening.wait()

    async def newest_id(self) -> int:
        return await self._replays.run(Notification.objects.newest_id)

    async def read_after(self, notification_id: int, *, viewer: Any) -> list[Message]:
        """Read the next notifications that somebody may see, a batch at most."""
        return await self._replays.run(_read_after, notification_id, viewer)

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._news.close()
        await self._replays.close()

    async def _run(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await self._listen()
            except (psycopg.Error, DatabaseError, OSError) as error:
                logger.warning("Live updates wait for the database: %s", error)
            except Exception:
                logger.exception("Live updates have stumbled and go on.")
            if asyncio.get_running_loop().time() - started > LONGEST_PAUSE_S:
                pause = FIRST_PAUSE_S
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _listen(self) -> None:
        """Hand out what is new until the connection is lost."""
        # Those of before were probably lost with it.
        await self._news.reconnect()
        await self._replays.reconnect()
        async with await _connect() as listening:
            await listening.execute(f"LISTEN {CHANNEL}")
            if self._position is None:
                self._position = await self._news.run(Notification.objects.newest_id)
            self._is_listening.set()
            while True:
                # At first this is what was missed while nobody listened.
                await self._hand_out_news(self._position)
                async for _ in listening.notifies(timeout=LOOK_AGAIN_S, stop_after=1):
                    pass

    async def _hand_out_news(self, position: int) -> None:
        while batch := await self._news.run(_read_batch, position):
            for message, viewers in batch:
                await self._hand_out(message, viewers)
                self._position = position = message.id
            if len(batch) < BATCH:
                return

    async def _hand_out(self, message: Message, viewers: frozenset[UUID]) -> None:
        concerned = [
            subscription
            for user_id in self._subscriptions.keys() & viewers
            for subscription in self._subscriptions[user_id]
        ]
        for start in range(0, len(concerned), SLICE):
            for subscription in concerned[start : start + SLICE]:
                subscription.offer(message)
            # They send it, and requests of this process do not wait for all of them.
            await asyncio.sleep(0)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


@asynccontextmanager
async def subscribed(user_id: UUID) -> AsyncIterator[tuple[Hub, Subscription]]:
    """
    Join the stream of what a user may see, from this moment on.

    What was committed before is in the database: read it then, and leave out of the stream what
    was read.

    :raises TooSlow: the caller did not keep up.
    """
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    hub = _hubs[loop]
    async with Subscription(user_id, asyncio.current_task(loop)) as subscription:
        hub.add(subscription)
        try:
            await hub.listening()
            yield hub, subscription
        finally:
            hub.remove(subscription)
            if hub.is_idle:
                del _hubs[loop]
                await hub.close()


def _message(notification: Notification) -> Message:
    return Message(notification.pk, json.dumps(notification.as_message(), separators=(",", ":")))


def _read_after(notification_id: int, viewer: Any) -> list[Message]:
    visible = Notification.objects.visible_to(viewer).after(notification_id)
    return [_message(notification) for notification in visible[:BATCH]]


def _read_batch(position: int) -> Batch:
    """Read what is new, and who may see it by the memberships of this moment."""
    news = list(Notification.objects.after(position)[:BATCH])
    if not news:
        return []
    # One notification an organization tells its members; more would only repeat them.
    representatives = {row.organization_id: row.pk for row in news}.values()
    viewers: dict[UUID, set[UUID]] = defaultdict(set)
    for organization_id, viewer_id in Notification.objects.filter(
        pk__in=representatives
    ).audience():
        viewers[organization_id].add(viewer_id)
    frozen = {organization_id: frozenset(users) for organization_id, users in viewers.items()}
    return [(_message(row), frozen.get(row.organization_id, frozenset())) for row in news]


async def _connect() -> psycopg.AsyncConnection:
    """Open a connection beside Django's, with its settings."""
    params = connection.get_connection_params()
    for ours in ("cursor_factory", "context", "prepare_threshold"):
        params.pop(ours, None)
    return await psycopg.AsyncConnection.connect(**params, autocommit=True)
