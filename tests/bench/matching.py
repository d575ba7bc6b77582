"""How long it takes to match a country, all at once and flow by flow: `make bench-matching`."""

import argparse
import gc
import os
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from unittest import mock

from tests.bench.tables import percentile, show

SIZES = (12_500, 25_000, 50_000, 100_000)
SINGLES = 300
THREADS = os.cpu_count() or 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES, help="numbers of flows")
    parser.add_argument("--dense", type=int, default=0, help="inputs in reach in a city beside")
    parser.add_argument("--inputs-per-output", type=int, default=500, help="in that city")
    arguments = parser.parse_args()
    from matching import engine
    from tests.bench.sockets import scratch_database

    engine.warm_up()
    with scratch_database():
        rows = [
            _measure(size, arguments.dense, arguments.inputs_per_output) for size in arguments.sizes
        ]
    show(
        f"A run of all matches, in one process with {THREADS} threads [s]; seconds of the parts are"
        " of all threads",
        ["flows", "load", "kernel", "stage", "swap in", "all", "again", "floor", "× floor",
         "pairs near", "matches", "ns a pair", "peak MB"],
        [row["run"] for row in rows],
    )  # fmt: skip
    show(
        "The same flow by flow",
        ["flows", "", "of", "p50 [ms]", "p99 [ms]", "all, extrapolated [s]", "times the run"],
        [line for row in rows for line in row["singles"]],
    )


def _measure(size: int, dense: int, inputs_per_output: int) -> dict[str, Any]:
    from django.contrib.gis.geos import Point
    from django.db import connection

    from matching.models import PartnerList
    from organizations.models import Organization, ResourceFlow
    from tests.bench.country import DENSE_CODE, DENSE_PLACE, Country

    with connection.cursor() as cursor:
        for model in (Organization, PartnerList):
            cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")
    Country(size, dense_candidates=dense, inputs_per_output=inputs_per_output).settle()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    phases, run, seconds = _run(THREADS)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _, again, again_s = _run(THREADS)
    assert (again.found_count, again.lost_count) == (0, 0)
    floor_s, near = _floor()
    keys = list(ResourceFlow.objects.active().order_by("pk").values_list("pk", flat=True))
    singles = _singles("anywhere", keys, size, seconds)
    if dense:
        there = ResourceFlow.objects.active().filter(direction="output").of_type(DENSE_CODE)
        city = there.within(Point(*DENSE_PLACE, srid=4326), radius_m=100_000)
        outputs = list(city.order_by("pk").values_list("pk", flat=True)[:100])
        singles += _singles(f"{dense:,} in reach", outputs, size, seconds)
    # What this process has told so far, should a larger size end it.
    print(size, phases, seconds, again_s, floor_s, singles, file=sys.stderr, flush=True)
    return {
        "run": [
            f"{run.total_count:,}",
            *(f"{phases[name]:.1f}" for name in ("load", "kernel", "stage", "swap in")),
            f"{seconds:.1f}",
            f"{again_s:.1f}",
            f"{floor_s:.1f}",
            f"{seconds / floor_s:.1f}",
            f"{near:,}",
            f"{run.match_count:,}",
            f"{seconds / max(1, near) * 1e9:.0f}",
            f"{peak_mb:.0f}",
        ],
        "singles": singles,
    }


def _singles(name: str, keys: list[Any], size: int, run_s: float) -> list[list[str]]:
    """Match flows again as they are, and each with a little more than before."""
    chosen = random.Random(1).sample(keys, min(SINGLES, len(keys)))
    for key in chosen[:5]:
        _same(key)
    # A worker does not hold a million keys for its garbage collection to look through.
    gc.freeze()
    rows = []
    for kind, single in (("same", _same), ("changed", _changed)):
        singles = sorted(single(key) for key in chosen)
        one_by_one_s = sum(singles) / len(singles) * size
        rows.append(
            [
                f"{size:,}",
                f"{kind}, {name}",
                str(len(singles)),
                f"{percentile(singles, 0.5) * 1000:.0f}",
                f"{percentile(singles, 0.99) * 1000:.0f}",
                f"{one_by_one_s:.0f}",
                f"{one_by_one_s / run_s:.0f}",
            ]
        )
    return rows


