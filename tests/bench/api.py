"""How long the server takes for answers of the API, with a country in it: `make bench-api`."""

import argparse
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import django

from tests.bench.tables import percentile, show

ASKED = 200
# Of what takes longer than this, fewer.
SLOW_MS, ASKED_IF_SLOW = 500, 10
API = "/api/v1"
SEED = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flows", type=int, nargs="?", default=1_000_000)
    size = parser.parse_args().flows
    from django.conf import settings
    from django.db import connection

    from matching import engine
    from tests.bench.country import Country
    from tests.bench.sockets import scratch_database

    settings.API_RATES = dict.fromkeys(settings.API_RATES, "1000000/1000000")
    engine.warm_up()
    with scratch_database():
        Country(size).settle()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        rows = list(_rows(_token()))
    show(
        f"Server time with {size:,} flows [ms], connecting to the database included; kB of one",
        ["what", "p50", "p95", "p99", "times", "kB"],
        rows,
    )


def _token() -> str:
    """Return a token of a member of one of the organizations."""
    from organizations.models import Membership, Organization, User
    from turash.callers.services import make_token

    user = User.objects.create_user("bench@example.org", "x")
    organization = Organization.objects.order_by("pk").first()
    Membership.objects.create(user=user, organization=organization, role="member")
    return make_token(user)[1]


def _rows(token: str) -> Iterator[tuple]:
    from organizations.models import Organization, ResourceFlow

    chance = random.Random(SEED)
    keys = list(ResourceFlow.objects.filter(visibility="public", status="active")
                .order_by("pk").values_list("pk", flat=True)[:5000])  # fmt: skip
    points = [(flow.location.x, flow.location.y)
              for flow in ResourceFlow.objects.filter(pk__in=chance.sample(keys, 500))]  # fmt: skip
    owners = list(Organization.objects.order_by("pk").values_list("pk", flat=True)[:1000])

    def box() -> str:
        x, y = chance.choice(points)
        return f"{x - 0.05},{y - 0.05},{x + 0.05},{y + 0.05}"

    def near() -> str:
        x, y = chance.choice(points)
        return f"{x},{y}"

    flows = f"{API}/resource-flows"
    asked: dict[str, Callable[[], tuple[str, dict[str, str]]]] = {
        "50 flows": lambda: (flows, {}),
        "50 flows, anonymous": lambda: (flows, {"Authorization": ""}),
        "50 flows, 304": lambda: (flows, {"If-None-Match": "*"}),
        "50 flows, gzip": lambda: (flows, {"Accept-Encoding": "gzip"}),
        "50 flows, from the 10,000th": lambda: (f"{flows}?offset=10000", {}),
        "50 flows of a type": lambda: (f"{flows}?resource_type=heat&direction=output", {}),
        "50 flows, at least 1,000 a year": lambda: (f"{flows}?min_quantity=1000", {}),
        "50 flows in a box of 11 × 7 km": lambda: (f"{flows}?bbox={box()}", {}),
        "50 flows within 5 km": lambda: (f"{flows}?near={near()}&radius_km=5", {}),
        "50 sites": lambda: (f"{API}/sites", {}),
        "50 organizations": lambda: (f"{API}/organizations", {}),
        "flows of an organization": lambda: (
            f"{API}/organizations/{chance.choice(owners)}/resource-flows", {},
        ),
        "a flow": lambda: (f"{flows}/{chance.choice(keys)}", {}),
        "a flow, 304": lambda: (f"{flows}/{chance.choice(keys)}", {"If-None-Match": "*"}),
    }  # fmt: skip
    for name, ask in asked.items():
        yield name, *_measure(ask, token)


def _measure(ask: Callable[[], tuple[str, dict[str, str]]], token: str) -> tuple:
    from django.test import Client

    client = Client(SERVER_NAME="localhost")

    def answer() -> Any:
        url, headers = ask()
        headers = {"Authorization": f"Token {token}"} | headers
        return client.get(url, headers={name: text for name, text in headers.items() if text})

    answer()
    began_at = time.perf_counter()
    one = answer()
    assert one.status_code in (200, 304), one.content
    is_slow = (time.perf_counter() - began_at) * 1000 > SLOW_MS
    taken = []
    for _ in range(ASKED_IF_SLOW if is_slow else ASKED):
        began_at = time.perf_counter()
        answer()
        taken.append((time.perf_counter() - began_at) * 1000)
    return (
        *(f"{percentile(taken, share):.1f}" for share in (0.5, 0.95, 0.99)),
        len(taken),
        f"{len(one.content) / 1000:.1f}",
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.conftest import start_servers

    start_servers()
    sys.exit(main())
