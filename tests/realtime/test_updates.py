"""The websocket: who is let in, what arrives, in which order, and what was missed."""

from uuid import uuid4

import pytest
from channels.testing import WebsocketCommunicator
from django.test import Client

from tests.factories import MembershipFactory
from tests.realtime.stage import ids_of, in_database, member, tell, token_of
from turash.asgi import application
from turash.realtime.models import Notification

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

HOST = (b"host", b"turash.test")


async def connected(user, query: str = "") -> WebsocketCommunicator:
    headers = [HOST, (b"authorization", f"Token {await token_of(user)}".encode())]
    socket = WebsocketCommunicator(application, f"/ws/updates{query}", headers=headers)
    accepted, _ = await socket.connect()
    assert accepted
    return socket


async def test_members_hear_what_concerns_their_organization_and_outsiders_do_not():
    ours, theirs = await member(), await member()
    our_socket, their_socket = await connected(ours.user), await connected(theirs.user)
    await tell(ours.organization_id)
    message = await our_socket.receive_json_from()
    assert message["type"] == "organization_created"
    assert message["organization_id"] == str(ours.organization_id)
    assert message["subject"] == {
        "kind": "organization",
        "id": str(ours.organization_id),
        "url": "/organizations/x",
    }
    assert set(message) == {"id", "type", "occurred_at", "organization_id", "subject"}
    assert await their_socket.receive_nothing()
    for socket in (our_socket, their_socket):
        await socket.disconnect()


async def test_what_was_missed_is_replayed_in_order_without_gap_or_duplicate():
    ours = await member()
    for _ in range(5):
        await tell(ours.organization_id)
    ids = await ids_of(ours.organization_id)
    socket = await connected(ours.user, f"?after={ids[1]}")
    await tell(ours.organization_id)
    received = [(await socket.receive_json_from())["id"] for _ in range(4)]
    assert received[:3] == ids[2:]
    assert received[3] > ids[-1]
    assert await socket.receive_nothing()
    await socket.disconnect()


async def test_without_after_only_news_arrive():
    ours = await member()
    await tell(ours.organization_id)
    socket = await connected(ours.user)
    assert await socket.receive_nothing()
    await socket.disconnect()


async def test_who_has_left_an_organization_hears_no_more():
    ours = await member()
    socket = await connected(ours.user)
    await in_database(ours.delete)()
    await in_database(MembershipFactory)(organization_id=ours.organization_id)
    await tell(ours.organization_id)
    assert await socket.receive_nothing()
    await socket.disconnect()


@pytest.mark.parametrize("header", [None, b"Token nonsense", b"Token", b"Bearer x"])
async def test_nobody_in_particular_is_turned_away(header):
    headers = [HOST] + ([(b"authorization", header)] if header else [])
    socket = WebsocketCommunicator(application, "/ws/updates", headers=headers)
    await socket.connect()
    closed = await socket.receive_output()
    assert (closed["type"], closed["code"]) == ("websocket.close", 4401)


async def test_a_session_works_from_the_same_origin_only():
    ours = await member()
    client = Client()
    await in_database(client.force_login)(ours.user)
    cookie = f"sessionid={client.cookies['sessionid'].value}".encode()
    for origin, welcome in [(b"https://turash.test", True), (b"https://evil.test", False)]:
        socket = WebsocketCommunicator(
            application, "/ws/updates", headers=[HOST, (b"cookie", cookie), (b"origin", origin)]
        )
        accepted, _ = await socket.connect()
        assert accepted is welcome
        if accepted:
            assert await socket.receive_nothing()
            await socket.disconnect()


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 30, "%00", "٣"])
async def test_nonsense_in_after_is_told(after):
    ours = await member()
    socket = await connected(ours.user, f"?after={after}")
    assert "after" in (await socket.receive_json_from())["error"]
    assert (await socket.receive_output())["code"] == 4400


@pytest.mark.parametrize("message", ["{", "null", '{"type": "news"}', "x" * 10_000])
async def test_what_a_client_sends_is_answered_with_an_error(message):
    ours = await member()
    socket = await connected(ours.user)
    await socket.send_to(text_data=message)
    assert "error" in await socket.receive_json_from()
    await tell(ours.organization_id)
    assert (await socket.receive_json_from())["type"] == "organization_created"
    await socket.disconnect()


async def test_an_organization_without_members_is_not_written_to():
    await tell(uuid4())
    assert await in_database(Notification.objects.count)() == 0
