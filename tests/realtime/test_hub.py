"""The stream for all websockets of a process: complete, in order, for the right people."""

import asyncio
import json
import random
import threading
import time

import pytest
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser
from django.db import connection, connections

from organizations.models import User
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory
from tests.realtime.stage import (
    count_listening_sessions,
    end_listening_sessions,
    ids_of,
    in_database,
    member,
    tell,
    tell_now,
    token_of,
)
from turash.asgi import application
from turash.realtime import consumers, hub
from turash.realtime.models import Notification

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

PATIENCE_S = 10


async def connected(token: str, query: str = "") -> WebsocketCommunicator:
    headers = [(b"host", b"turash.test"), (b"authorization", f"Token {token}".encode())]
    socket = WebsocketCommunicator(application, f"/ws/updates{query}", headers=headers)
    accepted, _ = await socket.connect(timeout=PATIENCE_S)
    assert accepted
    return socket


async def heard(socket: WebsocketCommunicator) -> int:
    return (await socket.receive_json_from(timeout=PATIENCE_S))["id"]


def _write(organization_ids: list, count: int, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(count):
        tell_now(*chance.sample(organization_ids, chance.randint(1, len(organization_ids))))
        time.sleep(chance.random() / 100)
    connections.close_all()


async def _follow(token: str, seen: list[int], end: asyncio.Future, seed: int) -> None:
    """Hear everything, and one beyond the end, on sockets that break off in the middle."""
    chance = random.Random(seed)

    def has_all() -> bool:
        return end.done() and seen[-1:] > [end.result()]

    while not has_all():
        socket = await connected(token, f"?after={seen[-1] if seen else 0}")
        for _ in range(chance.randint(0, 12)):
            if has_all():
                break
            seen.append(await heard(socket))
        await socket.disconnect()


async def test_nothing_is_missing_or_twice_while_many_write_and_sockets_come_and_go():
    alice, bob = await member(), await member()
    await in_database(MembershipFactory)(user=alice.user, organization=bob.organization)
    tokens = [await token_of(alice.user), await token_of(bob.user)]
    both = [alice.organization_id, bob.organization_id]
    end = asyncio.get_running_loop().create_future()
    seen: list[list[int]] = [[] for _ in range(6)]
    followers = [
        asyncio.create_task(_follow(tokens[i % 2], seen[i], end, seed=i)) for i in range(6)
    ]
    writers = [threading.Thread(target=_write, args=(both, 40, seed)) for seed in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        await asyncio.to_thread(writer.join)
    end.set_result((await ids_of(*both))[-1])
    # One more that everybody sees: who has heard all before the end was known waits for it.
    await tell(bob.organization_id)
    await asyncio.wait_for(asyncio.gather(*followers), 60)
    expected = [await ids_of(*both), await ids_of(bob.organization_id)]
    for i, ids in enumerate(seen):
        assert ids == expected[i % 2]


async def test_the_audience_is_who_may_see_it():
    def check() -> None:
        organizations = OrganizationFactory.create_batch(3)
        users = [UserFactory(), UserFactory(), UserFactory(is_active=False), UserFactory()]
        for place, user in [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2)]:
            MembershipFactory(user=users[user], organization=organizations[place])
        MembershipFactory(organization=organizations[2])
        tell_now(*(organization.pk for organization in organizations))
        tell_now(organizations[0].pk)
        pairs = set(Notification.objects.all().audience())
        for viewer in User.objects.all():
            visible = Notification.objects.visible_to(viewer)
            assert set(visible.values_list("organization", flat=True)) == {
                organization for organization, user in pairs if user == viewer.pk
            }
        assert len(pairs) == 4
        assert not Notification.objects.visible_to(AnonymousUser())

    await in_database(check)()


async def test_who_is_deactivated_hears_no_more_and_who_joins_does():
    ours, colleague = await member(), await member()
    sockets = [await connected(await token_of(user)) for user in (ours.user, colleague.user)]
    await in_database(MembershipFactory)(user=colleague.user, organization=ours.organization)
    await in_database(User.objects.filter(pk=ours.user_id).update)(is_active=False)
    await tell(ours.organization_id)
    assert [await heard(sockets[1])] == await ids_of(ours.organization_id)
    assert await sockets[0].receive_nothing()
    for socket in sockets:
        await socket.disconnect()


async def test_the_stream_outlives_the_connection_it_listens_on():
    ours = await member()
    socket = await connected(await token_of(ours.user))
    for _ in range(2):
        assert await end_listening_sessions() == 1
        await tell(ours.organization_id)
        await heard(socket)
    assert await socket.receive_nothing()
    await socket.disconnect()


async def test_a_lost_wake_up_is_a_delay_only(monkeypatch):
    monkeypatch.setattr(hub, "LOOK_AGAIN_S", 0.3)
    ours = await member()
    socket = await connected(await token_of(ours.user))
    await switch_trigger("DISABLE")
    try:
        await tell(ours.organization_id)
        assert [await heard(socket)] == await ids_of(ours.organization_id)
    finally:
        await switch_trigger("ENABLE")
    await socket.disconnect()


@in_database
def switch_trigger(state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE realtime_notification {state} TRIGGER realtime_wake_hubs")


async def test_the_database_wakes_the_stream(monkeypatch):
    monkeypatch.setattr(hub, "LOOK_AGAIN_S", 3600)
    ours = await member()
    socket = await connected(await token_of(ours.user))
    for _ in range(3):
        await tell(ours.organization_id)
        await heard(socket)
    await socket.disconnect()


async def test_each_notification_is_read_once_for_all_sockets(monkeypatch):
    ours = await member()
    token = await token_of(ours.user)
    sockets = [await connected(token) for _ in range(5)]
    reads = []
    read_batch = hub._read_batch
    monkeypatch.setattr(
        hub, "_read_batch", lambda position: reads.append(1) or read_batch(position)
    )
    await tell(ours.organization_id)
    texts = {json.dumps(await socket.receive_json_from()) for socket in sockets}
    assert len(texts) == 1
    assert len(reads) == 1
    for socket in sockets:
        await socket.disconnect()


async def test_a_quiet_socket_shows_that_the_server_lives(monkeypatch):
    monkeypatch.setattr(consumers, "HEARTBEAT_S", 0.1)
    ours = await member()
    socket = await connected(await token_of(ours.user))
    for _ in range(2):
        assert await socket.receive_json_from() == {"type": "heartbeat"}
    await socket.disconnect()


async def test_nothing_is_left_when_the_last_socket_is_gone():
    ours = await member()
    token = await token_of(ours.user)
    sockets = [await connected(token) for _ in range(2)]
    for socket in sockets:
        assert hub._hubs
        await socket.disconnect()
    assert not hub._hubs
    # The database takes a moment to notice.
    async with asyncio.timeout(PATIENCE_S):
        while await count_listening_sessions():
            await asyncio.sleep(0.05)
