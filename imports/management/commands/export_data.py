"""`manage.py export_data flows --format csv --output FILE`."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from imports import exporting
from imports.management.commands.import_data import user_of
from imports.resources import EXPORTED


class Command(BaseCommand):
    help = "Write rows as they can be imported again, as far as the user may see them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("resource", choices=list(EXPORTED))
        parser.add_argument("--format", choices=list(exporting.TYPES), default="csv")
        parser.add_argument("--organization", metavar="SLUG", help="its sites or flows alone")
        parser.add_argument(
            "--user", metavar="EMAIL", help="on whose behalf; else the first superuser's"
        )
        parser.add_argument("--output", type=Path, metavar="FILE", help="else it is printed")

    def handle(self, *, resource: str, output: Path | None, **options: Any) -> None:
        found = EXPORTED[resource]
        kind = options["format"]
        if kind not in exporting.formats_of(found):
            raise CommandError(f"Choose one of: {', '.join(exporting.formats_of(found))}.")
        viewer = user_of(options["user"])
        rows = found.visible(viewer)
        if options["organization"]:
            if not found.has_place:
                raise CommandError("Only sites and flows are of an organization.")
            rows = rows.filter(organization__slug=options["organization"])
        chunks = exporting.export(found, exporting.seen_rows(found, rows, viewer), kind)
        if output is None:
            sys.stdout.buffer.writelines(chunks)
            return
        try:
            with output.open("wb") as file:
                file.writelines(chunks)
        except OSError as error:
            raise CommandError(f"Cannot write {output}: {error.strerror}.") from error
