"""What publishing costs, and how many events a second go through: `make bench-events`."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from tests.bench.tables import show

TASKS = 5_000
EVENTS = 20_000
PLAIN_TASKS = 400
PUBLISHED = 500
BATCH = 50
IDLE_S = 20
PATIENCE_S = 300
STREAMS = "turash.events.streams.StreamsPublisher"


def main() -> None:
    os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.bench.settings", "LOG_LEVEL": "ERROR"}
    from tests.soak import servers

    with servers.private_servers():
        import django

        from turash.local import postgres, redis

        parts = postgres.connection_settings()
        host = parts["HOST"].replace("/", "%2F")
        os.environ["DATABASE_URL"] = f"postgis://{parts['USER']}@{host}/{parts['NAME']}"
        os.environ["REDIS_URL"] = redis.redis_url()
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        publishing()
        throughput()


# --- Publishing ---------------------------------------------------------------------------------


def publishing() -> None:
    """Milliseconds per event, inside one transaction of many."""
    from django.utils import timezone
    from django_q.tasks import async_task

    from turash.events.models import DomainEvent

    def one_row() -> None:
        DomainEvent.objects.create(type="x", payload={}, occurred_at=timezone.now())

    def plain_task() -> None:
        async_task("os.getpid")

    rows = [
        ("baseline: one row by the ORM", _cost_ms(one_row)),
        ("baseline: one task, django-q2's async_task", _cost_ms(plain_task)),
        ("queue publisher, one event at a time", _cost_ms(lambda: _publish(1))),
        (f"queue publisher, {BATCH} at a time", _cost_ms(lambda: _publish(BATCH)) / BATCH),
    ]
    with _publisher(STREAMS):
        rows += [
            ("Redis Streams, one event at a time", _cost_ms(lambda: _publish(1))),
            (f"Redis Streams, {BATCH} at a time", _cost_ms(lambda: _publish(BATCH)) / BATCH),
        ]
    show(
        "Publishing inside a transaction",
        ["", "ms per event"],
        [(name, f"{cost:.3f}") for name, cost in rows],
    )
    _clear()


def _cost_ms(action: Callable[[], object]) -> float:
    from django.db import transaction

    count = PUBLISHED // 5
    with transaction.atomic():
        action()
        started = time.perf_counter()
        for _ in range(count):
            action()
        return (time.perf_counter() - started) / count * 1000


def _publish(count: int) -> None:
    from turash.events.catalogue import OrganizationCreated
    from turash.events.publishers import publish

    publish(*(OrganizationCreated(organization_id=uuid4()) for _ in range(count)))


def _publish_news(count: int) -> None:
    """Publish events that tell an organization something."""
    from tests.factories import MembershipFactory
    from turash.events.catalogue import SiteCreated
    from turash.events.publishers import publish

    organization_id = MembershipFactory().organization_id
    _clear()
    for _ in range(count // BATCH):
        publish(
            *(SiteCreated(organization_id=organization_id, site_id=uuid4()) for _ in range(BATCH))
        )


@contextmanager
def _publisher(path: str) -> Iterator[None]:
    from django.test import override_settings

    with override_settings(EVENT_PUBLISHER=path):
        yield


def _clear() -> None:
    from django_q.models import OrmQ

    from turash.events import streams
    from turash.events.models import DomainEvent, EventDelivery

    EventDelivery.objects.all().delete()
    DomainEvent.objects.all().delete()
    OrmQ.objects.all().delete()
    streams.client(timeout_s=5).delete(streams.STREAM)


# --- Throughput ---------------------------------------------------------------------------------


def throughput() -> None:
    """Events per second through handlers, with two workers."""
    from django_q.models import OrmQ
    from django_q.tasks import async_task

    from turash.events.models import EventDelivery
    from turash.events.queue import enqueue

    def tasks_left() -> int:
        return OrmQ.objects.count()

    def events_left() -> int:
        return EventDelivery.objects.open().count()

    rows = []
    for _ in range(PLAIN_TASKS):
        async_task("os.getpid")
    plain = {"DJANGO_SETTINGS_MODULE": "tests.bench.plain_settings"}
    with _running("qcluster", **plain) as clusters:
        rows.append(("baseline: django-q2 as it comes, tiny tasks", _rate(tasks_left)))
        idle = [("django-q2 as it comes", _idle_cpu(clusters))]
    _clear()
    for _ in range(TASKS):
        enqueue("os.getpid")
    with _running("qcluster") as clusters:
        rows.append(("the same tasks, our broker, no result rows", _rate(tasks_left)))
        idle.append(("our workers", _idle_cpu(clusters)))
    _clear()
    for size in (1, BATCH):
        for _ in range(EVENTS // size):
            _publish(size)
        with _running("qcluster"):
            rows.append((f"events, queue, published {size} at a time", _rate(events_left)))
        _clear()
    _publish_news(EVENTS)
    with _running("qcluster"):
        rows.append(("events, queue, each a notification", _rate(events_left)))
    _clear()
    with _publisher(STREAMS):
        streams = {"count": 2, "EVENT_PUBLISHER": STREAMS}
        for _ in range(EVENTS // BATCH):
            _publish(BATCH)
        with _running("consume_events", **streams) as consumers:
            rows.append(("events, Redis Streams, two consumers", _rate(events_left)))
            idle.append(("our two consumers", _idle_cpu(consumers)))
        _clear()
        _publish_news(EVENTS)
        with _running("consume_events", **streams):
            rows.append(("events, Redis Streams, each a notification", _rate(events_left)))
        _clear()
    show(
        "Through handlers, two workers; a handler does nothing where not said otherwise",
        ["", "per second", "times the baseline"],
        [(name, f"{rate:.0f}", f"{rate / rows[0][1]:.1f}") for name, rate in rows],
    )
    show(
        f"CPU of workers at rest, over {IDLE_S} s",
        ["", "% of a core"],
        [(name, f"{share:.1f}") for name, share in idle],
    )


@contextmanager
def _running(command: str, count: int = 1, **environment: str) -> Iterator[list[int]]:
    from turash.local import processes

    children = [
        subprocess.Popen(
            [sys.executable, "manage.py", command],
            env=os.environ | environment,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _ in range(count)
    ]
    try:
        yield [child.pid for child in children]
    finally:
        for child in children:
            processes.stop_group(command, child)


def _rate(left: Callable[[], int]) -> float:
    """Return how many are done per second, from the first that is done on."""
    total = left()
    deadline = time.monotonic() + PATIENCE_S
    while (remaining := left()) == total:
        assert time.monotonic() < deadline, "Nothing was done."
        time.sleep(0.01)
    started, first = time.perf_counter(), remaining
    while left():
        assert time.monotonic() < deadline, "It was not done in time."
        time.sleep(0.02)
    return first / (time.perf_counter() - started)


def _idle_cpu(leaders: list[int]) -> float:
    """Return the share of a core [%] that process groups use."""
    time.sleep(2)
    before = _cpu_s(leaders)
    time.sleep(IDLE_S)
    return (_cpu_s(leaders) - before) / IDLE_S * 100


def _cpu_s(leaders: list[int]) -> float:
    ticks = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        # After the name: state, parent, process group …; user and system time in ticks.
        if int(fields[2]) in leaders:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
