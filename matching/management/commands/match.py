"""`manage.py match`: recompute matches, with a progress bar."""

import sys
import time
from argparse import ArgumentTypeError
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from matching import engine, services, weights
from matching.models import MatchingRun, MatchingRunPartition
from organizations.models import Organization, ResourceType
from turash.errors import DomainError

INTERRUPTED = 130
LOOK_EVERY_S = 0.5


def _box(text: str) -> tuple[float, ...]:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not west,south,east,north in degrees") from error
    return west, south, east, north


class Command(BaseCommand):
    help = (
        "Recompute the matches of all flows, or of some. Ctrl-C cancels the run; what lies aside "
        "until the end is dropped. A run whose process was killed, or that has failed, goes on "
        "with --resume."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        scope = parser.add_mutually_exclusive_group()
        scope.add_argument("--organization", metavar="SLUG", help="only this organization's flows")
        scope.add_argument(
            "--type", metavar="CODE", help="only the tree that this resource type belongs to"
        )
        scope.add_argument(
            "--bbox",
            type=_box,
            metavar="W,S,E,N",
            help="only flows in this box of degrees; write --bbox=W,S,E,N where W is negative",
        )
        scope.add_argument(
            "--run", type=UUID, metavar="ID", help="with one of the options below: this run"
        )
        parser.add_argument(
            "--background", action="store_true", help="leave the work to the workers"
        )
        under_way = parser.add_mutually_exclusive_group()
        under_way.add_argument(
            "--watch", action="store_true", help="show how far the run under way gets, to its end"
        )
        under_way.add_argument("--cancel", action="store_true", help="cancel the run under way")
        under_way.add_argument(
            "--partition",
            type=int,
            metavar="N",
            help="do this partition of the run under way here, and nothing else",
        )
        under_way.add_argument(
            "--resume",
            type=UUID,
            metavar="ID",
            help="go on with this run, without the partitions that are done",
        )

    def handle(self, *, background: bool, verbosity: int, **options: Any) -> None:
        try:
            if options["watch"]:
                self._watch(self._under_way(options), verbosity)
            elif options["cancel"]:
                services.cancel_run(actor=None, run_id=self._under_way(options).pk)
                self.stdout.write("Cancelled.")
            elif options["partition"] is not None:
                self._work(self._under_way(options), options["partition"], verbosity)
            else:
                self._run(options, verbosity, in_background=background)
        except DomainError as error:
            raise CommandError(error.message) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error

    def _scope(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return what `request_run` calls the chosen scope."""
        slug, code = options["organization"], options["type"]
        organization = resource_type = None
        if slug is not None:
            organization = Organization.objects.filter(slug=slug).first()
            if organization is None:
                raise CommandError(f"No organization has the short name {slug!r}.")
        if code is not None:
            resource_type = ResourceType.objects.filter(code=code).first()
            if resource_type is None:
                raise CommandError(f"There is no resource type {code!r}.")
        return {
            "organization": organization,
            "resource_type": resource_type,
            "bbox": options["bbox"],
        }

    def _under_way(self, options: dict[str, Any]) -> MatchingRun:
        if options["run"] is not None:
            run = MatchingRun.objects.unfinished().filter(pk=options["run"]).first()
        else:
            run = services.unfinished_run(**self._scope(options))
        if run is None:
            raise CommandError("No such run is under way.")
        return run

    def _run(self, options: dict[str, Any], verbosity: int, *, in_background: bool) -> None:
        if options["run"] is not None:
            raise CommandError("Say what to do with the run: --watch, --cancel or --partition.")
        if not in_background:
            # Before anybody waits for a sign of life of the first partition.
            engine.warm_up()
        if options["resume"] is not None:
            run = self._resume(options["resume"], in_background=in_background)
        else:
            run = services.request_run(**self._scope(options), in_background=in_background)
        if not in_background:
            self._tell(self._execute(run, show_progress=_has_terminal(verbosity)), verbosity)
        elif verbosity:
            self.stdout.write(f"Requested run {run.pk}.")

    def _resume(self, run_id: UUID, *, in_background: bool) -> MatchingRun:
        try:
            return services.resume_run(run_id=run_id, in_background=in_background)
        except MatchingRun.DoesNotExist as error:
            raise CommandError(f"There is no run {run_id}.") from error

    def _work(self, run: MatchingRun, number: int, verbosity: int) -> None:
        """Do one partition; whoever waits for the run, or a worker, takes the final step."""
        if run.status == MatchingRun.Status.QUEUED:
            services.plan_run(run.pk)
        partition = run.partitions.filter(number=number).first()
        if partition is None:
            raise CommandError(f"The run has {run.partitions.count()} partitions, no {number}.")
        if partition.status != MatchingRunPartition.Status.QUEUED:
            raise CommandError(
                f"Partition {number} is {partition.get_status_display().lower()} already."
            )
        engine.warm_up()
        with _bar(_has_terminal(verbosity)) as bar:
            services.work_partition(partition.pk, progress=partial(_show, bar))
        partition.refresh_from_db()
        if partition.status != MatchingRunPartition.Status.DONE:
            state = partition.get_status_display().lower()
            raise CommandError(f"Partition {number} is {state}. {partition.error}")
        if verbosity:
            left = run.partitions.open().count()
            self.stdout.write(
                f"Partition {number} is done: {partition.total_count} flows; {left} left."
            )

    def _watch(self, run: MatchingRun, verbosity: int) -> None:
        with _bar(_has_terminal(verbosity)) as bar:
            while run.is_unfinished:
                time.sleep(LOOK_EVERY_S)
                run.refresh_from_db()
                _show(bar, run.done_count, run.total_count)
        self._tell(run, verbosity)

    def _tell(self, run: MatchingRun, verbosity: int) -> None:
        if run.status != MatchingRun.Status.FINISHED:
            raise CommandError(
                f"The run is {run.get_status_display().lower()}. {run.error} Id: {run.pk}."
            )
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
                return services.execute_run(
                    run.pk, progress=partial(_show, bar), threads=settings.MATCHING_THREADS
                )
            except KeyboardInterrupt as error:
                raise CommandError("Cancelled.", returncode=INTERRUPTED) from error


def _has_terminal(verbosity: int) -> bool:
    return verbosity > 0 and sys.stderr.isatty()


def _bar(is_shown: bool) -> tqdm:  # noqa: FBT001
    return tqdm(desc="Matching", unit=" flows", disable=not is_shown)


def _show(bar: tqdm, done: int, total: int) -> None:
    bar.total = total
    bar.update(done - bar.n)
