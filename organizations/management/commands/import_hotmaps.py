"""`manage.py import_hotmaps FILE`."""

import time
from argparse import ArgumentParser
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from organizations.importers import hotmaps

PROBLEMS_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Import the Hotmaps industrial database (Industrial_Database_full_2019.csv): excess heat "
        "becomes outputs, fuel demand becomes inputs. A second run changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the CSV file")
        parser.add_argument(
            "--dry-run", action="store_true", help="read, check and count, but change nothing"
        )
        parser.add_argument(
            "--errors", type=Path, metavar="FILE", help="write all problems into this file"
        )

    def handle(
        self, *, file: Path, dry_run: bool, errors: Path | None, verbosity: int, **_: Any
    ) -> None:
        started = time.monotonic()
        # None: a bar on a terminal, nothing elsewhere.
        progress = partial(tqdm, disable=None if verbosity else True, leave=False)
        try:
            report = hotmaps.import_file(file, dry_run=dry_run, progress=progress)
        except OSError as error:
            raise CommandError(f"Cannot read {file}: {error.strerror}.") from error
        except hotmaps.WrongFile as error:
            raise CommandError(f"{file}: {error}") from error
        problems = _problems(report)
        if verbosity:
            self._print_problems(problems, errors)
            self._print_counts(report, seconds=time.monotonic() - started, dry_run=dry_run)
        if errors:
            _write_problems(problems, errors)

    def _print_problems(
        self, problems: Sequence[tuple[str, hotmaps.Problem]], errors: Path | None
    ) -> None:
        # Rows without a point are many and alike: they are counted, and listed in the file.
        shown = [(kind, problem) for kind, problem in problems if kind != "no point"]
        for kind, problem in shown[:PROBLEMS_SHOWN]:
            self.stderr.write(f"line {problem.line}: {kind}: {problem.reason}")
        if len(shown) > PROBLEMS_SHOWN:
            self.stderr.write(f"… and {len(shown) - PROBLEMS_SHOWN} more.")
        if problems and not errors:
            self.stderr.write("--errors FILE lists all problems.")

    def _print_counts(self, report: hotmaps.Report, *, seconds: float, dry_run: bool) -> None:
        reading = report.reading
        self.stdout.write(
            f"{reading.line_count:,} rows: {len(reading.rows):,} read "
            f"({len(reading.doubtful):,} of them doubtful), "
            f"{len(reading.without_point):,} without a point skipped, "
            f"{len(reading.bad):,} bad skipped"
        )
        for name in ("organizations", "sites", "flows"):
            counts = getattr(report, name)
            line = (
                f"{name}: {counts.created:,} created, {counts.updated:,} updated, "
                f"{counts.unchanged:,} unchanged"
            )
            if counts.kept:
                line += f", {counts.kept:,} left to the members of their organizations"
            if name == "flows" and report.archived_flows:
                line += f", {report.archived_flows:,} archived: their figure is gone"
            self.stdout.write(line)
        ending = "dry run, nothing was changed" if dry_run else "done"
        self.stdout.write(self.style.SUCCESS(f"{ending} in {seconds:.1f} s"))


def _problems(report: hotmaps.Report) -> list[tuple[str, hotmaps.Problem]]:
    reading = report.reading
    kinds = (
        ("bad", reading.bad),
        ("doubtful", reading.doubtful),
        ("no point", reading.without_point),
    )
    return [(kind, problem) for kind, problems in kinds for problem in problems]


def _write_problems(problems: Sequence[tuple[str, hotmaps.Problem]], path: Path) -> None:
    ordered = sorted(problems, key=lambda item: item[1].line)
    lines = [f"line {problem.line}: {kind}: {problem.reason}\n" for kind, problem in ordered]
    try:
        path.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"Cannot write {path}: {error.strerror}.") from error
