"""How long the admin takes for its lists, with a country in it: `make bench-admin`."""

import argparse
import os
import sys
import time
from collections.abc import Iterator

import django

from tests.bench.tables import percentile, show

ASKED = 15
LIST = "/admin/organizations/resourceflow/"
PAGES = {
    "overview": "/admin/",
    "search of everything": "/admin/search/?q=works",
    "flows": LIST,
    "flows, page 100": f"{LIST}?p=100",
    "flows, paused inputs": f"{LIST}?status__exact=paused&direction__exact=input",
    "flows, filtered by family": f"{LIST}?resource_type__family__exact=heat",
    "flows, searched": f"{LIST}?q=flow+77777",
    "flows, searched in vain": f"{LIST}?q=zzzzzz",
    "active flows without a match": f"{LIST}?matches=none",
    "sites": "/admin/organizations/site/",
    "sites, searched": "/admin/organizations/site/?q=site+7777",
    "organizations": "/admin/organizations/organization/",
    "organizations, searched": "/admin/organizations/organization/?q=organization+777",
    "possible duplicates": "/admin/organizations/organization/duplicates/",
    "history": "/admin/history/change/",
    "matches": "/admin/matching/match/",
    "autocompletion of a site": (
        "/admin/autocomplete/?app_label=organizations&model_name=resourceflow&field_name=site"
        "&term=site+777"
    ),
    "flows with their map": f"{LIST}?map=1&direction__exact=input",
    "sites with their map": "/admin/organizations/site/?map=1",
    "organizations with their map": "/admin/organizations/organization/?map=1",
    "saved filters": "/admin/filters/",
    "bulk actions": "/admin/desk/bulkaction/",
    "runs compared": "/admin/matching/matchingrun/compare/",
    "weights, previewed": (
        "/admin/matching/matchingweights/preview/?quality=5&temporal=5&quantity=5&economic=5"
        "&spatial=60&trust=10&regulatory=10"
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flows", type=int, nargs="?", default=1_000_000)
    size = parser.parse_args().flows
    from django.db import connection

    from tests.bench.country import Country
    from tests.bench.sockets import scratch_database

    with scratch_database():
        began_at = time.perf_counter()
        Country(size).settle()
        settled_s = time.perf_counter() - began_at
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        print(f"settled in {settled_s:.0f} s, history included")
        rows = list(_rows())
    show(
        f"Server time of pages of the admin with {size:,} flows [ms]; kB of one",
        ["what", "first", "p50", "p95", "kB"],
        rows,
    )


def _rows() -> Iterator[tuple]:
    from django.test import Client

    from organizations.models import User

    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("bench@example.org", "x"))
    for name, address in PAGES.items():
        taken = []
        for _ in range(ASKED):
            began_at = time.perf_counter()
            response = client.get(address)
            taken.append((time.perf_counter() - began_at) * 1000)
            assert response.status_code == 200, (address, response.status_code)
        later = taken[1:]
        yield (
            name,
            f"{taken[0]:.0f}",
            *(f"{percentile(later, share):.0f}" for share in (0.5, 0.95)),
            f"{len(response.content) / 1000:.0f}",
        )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.conftest import start_servers

    start_servers()
    sys.exit(main())
