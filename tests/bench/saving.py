"""How long from saving a flow, over its stored matches, to the message in a browser's websocket."""

import argparse
import asyncio
import random
import sys
import time

import django

from tests.bench.sockets import Crowd, in_database, people, scratch_database
from tests.bench.tables import percentile, show

SAVED = 100


class Listener(Crowd):
    """Hears of matches alone."""

    def hear(self, text: bytes) -> None:
        if b'"match_found"' in text:
            super().hear(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flows", type=int, nargs="?", default=100_000, help="that are there before")
    size = parser.parse_args().flows
    from django.db import connection
    from django_q.models import OrmQ

    from matching import engine, services
    from tests.bench.country import Country

    engine.warm_up()
    with scratch_database():
        Country(size).settle()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        services.execute_run(services.request_run(in_background=False).pk)
        # Clusters, which take a core for minutes after a run of a country, are not measured here.
        OrmQ.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        taken = asyncio.run(latencies_ms())
    show(
        f"From saving a new flow to the first of its matches in the browser, {SAVED} flows [ms]",
        ["flows there", "p50", "p95", "p99"],
        [(f"{size:,}", *(f"{percentile(taken, share):.0f}" for share in (0.5, 0.95, 0.99)))],
    )


async def latencies_ms() -> list[float]:
    """Save one flow after the other; the milliseconds until a match of each was heard of."""
    from tests.processes import web_process, worker

    like, token = await in_database(examples)
    taken = []
    with web_process() as (url, _), worker():
        listener = Listener(f"{url}/ws/updates")
        await listener.connect([token])
        for number, key in enumerate(like):
            saved_at = await in_database(save_another, key)
            heard_at = (await listener.has_heard(1))[0]
            # The first one also waits for the workers to start.
            if number:
                taken.append((heard_at - saved_at) * 1000)
            await asyncio.sleep(0.3)
            listener.heard_at.clear()
        await listener.leave()
    return taken


def examples() -> tuple[list, str]:
    """Return flows with matches, all of whose organizations one user belongs to, and its token."""
    from matching.models import PartnerList
    from organizations.models import Membership, ResourceFlow, User

    _, _, (token,) = people(1)
    user = User.objects.latest("pk")
    lists = PartnerList.objects.filter(match_count__gte=5).order_by("pk")
    keys = random.Random(1).sample(list(lists.values_list("pk", flat=True)), SAVED + 1)
    owners = ResourceFlow.objects.filter(pk__in=keys).values_list("organization", flat=True)
    Membership.objects.bulk_create(
        Membership(user=user, organization_id=owner, role="member") for owner in set(owners)
    )
    return keys, token


def save_another(key: object) -> float:
    """Save another flow like one, with half as much again; returns when that began."""
    from organizations import services
    from organizations.ids import new_id
    from organizations.models import ResourceFlow

    flow = ResourceFlow.objects.get(pk=key)
    flow.pk, flow.number, flow.amount = new_id(), None, flow.amount * 3 / 2
    flow = ResourceFlow(
        **{
            field.attname: getattr(flow, field.attname)
            for field in ResourceFlow._meta.concrete_fields
            if field.name != "number"
        }
    )
    began_at = time.perf_counter()
    services.save_flow(flow)
    return began_at


if __name__ == "__main__":
    django.setup()
    from tests.conftest import start_servers

    start_servers()
    sys.exit(main())
