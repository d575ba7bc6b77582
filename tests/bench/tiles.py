"""
How long the map takes with a country in it: tiles by zoom, features, areas: `make bench-tiles`.

Around places of flows at random, so that crowded places are asked for most. Cold: nothing is in the
cache of tiles. `--keep NAME` works on a database of that name that is there already.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import django

from tests.bench.tables import percentile, show

ASKED = 100
SEED = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flows", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--keep", default="")
    options = parser.parse_args()
    from django.conf import settings
    from django.db import connection

    from tests.bench.country import Country
    from tests.bench.sockets import scratch_database

    settings.API_RATES = dict.fromkeys(settings.API_RATES, "1000000/1000000")
    connection.settings_dict["NAME"] = options.keep or connection.settings_dict["NAME"]
    with nullcontext() if options.keep else scratch_database():
        if not options.keep:
            Country(options.flows).settle()
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
        _measure_all()


def _measure_all() -> None:
    from maps import services
    from maps.models import Cell

    taken = []
    for _ in range(2):
        began_at = time.perf_counter()
        flows = services.count_cells()
        taken.append(f"{time.perf_counter() - began_at:.1f}")
    cells = Cell.objects.count()
    print(f"{flows:,} active flows counted in {cells:,} cells: {taken[0]} s, again {taken[1]} s")
    places = _places()
    for who, token in (("who has not signed in", ""), ("a member", _token())):
        show(
            f"Tiles of sites for {who} [ms]; kB of one",
            ["zoom", "p50 cold", "p95 cold", "p50 kept", "p95 kept", "kB p50", "kB most"],
            list(_tiles(places, token)),
        )
    show(
        "Other requests, by a member [ms]",
        ["what", "p50", "p95", "times"],
        list(_others(places, _token())),
    )


def _places() -> list[tuple[float, float]]:
    from organizations.models import ResourceFlow

    chance = random.Random(SEED)
    keys = list(ResourceFlow.objects.order_by("pk").values_list("pk", flat=True)[:100_000])
    flows = ResourceFlow.objects.filter(pk__in=chance.sample(keys, ASKED)).order_by("pk")
    return [(flow.location.x, flow.location.y) for flow in flows]


def _token() -> str:
    """Return a token of a member of one of the organizations."""
    from organizations.models import Membership, Organization, User
    from turash.callers.services import make_token

    user, is_new = User.objects.get_or_create(email="bench-tiles@example.org")
    if is_new:
        organization = Organization.objects.order_by("pk").first()
        Membership.objects.create(user=user, organization=organization, role="member")
    return make_token(user)[1]


def _get(token: str) -> Callable[[str], tuple[float, Any]]:
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    headers = {"Authorization": f"Token {token}"} if token else {}

    def get(address: str) -> tuple[float, Any]:
        began_at = time.perf_counter()
        answer = client.get(address, headers=headers)
        taken = (time.perf_counter() - began_at) * 1000
        assert answer.status_code == 200, answer.content
        return taken, answer

    get("/ogc")
    return get


def _tiles(places: list[tuple[float, float]], token: str) -> Iterator[tuple]:
    from django.core.cache import cache

    from maps.places import DEEPEST_ZOOM, Tile

    get = _get(token)
    for zoom in range(DEEPEST_ZOOM + 1):
        cold, kept, sizes = [], [], []
        for place in places:
            tile = Tile.at(*place, zoom)
            address = f"/tiles/{tile.zoom}/{tile.x}/{tile.y}.mvt?layers=cells,sites"
            cache.clear()
            taken, answer = get(address)
            cold.append(taken)
            sizes.append(len(answer.content) / 1000)
            kept.append(get(address)[0])
        figures = [percentile(values, share) for values in (cold, kept) for share in (0.5, 0.95)]
        yield zoom, *(f"{figure:.1f}" for figure in (*figures, percentile(sizes, 0.5), max(sizes)))


def _others(places: list[tuple[float, float]], token: str) -> Iterator[tuple]:
    from maps import balance, sights
    from maps.filters import Filter
    from organizations.models import User

    get = _get(token)
    viewer = User.objects.get(email="bench-tiles@example.org")
    flows = "/ogc/collections/flows/items?limit=100"

    def box(place: tuple[float, float], degrees: float) -> tuple[float, float, float, float]:
        x, y = place
        return (x - degrees, y - degrees, x + degrees, y + degrees)

    def text(place: tuple[float, float], degrees: float) -> str:
        return ",".join(map(str, box(place, degrees)))

    def timed(call: Callable[[], Any]) -> float:
        began_at = time.perf_counter()
        call()
        return (time.perf_counter() - began_at) * 1000

    def following(address: str) -> str:
        links = get(address)[1].json()["links"]
        return next((link["href"] for link in links if link["rel"] == "next"), address)

    deep = flows
    for _ in range(5):
        deep = following(deep)
    asked: dict[str, Callable[[tuple[float, float]], float]] = {
        "OGC, 100 flows": lambda place: get(flows)[0],
        "OGC, 100 flows, sixth page": lambda place: get(deep)[0],
        "OGC, 100 flows in 0.1°": lambda place: get(f"{flows}&bbox={text(place, 0.05)}")[0],
        "OGC, 100 flows in 1°": lambda place: get(f"{flows}&bbox={text(place, 0.5)}")[0],
        "OGC, 100 flows in 10°": lambda place: get(f"{flows}&bbox={text(place, 5)}")[0],
        "list of sites in 0.1°": lambda place: timed(
            lambda: sights.look(viewer, Filter(), box(place, 0.05))
        ),
        "list of sites in 10°": lambda place: timed(
            lambda: sights.look(viewer, Filter(), box(place, 5))
        ),
        "balance of 0.1°": lambda place: timed(
            lambda: balance.of_area(box(place, 0.05), viewer, Filter())
        ),
        "balance of 1°": lambda place: timed(
            lambda: balance.of_area(box(place, 0.5), viewer, Filter())
        ),
        "page of the map": lambda place: get("/map")[0],
    }
    for name, ask in asked.items():
        taken = [ask(place) for place in places[:40]]
        yield name, *(f"{percentile(taken, share):.1f}" for share in (0.5, 0.95)), len(taken)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.conftest import start_servers

    start_servers()
    sys.exit(main())
