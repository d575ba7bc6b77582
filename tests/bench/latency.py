"""How long from the commit of a change, over a worker, to the message in a browser's websocket."""

import asyncio
import random
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

import django

from tests.bench.sockets import Crowd, in_database, people, scratch_database
from tests.bench.tables import percentile, show

EVENTS = 200
QUEUE = "turash.events.publishers.QueuePublisher"
STREAMS = "turash.events.streams.StreamsPublisher"
PATIENCE_S = 60


def main() -> None:
    from tests.processes import consumer, worker

    polling = {"DJANGO_SETTINGS_MODULE": "tests.bench.polling_settings"}
    ways: list[tuple[str, str, Callable[[], AbstractContextManager]]] = [
        ("baseline: django-q2's broker, a poll each 0.2 s", QUEUE, lambda: worker(**polling)),
        ("queue, workers woken by the database", QUEUE, worker),
        ("Redis Streams", STREAMS, lambda: consumer(EVENT_PUBLISHER=STREAMS)),
    ]
    with scratch_database():
        rows = [(name, *asyncio.run(latencies_ms(*way))) for name, *way in ways]
    show(
        f"From commit to websocket on an idle system, {EVENTS} events [ms]",
        ["", "p50", "p95", "p99"],
        [
            (name, *(f"{percentile(values, share):.0f}" for share in (0.5, 0.95, 0.99)))
            for name, *values in rows
        ],
    )


async def latencies_ms(
    publisher: str, workers: Callable[[], AbstractContextManager]
) -> list[float]:
    """Publish one event after the other; the milliseconds that each took to be heard of."""
    from tests.processes import web_process

    organization_id, token = await in_database(somebody)
    taken = []
    with web_process() as (url, _), workers():
        crowd = Crowd(f"{url}/ws/updates")
        await crowd.connect([token])
        # The first one also waits for the workers to start.
        for number in range(EVENTS + 1):
            said_at = await in_database(change, organization_id, publisher)
            heard_at = (await crowd.has_heard(1))[0]
            if number:
                taken.append((heard_at - said_at) * 1000)
            # At any point between two polls.
            await asyncio.sleep(random.uniform(0.02, 0.22))
        await crowd.leave()
    return taken


def somebody() -> tuple[object, str]:
    """Add an organization with one member; its id, and the member's token."""
    from organizations.models import Membership, Organization, User

    Membership.objects.all().delete()
    Organization.objects.all().delete()
    User.objects.all().delete()
    organization_id, _, (token,) = people(1)
    return organization_id, token


def change(organization_id: object, publisher: str) -> float:
    """Announce a change of the organization; the moment before it was committed."""
    import time

    from django.db import transaction
    from django.test import override_settings

    from turash.events.catalogue import OrganizationCreated
    from turash.events.publishers import publish

    with override_settings(EVENT_PUBLISHER=publisher), transaction.atomic():
        publish(OrganizationCreated(organization_id=organization_id))
        return time.perf_counter()


if __name__ == "__main__":
    django.setup()
    from tests.conftest import start_servers

    start_servers()
    sys.exit(main())
