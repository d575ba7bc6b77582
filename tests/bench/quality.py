"""How long it takes to look at the quality of a country's data: `make bench-quality`."""

import argparse
import os
import sys
import time

import django

from tests.bench.tables import show


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flows", type=int, nargs="?", default=200_000)
    size = parser.parse_args().flows
    from django.db import connection

    from tests.bench.country import Country
    from tests.bench.sockets import scratch_database

    with scratch_database():
        Country(size).settle()
        with connection.cursor() as cursor:
            # Three divisions of sectors.
            cursor.execute(
                "UPDATE organizations_organization"
                " SET sector = 10 + ascii(right(name, 1)) % 3 || '.1'"
            )
            cursor.execute("VACUUM ANALYZE")
        rows = list(_rows())
    show(
        f"Looking at {size:,} flows [s]; findings of each kind",
        ["what", "s", "rows"],
        rows,
    )


def _rows():
    from django.db import connection
    from django.test import Client
    from django.utils import timezone

    from organizations import quality
    from organizations.models import QualityFinding, User

    now = timezone.now()
    for kind, found in quality.STATEMENTS.items():
        began_at = time.perf_counter()
        with connection.cursor() as cursor:
            parameters = quality._parameters(now)
            cursor.execute(f"SELECT count(*) FROM ({found} LIMIT %(most_of_kind)s) x", parameters)
            count = cursor.fetchone()[0]
        yield str(kind), f"{time.perf_counter() - began_at:.2f}", count
    for name in ("scan, first", "scan, again"):
        began_at = time.perf_counter()
        count = quality.scan(timezone.now())
        yield name, f"{time.perf_counter() - began_at:.2f}", count
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("bench@example.org", "x"))
    flows = "/admin/organizations/resourceflow/"
    for name, address in (
        ("page of findings", "/admin/organizations/qualityfinding/"),
        ("flows with a finding", f"{flows}?quality=any"),
    ):
        taken = []
        for _ in range(8):
            began_at = time.perf_counter()
            assert client.get(address).status_code == 200
            taken.append(time.perf_counter() - began_at)
        yield name, f"{min(taken):.3f}", QualityFinding.objects.open().count()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.conftest import start_servers

    start_servers()
    sys.exit(main())
