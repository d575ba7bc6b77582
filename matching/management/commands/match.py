"""`manage.py match`: recompute all matches, with a progress bar."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from matching import services
from matching.models import MatchingRun
from organizations.models import Organization


class Command(BaseCommand):
    help = "Recompute the matches of all organizations, or of one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="only this organization's")

    def handle(self, *, organization: str | None, verbosity: int, **options: Any) -> None:
        wanted = None
        if organization is not None:
            wanted = Organization.objects.filter(slug=organization).first()
            if wanted is None:
                raise CommandError(f"No organization has the short name {organization!r}.")
        run = MatchingRun.objects.create(organization=wanted)
        with tqdm(
            desc="Matching", unit=" flows", disable=verbosity == 0 or not sys.stderr.isatty()
        ) as bar:

            def progress(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            run = services.execute_run(run.pk, progress=progress)
        if verbosity == 0:
            return
        seconds = (run.finished_at - run.started_at).total_seconds()
        self.stdout.write(
            f"{run.total_count} flows, {run.match_count} matches "
            f"({run.found_count} new, {run.lost_count} gone) in {seconds:.1f} s."
        )
