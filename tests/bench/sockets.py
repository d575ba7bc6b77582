"""
How many websockets one web process bears: memory, fan-out, latency, idle load.

Part of `make bench-events`; alone: `python -m tests.bench.sockets [number of sockets]`. Compared
with a server that does nothing but write the same bytes; both share this machine with the clients,
which are one process.
"""

import argparse
import asyncio
import os
import resource
import secrets
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "turash.settings")

DATABASE = "bench_sockets"
HANDSHAKES_AT_ONCE = 50
ROUNDS = 5
SINGLES = 200
IDLE_S = 20.0
PATIENCE_S = 120


class Row(NamedTuple):
    """One measured figure, and the same of the bare server where there is one."""

    what: str
    turash: float
    bare: float | None
    unit: str


class Crowd:
    """Many connections, and when each of them heard something."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clients: list = []
        self.heard_at: list[float] = []

    def hear(self, text: bytes) -> None:
        if b'"heartbeat"' not in text:
            self.heard_at.append(time.perf_counter())

    async def connect(self, tokens: list[str]) -> None:
        from tests.realtime.client import connect

        turn = asyncio.Semaphore(HANDSHAKES_AT_ONCE)

        async def one(token: str) -> None:
            async with turn:
                self.clients.append(await connect(self.url, self.hear, token=token))

        await asyncio.gather(*map(one, tokens))

    async def has_heard(self, count: int) -> list[float]:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.heard_at) < count:
                await asyncio.sleep(0.001)
        times, self.heard_at = sorted(self.heard_at), []
        return times

    async def leave(self) -> None:
        for client in self.clients:
            client.transport.abort()
        await asyncio.gather(*(client.closed for client in self.clients))


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process."""
    fields = Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()
    return int(fields[0]) / 1024


