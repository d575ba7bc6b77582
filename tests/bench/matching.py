"""How long it takes to match a country, all at once and flow by flow: `make bench-matching`."""

import argparse
import os
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from tests.bench.tables import percentile, show

SIZES = (12_500, 25_000, 50_000, 100_000)
SINGLES = 300

# What one statement costs that only looks for who is near: no rule, no score, nothing stored.
_NEAR = """
SELECT count(*) FROM organizations_resourceflow o
JOIN organizations_resourcetype t ON t.id = o.resource_type_id
CROSS JOIN LATERAL (
    SELECT FROM organizations_resourceflow i
    WHERE i.status = 'active' AND i.direction = 'input'
    AND i.resource_type_id = o.resource_type_id AND i.organization_id <> o.organization_id
    AND ST_DWithin(i.location, o.location, 1000 * least(
        t.max_distance_km, coalesce(o.max_distance_km, 1e9)))
    AND ST_Distance(i.location, o.location) <= 1000 * coalesce(i.max_distance_km, 1e9)
) near
WHERE o.status = 'active' AND o.direction = 'output'
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES, help="numbers of flows")
    sizes = parser.parse_args().sizes
    from matching import engine
    from tests.bench.sockets import scratch_database

    engine.warm_up()
    with scratch_database():
        rows = [_measure(size) for size in sizes]
    show(
        "A run of all matches, in one process [s]",
        ["flows", "load", "kernel", "stage", "swap in", "all", "pairs near", "matches",
         "µs a pair", "peak MB"],
        [row["run"] for row in rows],
    )  # fmt: skip
    show(
        "The same flow by flow, and what one statement of SQL takes to look who is near",
        ["flows", "p50 [ms]", "p99 [ms]", "all, extrapolated [s]", "times the run", "SQL [s]"],
        [row["singles"] for row in rows],
    )


def _measure(size: int) -> dict[str, list[str]]:
    from django.db import connection

    from organizations.models import Organization, ResourceFlow
    from tests.bench.country import Country

    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {Organization._meta.db_table} CASCADE")
    Country(size).settle()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    phases, run, seconds = _run()
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(_NEAR)
        near = cursor.fetchone()[0]
    sql_s = time.perf_counter() - started
    keys = list(ResourceFlow.objects.order_by("pk").values_list("pk", flat=True))
    singles = sorted(_single(key) for key in random.Random(1).sample(keys, min(SINGLES, size)))
    one_by_one_s = sum(singles) / len(singles) * size
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "run": [
            f"{size:,}",
            *(f"{phases[name]:.1f}" for name in ("load", "kernel", "stage", "swap in")),
            f"{seconds:.1f}",
            f"{near:,}",
            f"{run.match_count:,}",
            f"{seconds / max(1, near) * 1e6:.1f}",
            f"{peak_mb:.0f}",
        ],
        "singles": [
            f"{size:,}",
            f"{percentile(singles, 0.5) * 1000:.0f}",
            f"{percentile(singles, 0.99) * 1000:.0f}",
            f"{one_by_one_s:.0f}",
            f"{one_by_one_s / seconds:.0f}",
            f"{sql_s:.1f}",
        ],
    }


def _run(threads: int = 1) -> tuple[dict[str, float], Any, float]:
    """Recompute all matches; seconds by phase, the run, seconds in all."""
    from matching import loading, services, staging
    from matching.engine import best

    spent = dict.fromkeys(("load", "kernel", "stage", "swap in"), 0.0)
    with (
        _timed(loading, "load_flows", spent, "load"),
        _timed(best, "sift", spent, "kernel"),
        _timed(best, "settle", spent, "kernel"),
        _timed(staging, "stage", spent, "stage"),
        _timed(staging, "swap_in", spent, "swap in"),
    ):
        started = time.perf_counter()
        run = services.execute_run(services.request_run(in_background=False).pk, threads=threads)
        seconds = time.perf_counter() - started
    assert run.status == "finished", run.error
    return spent, run, seconds


@contextmanager
def _timed(module: Any, name: str, spent: dict[str, float], phase: str) -> Iterator[None]:
    real: Callable[..., Any] = getattr(module, name)

    def timed(*args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        try:
            return real(*args, **kwargs)
        finally:
            spent[phase] += time.perf_counter() - started

    with mock.patch.object(module, name, timed):
        yield


def _single(flow_id: Any) -> float:
    """Match one flow again; it must change nothing."""
    from matching import services

    started = time.perf_counter()
    changes = services.rematch_flow(flow_id=flow_id)
    seconds = time.perf_counter() - started
    assert not changes.found, "A single rematch found what the run did not."
    assert not changes.lost, "A single rematch lost what the run had found."
    return seconds


if __name__ == "__main__":
    os.environ |= {"DJANGO_SETTINGS_MODULE": "turash.settings", "LOG_LEVEL": "ERROR"}
    import django

    django.setup()
    from tests.conftest import pytest_configure

    pytest_configure()
    sys.exit(main())
