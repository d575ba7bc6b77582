"""
How long a large plan takes from the database to its page: `python -m tests.bench.big_plan`.

A country at random is matched, and one plan of all its matches is computed by one worker: read and
valued, stored, solved part by part, summed up, shown and exported.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

import django

from tests.bench.tables import show

FLOWS = 9_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flows", type=int, nargs="?", default=FLOWS)
    size = parser.parse_args().flows
    from django.db import connection

    from matching import engine
    from matching.planning.greedy import greedy
    from tests.bench.country import Country
    from tests.bench.plans import problem_of
    from tests.bench.sockets import scratch_database

    engine.warm_up()
    greedy(problem_of(100))
    with scratch_database():
        Country(size).settle()
        _match_all()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        rows = []
        for row in _rows():
            print(row, flush=True)
            rows.append(row)
    show(
        f"A plan of {rows.pop():,} matches of {size:,} flows",
        ["step", "s (of the processor, without PostgreSQL)"],
        rows,
    )


def _match_all() -> None:
    from matching import services

    run = services.request_run(in_background=False)
    services.execute_run(run.pk, threads=2)


def _rows() -> Iterator[Any]:
    from django.test import Client

    from organizations.models import User
    from plans import services
    from plans.models import Plan

    user = User.objects.create_superuser("bench@example.org", "x")
    plan = services.request_plan(actor=user, name="Large", has_fixed_costs=False, time_limit_s=2)
    yield "read, value and store", _taken(lambda: services.plan_parts(plan.pk))
    print(plan.exchanges.count(), "matches", flush=True)
    parts = list(plan.parts.values_list("pk", flat=True))

    def work() -> None:
        for part in parts:
            services.work_part(part)

    yield f"solve {len(parts)} parts, and sum up", _taken(work)
    plan = Plan.objects.get()
    assert plan.is_finished, plan.error
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(user)
    api = f"/api/v1/plans/{plan.pk}"
    for name, url in (
        ("its page", f"/plans/{plan.pk}"),
        ("its page again", f"/plans/{plan.pk}"),
        ("50 exchanges by the API", f"{api}/exchanges"),
        ("50 flows by the API", f"{api}/flows"),
        ("all exchanges as GeoJSON", f"{api}/exchanges?format=geojson"),
        ("all as XLSX", f"{api}/exchanges?format=xlsx"),
    ):
        yield name, _taken(lambda url=url: _read(browser, url))
    yield f"({plan.exchange_count:,} exchanges chosen)", ""
    yield plan.exchanges.count()


def _read(browser: Any, url: str) -> None:
    answer = browser.get(url)
    assert answer.status_code == 200, answer.content[:500]
    _ = b"".join(answer) if answer.streaming else answer.content


def _taken(do: Any) -> str:
    began_at, cpu = time.perf_counter(), time.process_time()
    do()
    return f"{time.perf_counter() - began_at:.2f} ({time.process_time() - cpu:.2f})"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.conftest import start_servers

    start_servers()
    sys.exit(main())