def cpu_s(pid: int) -> float:
    """Return the processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def scratch_database() -> Iterator[None]:
    """Work on a database of its own."""
    from django.db import connection, connections

    connection.settings_dict["TEST"]["NAME"] = DATABASE
    ours = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connections.close_all()
        connection.creation.destroy_test_db(ours, verbosity=0)


async def in_database(function: Callable, *args):
    """Call it in a thread, which leaves no session behind."""
    from django.db import connections

    def call():
        try:
            return function(*args)
        finally:
            connections.close_all()

    return await asyncio.to_thread(call)


def people(count: int) -> tuple[object, object, list[str]]:
    """Add an organization of all, one of the first alone, and a token for each."""
    from organizations.models import Membership, Organization, User
    from turash.callers.models import Token
    from turash.callers.services import PREFIX_LENGTH, digest_of

    large, small = (Organization.objects.create(name=name, slug=name) for name in ("all", "one"))
    users = User.objects.bulk_create(
        User(email=f"{number}@bench.example", password="!") for number in range(count)
    )
    Membership.objects.bulk_create(
        [Membership(user=user, organization=large, role="member") for user in users]
        + [Membership(user=users[0], organization=small, role="member")]
    )
    tokens = [secrets.token_hex(32) for _ in users]
    Token.objects.bulk_create(
        Token(user=user, digest=digest_of(token), prefix=token[:PREFIX_LENGTH])
        for user, token in zip(users, tokens, strict=True)
    )
    return large.pk, small.pk, tokens


def tell(organization_id) -> float:
    """Tell an organization something; the moment before it was committed."""
    from django.db import transaction

    from turash.events.catalogue import OrganizationCreated
    from turash.realtime.services import notify

    with transaction.atomic():
        notify(
            OrganizationCreated(organization_id=organization_id),
            organization_ids=[organization_id],
            kind="organization",
            subject_id=organization_id,
            url=f"/organizations/{organization_id}",
        )
        return time.perf_counter()


class Measured(NamedTuple):
    connect_s: float
    memory_kb: float
    half_ms: float
    all_ms: float
    idle_percent: float


async def measure(crowd: Crowd, tokens: list[str], pid: int, say) -> Measured:
    """Connect, wait, and say something to everybody; `say` returns when it was said."""
    before = memory_mb(pid)
    started = time.perf_counter()
    await crowd.connect(tokens)
    connect_s = time.perf_counter() - started
    memory_kb = (memory_mb(pid) - before) * 1024 / len(tokens)
    half, everybody = [], []
    for _ in range(ROUNDS):
        said_at = await say()
        times = await crowd.has_heard(len(tokens))
        half.append(times[len(times) // 2] - said_at)
        everybody.append(times[-1] - said_at)
    used = cpu_s(pid)
    await asyncio.sleep(IDLE_S)
    idle = (cpu_s(pid) - used) / IDLE_S * 100
    return Measured(
        connect_s,
        memory_kb,
        statistics.median(half) * 1000,
        statistics.median(everybody) * 1000,
        idle,
    )


async def singles(crowd: Crowd, organization_id) -> list[float]:
    """Tell one person something, again and again; sorted milliseconds from commit to message."""
    taken = []
    for _ in range(SINGLES):
        said_at = await in_database(tell, organization_id)
        taken.append((await crowd.has_heard(1))[0] - said_at)
        await asyncio.sleep(0.01)
    return sorted(second * 1000 for second in taken)


async def measure_bare(tokens: list[str]) -> Measured:
    from tests.processes import free_port, running, wait_for

    port = free_port()
    with running("bare", "tests/bench/bare_server.py", str(port)) as process:
        await asyncio.to_thread(wait_for, lambda: _accepts(port))
        _, asking = await asyncio.open_connection("127.0.0.1", port)

        async def say() -> float:
            said_at = time.perf_counter()
            asking.write(b"go")
            return said_at

        crowd = Crowd(f"http://127.0.0.1:{port}/")
        measured = await measure(crowd, tokens, process.pid, say)
        await crowd.leave()
        asking.close()
        return measured


def _accepts(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def measure_turash(count: int) -> tuple[Measured, list[float], list[str]]:
    from tests.processes import web_process

    large, small, tokens = await in_database(people, count)

    async def say() -> float:
        return await in_database(tell, large)

    with web_process() as (url, process):
        crowd = Crowd(f"{url}/ws/updates")
        measured = await measure(crowd, tokens, process.pid, say)
        latencies = await singles(crowd, small)
        await crowd.leave()
    return measured, latencies, tokens


def run(count: int = 5000) -> list[Row]:
    """Measure with this many sockets on one process."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    async def both() -> tuple[Measured, Measured, list[float]]:
        turash, latencies, tokens = await measure_turash(count)
        return turash, await measure_bare(tokens), latencies

    with scratch_database():
        turash, bare, latencies = asyncio.run(both())
    share = {name: latencies[int(len(latencies) * name / 100)] for name in (50, 95, 99)}
    return [
        Row("sockets on one process", count, count, ""),
        Row("handshakes", count / turash.connect_s, count / bare.connect_s, "1/s"),
        Row("memory of a socket", turash.memory_kb, bare.memory_kb, "kB"),
        Row("one notification until half have it", turash.half_ms, bare.half_ms, "ms"),
        Row("one notification until all have it", turash.all_ms, bare.all_ms, "ms"),
        *(Row(f"latency to one, p{name}", value, None, "ms") for name, value in share.items()),
        Row("processor when idle", turash.idle_percent, bare.idle_percent, "%"),
    ]


def table(rows: list[Row]) -> str:
    lines = [f"{'':<38}{'Turash':>12}{'bare server':>14}"]
    for what, turash, bare, unit in rows:
        other = "" if bare is None else f"{bare:,.1f}"
        lines.append(f"{what:<38}{turash:>12,.1f}{other:>14} {unit}")
    return "\n".join(lines)


if __name__ == "__main__":
    import django

    django.setup()
    from tests.conftest import start_servers

    start_servers()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=5000)
    sys.stdout.write(table(run(parser.parse_args().count)) + "\n")
