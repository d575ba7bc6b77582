"""What one websocket still has to send: a bounded queue, and what happens when it is full."""

import asyncio
from typing import Any, NamedTuple

# About ten pages of what an organization hears on a lively day; 100 kB when all are different.
LONGEST_QUEUE = 256


class Message(NamedTuple):
    """A notification on its way to websockets: encoded once, sent many times."""

    id: int
    text: str


class TooSlow(Exception):
    """The client has not read for so long that its queue is full."""


class Subscription:
    """
    A place in the stream of the hub, read by one task.

    When the queue is full the task is cancelled, as it may be waiting for the client that does not
    read; `__aexit__` turns that into TooSlow, the way `asyncio.timeout` does with its limit.
    """

    def __init__(self, user_id: Any, task: asyncio.Task[Any] | None) -> None:
        if task is None:
            raise RuntimeError("A subscription belongs to a task.")
        self.user_id = user_id
        self._task = task
        self._queue: asyncio.Queue[Message] = asyncio.Queue(LONGEST_QUEUE)
        self._overflown = False

    def offer(self, message: Message) -> None:
        """Queue a message; end the subscription if there is no room."""
        if self._overflown:
            return
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self._overflown = True
            self._task.cancel()

    async def next(self, *, seconds: float) -> Message | None:
        """Wait for the next message; None: there was none in this time."""
        if not self._queue.empty():
            return self._queue.get_nowait()
        try:
            async with asyncio.timeout(seconds):
                return await self._queue.get()
        except TimeoutError:
            return None

    async def __aenter__(self) -> "Subscription":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._overflown and kind is asyncio.CancelledError and self._task.uncancel() == 0:
            raise TooSlow
