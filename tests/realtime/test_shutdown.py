"""The web process ends in order: requests are answered, websockets are told to come back."""

import asyncio
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection

from tests.processes import wait_for, web_process
from tests.realtime.client import connect
from tests.realtime.stage import member, token_of

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

SERVICE_RESTART = 1012


@contextmanager
def slow_request(url: str) -> Iterator[tuple[asyncio.Future, psycopg.Connection]]:
    """A request that waits for a lock, and the session that holds the lock."""
    parts = connection.get_connection_params()
    where = {name: parts[name] for name in ("host", "port", "user", "dbname") if name in parts}
    with psycopg.connect(**where) as holder, ThreadPoolExecutor(1) as thread:
        holder.execute("LOCK TABLE organizations_organization IN ACCESS EXCLUSIVE MODE")
        answer = thread.submit(_get, f"{url}/api/v1/organizations")
        with psycopg.connect(**where, autocommit=True) as observer:
            wait_for(lambda: observer.execute(
                "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND datname = current_database()").fetchone())  # fmt: skip
        yield answer, holder


def _get(url: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(url, timeout=60) as response:
        return response.status, response.read()


def _is_listening(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=1)
    except urllib.error.URLError as error:
        return not isinstance(error.reason, ConnectionRefusedError)
    except ConnectionResetError:
        # It stood in the queue of the socket that was being closed.
        return False
    return True


async def test_sigterm_answers_what_has_begun_and_tells_websockets_to_come_back():
    ours = await member()
    token = await token_of(ours.user)
    with web_process() as (url, process):
        socket = await connect(f"{url}/ws/updates", lambda _: None, token=token)
        # Meanwhile a form that is none is told so by Django, not by the server without a word.
        form = urllib.request.Request(
            f"{url}/api/v1/imports", b"x", {"Content-Type": "multipart/form-data"}
        )
        with pytest.raises(urllib.error.HTTPError) as told:
            await asyncio.to_thread(urllib.request.urlopen, form, timeout=60)
        assert told.value.headers["Content-Type"] == "application/problem+json"
        parts = urlsplit(url)
        # A browser keeps its connection after a request; that is no reason to stay.
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(f"HEAD /login HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        with slow_request(url) as (answer, holder):
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(asyncio.shield(socket.closed), 5) == SERVICE_RESTART
            assert not await asyncio.to_thread(_is_listening, url)
            with pytest.raises(subprocess.TimeoutExpired):
                await asyncio.to_thread(process.wait, 1)
            assert not answer.done()
            holder.rollback()
            started = time.monotonic()
            status, body = await asyncio.to_thread(answer.result, 10)
        assert status == 200
        assert str(ours.organization_id).encode() in body
        assert await asyncio.to_thread(process.wait, 5) == 0
        assert time.monotonic() - started < 3
        writer.close()


async def test_who_stops_it_waits_no_longer_than_the_limit():
    with web_process("--stop-after", "1") as (url, process), slow_request(url) as (answer, _):
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 10) == 1
        assert 0.9 < time.monotonic() - started < 4
        with pytest.raises(ConnectionError):
            answer.result(5)


async def test_a_second_signal_ends_it_at_once():
    with web_process() as (url, process), slow_request(url) as (answer, _):
        process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            await asyncio.to_thread(process.wait, 0.5)
        process.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(process.wait, 3) == 1
        with pytest.raises(ConnectionError):
            answer.result(5)