def _run(threads: int) -> tuple[dict[str, float], Any, float]:
    """Recompute all matches; seconds by phase, the run, seconds in all."""
    from matching import loading, services, staging
    from matching.engine import best

    spent = dict.fromkeys(("load", "kernel", "stage", "swap in"), 0.0)
    with (
        _timed(loading, "load_both", spent, "load"),
        _timed(best, "sift", spent, "kernel"),
        _timed(best, "settle", spent, "kernel"),
        _timed(staging, "stage", spent, "stage"),
        _timed(staging, "swap_in", spent, "swap in"),
    ):
        started = time.perf_counter()
        run = services.request_run(in_background=False)
        run = services.execute_run(run.pk, threads=threads)
        seconds = time.perf_counter() - started
    assert run.status == "finished", run.error
    return spent, run, seconds


def _floor() -> tuple[float, int]:
    """
    Do nothing but what no run can do without; returns its seconds, and how many pairs are near.

    That is COPY out, the kernel, and COPY of the lists into a table that nobody reads.
    """
    from django.db import connection

    from matching import loading, weights
    from matching.models import StagedList
    from organizations.models import ResourceFlow
    from tests.bench.near import count_near

    roots = loading.load_types().roots()
    present = ResourceFlow.objects.active().order_by().values_list("resource_type", flat=True)
    trees = sorted({roots[key] for key in present.distinct()})
    in_force = weights.in_force()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_floor AS SELECT * FROM {StagedList._meta.db_table}")
    started = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda tree: _floor_of_tree(tree, in_force), trees))
    seconds = time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_floor")
    return seconds, count_near(trees)


def _floor_of_tree(tree: int, in_force: Any) -> None:
    from django.db import connection

    from matching import bulk, packing, staging

    outputs, inputs = bulk.find_best(tree, lambda done, total: None, in_force)
    columns = ", ".join(packing.COLUMNS)
    for chunk in staging.chunks(outputs, inputs):
        rows = packing.pack(
            0, chunk.side, chunk.partner_numbers, slice(chunk.start, chunk.stop),
            is_output=chunk.is_output,
        )  # fmt: skip
        with (
            connection.cursor() as cursor,
            cursor.cursor.copy(f"COPY bench_floor ({columns}) FROM STDIN BINARY") as copy,
        ):
            copy.write(rows)
    connection.close()


@contextmanager
def _timed(module: Any, name: str, spent: dict[str, float], phase: str) -> Iterator[None]:
    real: Callable[..., Any] = getattr(module, name)

    def timed(*args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        try:
            return real(*args, **kwargs)
        finally:
            # Threads may lose a little of each other's time here.
            spent[phase] += time.perf_counter() - started

    with mock.patch.object(module, name, timed):
        yield


def _same(flow_id: Any) -> float:
    """Match one flow again; it must change nothing."""
    seconds, changes = _rematched(flow_id)
    assert not changes.found, "A single rematch found what the run did not."
    assert not changes.lost, "A single rematch lost what the run had found."
    return seconds


def _changed(flow_id: Any) -> float:
    """Match one flow after a change by which it scores differently with everybody."""
    from django.db.models import F

    from organizations.models import ResourceFlow

    more = F("quantity_per_year") * 1.01
    ResourceFlow.objects.filter(pk=flow_id).update(quantity_per_year=more)
    return _rematched(flow_id)[0]


def _rematched(flow_id: Any) -> tuple[float, Any]:
    from matching import services

    started = time.perf_counter()
    changes = services.rematch_flow(flow_id=flow_id)
    return time.perf_counter() - started, changes


if __name__ == "__main__":
    os.environ |= {"DJANGO_SETTINGS_MODULE": "turash.settings", "LOG_LEVEL": "ERROR"}
    import django

    django.setup()
    from tests.conftest import start_servers

    start_servers()
    sys.exit(main())
