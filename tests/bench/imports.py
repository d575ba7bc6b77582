"""How long files of many rows take, and how much memory: `make bench-imports`."""

import argparse
import csv
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django

from tests.bench.tables import show

SITES = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dry-run", type=int, default=1_000_000, help="rows that are looked at")
    parser.add_argument("--write", type=int, default=100_000, help="rows that are imported")
    arguments = parser.parse_args()
    from django.conf import settings

    from tests.bench.sockets import scratch_database

    settings.DEBUG = False
    settings.IMPORT_LARGEST_BYTES = 4 * 1024**3
    rows = []
    with scratch_database(), tempfile.TemporaryDirectory() as folder:
        settings.IMPORTS_DIR = Path(folder) / "imports"
        path = Path(folder) / "flows.csv"
        actor = _settle()
        _write(path, min(2_000, arguments.dry_run))
        _measure("warm-up", path, actor, confirm=False)
        if arguments.dry_run:
            _write(path, arguments.dry_run)
            rows += _measure("dry run", path, actor, confirm=False)
        if arguments.write:
            _write(path, arguments.write)
            rows += _measure("new", path, actor, confirm=True)
            rows += _measure("the same again", path, actor, confirm=False)
            rows += list(_exports(actor, arguments.write))
    show(
        "Files of flows, one process",
        ["what", "rows", "MB", "seconds", "of its processor", "rows/s", "peak MB of the process"],
        rows,
    )


def _settle() -> Any:
    from django.contrib.gis.geos import Point

    from organizations.models import Organization, Site, User
    from organizations.services import save_organization

    organization = save_organization(Organization(name="Bench"))
    Site.objects.bulk_create(
        Site(
            organization=organization,
            name=f"Site {number}",
            location=Point(10 + number % 40 / 10, 50 + number / 400, srid=4326),
        )
        for number in range(SITES)
    )
    return User.objects.create_superuser("bench@example.org", "x")


def _write(path: Path, count: int) -> None:
    names = [
        "external_id", "organization", "site", "direction", "resource_type", "name", "description",
        "amount", "unit", "per", "precision_level", "temperature_celsius_min",
        "temperature_celsius_max", "hours_of_week", "months", "price_per_unit", "methods",
        "max_distance_km", "contaminants_mg_kg",
    ]  # fmt: skip
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for number in range(count):
            writer.writerow(
                [
                    f"F-{number}", "bench", f"Site {number % SITES}",
                    "output" if number % 2 else "input", "heat.hot_water", f"Flow {number}",
                    "As the meter says", f"{number % 977 + 1}.5", "GJ", "month", "measured", 60,
                    75.5, "Mon-Fri 06:00-22:00", "10-12, 1-3", "1.25", "pipe", 5,
                    "cd 1.5" if number % 10 == 0 else "",
                ]
            )  # fmt: skip


def _measure(what: str, path: Path, actor: Any, *, confirm: bool) -> Iterator[list[object]]:
    from imports import services

    job = services.request_import(
        actor=actor, resource="flows", name="flows.csv", chunks=_chunks(path), by_workers=False
    )
    result = [_step(what if not confirm else f"{what}: dry run", job, path)]
    if confirm:
        services.confirm_import(actor=actor, import_id=job.pk, by_workers=False)
        result.append(_step(f"{what}: written", job, path))
    else:
        services.cancel_import(actor=actor, import_id=job.pk)
    return result


def _step(what: str, job: Any, path: Path) -> list[object]:
    from imports import services

    began, used = time.monotonic(), time.process_time()
    services.work(job.pk, by_workers=False)
    seconds, used = time.monotonic() - began, time.process_time() - used
    job.refresh_from_db()
    assert (job.error, job.invalid_count) == ("", 0), job.counts
    return _line(what, job.row_count, path.stat().st_size, seconds, used)


def _exports(actor: Any, count: int) -> Iterator[list[object]]:
    from imports import exporting
    from imports.resources import EXPORTED

    flows = EXPORTED["flows"]
    for kind in exporting.TYPES:
        began, used, size = time.monotonic(), time.process_time(), 0
        rows = exporting.seen_rows(flows, flows.visible(actor), actor)
        for chunk in exporting.export(flows, rows, kind):
            size += len(chunk)
        used = time.process_time() - used
        yield _line(f"export, {kind}", count, size, time.monotonic() - began, used)


def _line(what: str, count: int, size: int, seconds: float, used: float) -> list[object]:
    """`used`: seconds of the processor, which tell more than the clock when others work, too."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = (f"{size / 1e6:.0f}", f"{seconds:.1f}", f"{used:.1f}", f"{count / seconds:,.0f}")
    line = [what, f"{count:,}", *figures, f"{peak:.0f}"]
    print(*line, file=sys.stderr, flush=True)
    return line


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1024 * 1024):
            yield chunk


if __name__ == "__main__":
    os.environ |= {"DJANGO_SETTINGS_MODULE": "turash.settings", "LOG_LEVEL": "ERROR"}
    django.setup()
    from tests.conftest import start_servers

    start_servers()
    sys.exit(main())
