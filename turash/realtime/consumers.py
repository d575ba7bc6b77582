"""The websocket `/ws/updates`: what happens to the user's organizations, as it happens."""

import asyncio
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.contrib.auth.models import AnonymousUser
from django.db.models import Max

from turash.realtime.models import Notification
from turash.realtime.services import group_of

BATCH = 200
NOT_SIGNED_IN = 4401
BAD_REQUEST = 4400


class UpdatesConsumer(AsyncJsonWebsocketConsumer):
    """Sends each notification of the user's organizations once, in order, from `?after=` on."""

    async def connect(self) -> None:
        self.groups_joined: list[str] = []
        self.sending = asyncio.Lock()
        user = self.scope.get("user")
        if user is None or isinstance(user, AnonymousUser) or not user.is_active:
            # Only an accepted socket can tell the browser why it is closed.
            await self.accept()
            await self.close(code=NOT_SIGNED_IN)
            return
        after = self._after()
        await self.accept()
        if after == "invalid":
            await self.send_json({"error": "after: give the id of a notification, a number ≥ 0."})
            await self.close(code=BAD_REQUEST)
            return
        # Join first, read then: what happens in between is poked, and read once.
        for organization_id in await self._organization_ids():
            group = group_of(organization_id)
            await self.channel_layer.group_add(group, self.channel_name)
            self.groups_joined.append(group)
        self.last_id: int = await self._newest_id() if after is None else after
        await self._send_news()

    async def disconnect(self, code: int) -> None:
        for group in getattr(self, "groups_joined", []):
            await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Clients have nothing to say here; what they send is answered with an error."""
        await self.send_json({"error": "This socket only sends; use the API to change things."})

    async def news(self, message: dict[str, Any]) -> None:
        await self._send_news()

    async def _send_news(self) -> None:
        async with self.sending:
            while batch := await self._read_after(self.last_id):
                for message in batch:
                    await self.send_json(message)
                    self.last_id = message["id"]
                if len(batch) < BATCH:
                    return

    def _after(self) -> int | str | None:
        values = parse_qs(self.scope["query_string"].decode("latin-1")).get("after")
        if not values:
            return None
        text = values[-1]
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else "invalid"

    @database_sync_to_async
    def _organization_ids(self) -> list[Any]:
        return list(self.scope["user"].organizations.values_list("pk", flat=True))

    @database_sync_to_async
    def _newest_id(self) -> int:
        visible = Notification.objects.visible_to(self.scope["user"])
        return visible.aggregate(newest=Max("pk"))["newest"] or 0

    @database_sync_to_async
    def _read_after(self, notification_id: int) -> list[dict[str, Any]]:
        """Read with the membership of this moment: who has left an organization hears no more."""
        news = Notification.objects.visible_to(self.scope["user"]).after(notification_id)
        return [row.as_message() for row in news[:BATCH]]
