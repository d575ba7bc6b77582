"""The websocket `/ws/updates`: what happens to the user's organizations, as it happens."""

import asyncio
import json
import logging
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth.models import AnonymousUser

from turash.realtime import hub
from turash.realtime.subscription import TooSlow

logger = logging.getLogger(__name__)

# After this time without news, a sign of life; who misses three of them has lost the server.
HEARTBEAT_S = 20.0
HEARTBEAT = json.dumps({"type": "heartbeat"})

BAD_REQUEST = 4400
NOT_SIGNED_IN = 4401
INTERNAL_ERROR = 1011
TRY_AGAIN_LATER = 1013


class UpdatesConsumer(AsyncWebsocketConsumer):
    """Sends each notification of the user's organizations once, in order, from `?after=` on."""

    stream: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.stream:
                self.stream.cancel()
                await asyncio.gather(self.stream, return_exceptions=True)

    async def connect(self) -> None:
        user = self.scope.get("user")
        after = self._after()
        # Only an accepted socket can tell the browser why it is closed.
        if user is None or isinstance(user, AnonymousUser) or not user.is_active:
            await self.accept()
            await self.close(code=NOT_SIGNED_IN)
        elif after == "invalid":
            await self.accept()
            await self._error("after: give the id of a notification, a number ≥ 0.")
            await self.close(code=BAD_REQUEST)
        else:
            self.stream = asyncio.create_task(self._stream(user, after))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Clients have nothing to say here; what they send is answered with an error."""
        await self._error("This socket only sends; use the API to change things.")

    async def _stream(self, user: Any, after: Any) -> None:
        try:
            await self._send_all(user, after)
        except TooSlow:
            # What it has missed is in the database; it may come again with `?after=`.
            await self.close(code=TRY_AGAIN_LATER)
        except Exception:
            logger.exception("Live updates of a websocket have ended.")
            await self.close(code=INTERNAL_ERROR)

    async def _send_all(self, user: Any, after: int | None) -> None:
        async with hub.subscribed(user.pk) as (source, subscription):
            last_id = await source.newest_id() if after is None else after
            # Not before: whatever happens once the handshake is over will be heard.
            await self.accept()
            while after is not None and (missed := await source.read_after(last_id, viewer=user)):
                for message in missed:
                    await self.send(text_data=message.text)
                    last_id = message.id
                if len(missed) < hub.BATCH:
                    break
            while True:
                news = await subscription.next(seconds=HEARTBEAT_S)
                if news is None:
                    await self.send(text_data=HEARTBEAT)
                elif news.id > last_id:
                    await self.send(text_data=news.text)
                    last_id = news.id

    async def _error(self, text: str) -> None:
        await self.send(text_data=json.dumps({"error": text}, ensure_ascii=False))

    def _after(self) -> Any:
        values = parse_qs(self.scope["query_string"].decode("latin-1")).get("after")
        if not values:
            return None
        text = values[-1]
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else "invalid"
