"""How long the server takes for pages with a country in it: `make bench-pages`."""

import argparse
import logging
import os
import sys
import time
from collections.abc import Iterator

import django

from tests.bench.tables import percentile, show

ASKED = 15
# What a page may take on the server [ms], 95 of 100 times.
GOAL_MS = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flows", type=int, nargs="?", default=1_000_000)
    size = parser.parse_args().flows
    logging.disable(logging.WARNING)
    from django.core.cache import cache
    from django.db import connection

    from maps import region
    from maps.services import count_cells
    from tests.bench.country import Country
    from tests.bench.sockets import scratch_database

    with scratch_database():
        began_at = time.perf_counter()
        Country(size).settle()
        print(f"settled in {time.perf_counter() - began_at:.0f} s, history included")
        _match()
        count_cells()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        cache.clear()
        sums = region.draw_up()
        print(f"sums of the region in {sums.took_s:.1f} s, kept until they are old")
        rows = list(_rows())
    show(
        f"Server time of pages with {size:,} flows [ms], goal {GOAL_MS}; kB of one",
        ["what", "who", "first", "p50", "p95", "queries", "kB"],
        rows,
    )


def _match() -> None:
    from django.core.management import call_command

    began_at = time.perf_counter()
    call_command("match", verbosity=0)
    print(f"matched in {time.perf_counter() - began_at:.0f} s")


def _rows() -> Iterator[tuple]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    for name, who, user, address in _pages():
        client = Client(SERVER_NAME="localhost")
        if user:
            client.force_login(user)
        taken = []
        for _ in range(ASKED):
            began_at = time.perf_counter()
            response = client.get(address)
            taken.append((time.perf_counter() - began_at) * 1000)
            assert response.status_code in (200, 404), (address, response.status_code)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        later = taken[1:]
        yield (
            name,
            who,
            f"{taken[0]:.0f}",
            *(f"{percentile(later, share):.0f}" for share in (0.5, 0.95)),
            len(queries),
            f"{len(response.content) / 1000:.0f}",
        )


def _pages() -> Iterator[tuple]:
    from django.contrib.auth.models import Group

    from matching.models import Match
    from organizations.models import Membership, ResourceFlow, User
    from organizations.models.user import FACILITATORS

    # Somebody in the middle of the country, with matches.
    match = Match.objects.filter(output__visibility="public", input__visibility="public")[:1].get()
    flow = ResourceFlow.objects.get(pk=match.output_id)
    member = User.objects.create_user("member@example.org", "x")
    Membership.objects.create(user=member, organization=flow.organization, role="owner")
    facilitator = User.objects.create_user("facilitator@example.org", "x", is_staff=True)
    facilitator.groups.add(Group.objects.get_or_create(name=FACILITATORS)[0])
    theirs = match.input_id
    yield "baseline: a page of nothing (404)", "anybody", None, "/nothing"
    yield "baseline: the same, signed in", "member", member, "/nothing"
    yield "landing", "anybody", None, "/"
    yield "region", "anybody", None, "/region"
    for who, user in (("member", member), ("facilitator", facilitator)):
        yield "dashboard", who, user, "/dashboard"
        yield "flow", who, user, f"/flows/{flow.pk}"
        yield "… its matches", who, user, f"/flows/{flow.pk}/matches"
        yield "… nearly fits", who, user, f"/flows/{flow.pk}/near-misses"
        yield "… together", who, user, f"/flows/{flow.pk}/together"
        yield "match", who, user, f"/matches/{match.pk}"
        yield "region", who, user, "/region"
        yield "region, energy", who, user, "/region?family=energy"
        yield "organization", who, user, f"/organizations/{flow.organization_id}"
        yield "map", who, user, "/map"
        yield "proposals", who, user, "/proposals"
        yield "board", who, user, "/proposals/board"
        yield "notifications", who, user, "/notifications"
        yield "plans", who, user, "/plans"
    yield "propose", "member", member, f"/flows/{theirs}/propose?match={match.pk}"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.conftest import start_servers

    start_servers()
    sys.exit(main())
