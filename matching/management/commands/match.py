"""`manage.py match`: recompute all matches, with a progress bar."""

import sys
import time
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from matching import engine, services, weights
from matching.models import MatchingRun
from organizations.models import Organization
from turash.errors import DomainError

INTERRUPTED = 130
LOOK_EVERY_S = 0.5


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
        under_way = parser.add_mutually_exclusive_group()
        under_way.add_argument(
            "--watch", action="store_true", help="show how far the run under way gets, to its end"
        )
        under_way.add_argument("--cancel", action="store_true", help="cancel the run under way")

    def handle(
        self, *, organization: str | None, background: bool, verbosity: int, **options: Any
    ) -> None:
        wanted = None
        if organization is not None:
            wanted = Organization.objects.filter(slug=organization).first()
            if wanted is None:
                raise CommandError(f"No organization has the short name {organization!r}.")
        if options["watch"] or options["cancel"]:
            run = self._under_way(wanted)
            if options["cancel"]:
                services.cancel_run(actor=None, run_id=run.pk)
                self.stdout.write("Cancelled.")
            else:
                self._watch(run, verbosity)
            return
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
        self._tell(self._execute(run, show_progress=_has_terminal(verbosity)), verbosity)

    def _under_way(self, organization: Organization | None) -> MatchingRun:
        run = MatchingRun.objects.unfinished().filter(organization=organization).first()
        if run is None:
            raise CommandError("No such run is under way.")
        return run

    def _watch(self, run: MatchingRun, verbosity: int) -> None:
        with _bar(_has_terminal(verbosity)) as bar:
            while run.is_unfinished:
                time.sleep(LOOK_EVERY_S)
                run.refresh_from_db()
                _show(bar, run.done_count, run.total_count)
        self._tell(run, verbosity)

    def _tell(self, run: MatchingRun, verbosity: int) -> None:
        if run.status != MatchingRun.Status.FINISHED:
            raise CommandError(f"The run is {run.get_status_display().lower()}. {run.error}")
        if verbosity:
            seconds = (run.finished_at - run.started_at).total_seconds()
            self.stdout.write(
                f"{run.total_count} flows, {run.match_count} matches "
                f"({run.found_count} new, {run.lost_count} gone) in {seconds:.1f} s."
            )
            self._tell_weights()

    def _tell_weights(self) -> None:
        row = weights.latest()
        if row is None:
            self.stdout.write("Weights: the defaults.")
            return
        shifts = row.shifts
        texts = (
            f"{name} {weight:.1%} ({shifts[name]:+.1%})" for name, weight in row.by_factor.items()
        )
        self.stdout.write(
            f"Weights, in force since {row.adopted_at:%Y-%m-%d %H:%M} UTC: {', '.join(texts)}; "
            f"from {row.dismissal_count} dismissals, {row.accepted_count} accepted and "
            f"{row.rejected_count} rejected proposals of {row.organization_count} organizations."
        )

    def _execute(self, run: MatchingRun, *, show_progress: bool) -> MatchingRun:
        with _bar(show_progress) as bar:
            try:
                return services.execute_run(run.pk, progress=partial(_show, bar))
            except KeyboardInterrupt as error:
                raise CommandError("Cancelled.", returncode=INTERRUPTED) from error


def _has_terminal(verbosity: int) -> bool:
    return verbosity > 0 and sys.stderr.isatty()


def _bar(is_shown: bool) -> tqdm:  # noqa: FBT001
    return tqdm(desc="Matching", unit=" flows", disable=not is_shown)


def _show(bar: tqdm, done: int, total: int) -> None:
    bar.total = total
    bar.update(done - bar.n)
