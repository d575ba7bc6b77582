"""Clients that do not read, on real connections to a real server: dropped, and able to catch up."""

import asyncio
import json
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.utils import timezone

from tests.processes import wait_for, web_process
from tests.realtime.client import Client, connect
from tests.realtime.stage import ids_of, in_database, member, token_of
from turash.realtime.models import Notification
from turash.realtime.subscription import LONGEST_QUEUE

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

TRY_AGAIN_LATER = 1013
# More than the buffers of both kernels, of Twisted, and the queue together hold.
MANY = 12 * LONGEST_QUEUE
PATIENCE_S = 30


@in_database
def tell_much(organization_id) -> None:
    Notification.objects.bulk_create(
        Notification(
            organization_id=organization_id,
            type="match_found",
            occurred_at=timezone.now(),
            subject_kind="match",
            subject_id=uuid4(),
            subject_url="/" + "x" * 199,
        )
        for _ in range(MANY)
    )


class Reader:
    """Remembers the ids that it is told."""

    def __init__(self, url: str, token: str) -> None:
        self.address = f"{url}/ws/updates?after="
        self.token = token
        self.ids: list[int] = []

    async def connect(self, after: int, **options) -> Client:
        return await connect(f"{self.address}{after}", self.hear, token=self.token, **options)

    def hear(self, text: bytes) -> None:
        self.ids.append(json.loads(text)["id"])

    async def has_heard(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.ids) < count:
                await asyncio.sleep(0.02)


def _clients(url: str) -> int:
    """Count the established connections of the server's port, by Linux's own table."""
    _, *rows = Path("/proc/net/tcp").read_text().splitlines()
    port, established = f":{urlsplit(url).port:04X}", "01"
    fields = (row.split() for row in rows)
    return sum(local.endswith(port) and state == established for _, local, _, state, *_ in fields)


async def test_who_does_not_read_is_dropped_and_catches_up_and_others_are_not_held_up():
    ours = await member()
    token = await token_of(ours.user)
    with web_process() as (url, _):
        fast, slow = Reader(url, token), Reader(url, token)
        fast_socket = await fast.connect(0)
        slow_socket = await slow.connect(0, receive_buffer=4096)
        slow_socket.transport.pause_reading()
        await tell_much(ours.organization_id)
        ids = await ids_of(ours.organization_id)
        await fast.has_heard(MANY)
        assert fast.ids == ids
        slow_socket.transport.resume_reading()
        assert await asyncio.wait_for(slow_socket.closed, PATIENCE_S) == TRY_AGAIN_LATER
        assert slow.ids == ids[: len(slow.ids)]
        assert len(slow.ids) < MANY
        slow_socket = await slow.connect(slow.ids[-1])
        await slow.has_heard(MANY)
        assert slow.ids == ids
        # This thread, about to wait for the server's end, cannot answer when it closes them.
        for socket in (fast_socket, slow_socket):
            socket.transport.abort()
            await socket.closed


async def test_who_never_reads_again_costs_no_connection():
    ours = await member()
    token = await token_of(ours.user)
    with web_process() as (url, _):
        reader = Reader(url, token)
        live = await reader.connect(0)
        dead = await Reader(url, token).connect(0, receive_buffer=4096)
        dead.transport.pause_reading()
        assert _clients(url) == 2
        await tell_much(ours.organization_id)
        await reader.has_heard(MANY)
        await asyncio.to_thread(wait_for, lambda: _clients(url) == 1, 15)
        for socket in (live, dead):
            socket.transport.abort()
            await socket.closed
