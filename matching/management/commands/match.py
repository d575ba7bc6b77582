"""`manage.py match`: recompute all matches, with a progress bar."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from matching import engine, services
from matching.models import MatchingRun
from organizations.models import Organization
from turash.errors import DomainError

INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Recompute the matches of all organizations, or of one. Ctrl-C cancels the run; the "
        "matches stay as they were."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="only this organization's")
        parser.add_argument(
            "--background", action="store_true", help="leave the work to the workers"
        )

    def handle(
        self, *, organization: str | None, background: bool, verbosity: int, **options: Any
    ) -> None:
        wanted = None
        if organization is not None:
            wanted = Organization.objects.filter(slug=organization).first()
            if wanted is None:
                raise CommandError(f"No organization has the short name {organization!r}.")
        if not background:
            # Before anybody waits for a sign of life of the first partition.
            engine.warm_up()
        try:
            run = services.request_run(organization=wanted, in_background=background)
        except DomainError as error:
            raise CommandError(error.message) from error
        if background:
            if verbosity:
                self.stdout.write(f"Requested run {run.pk}.")
            return
        run = self._execute(run, show_progress=verbosity > 0 and sys.stderr.isatty())
        if run.status != MatchingRun.Status.FINISHED:
            raise CommandError(f"The run is {run.get_status_display().lower()}. {run.error}")
        if verbosity:
            seconds = (run.finished_at - run.started_at).total_seconds()
            self.stdout.write(
                f"{run.total_count} flows, {run.match_count} matches "
                f"({run.found_count} new, {run.lost_count} gone) in {seconds:.1f} s."
            )

    def _execute(self, run: MatchingRun, *, show_progress: bool) -> MatchingRun:
        with tqdm(desc="Matching", unit=" flows", disable=not show_progress) as bar:

            def progress(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            try:
                return services.execute_run(run.pk, progress=progress)
            except KeyboardInterrupt as error:
                raise CommandError("Cancelled.", returncode=INTERRUPTED) from error
