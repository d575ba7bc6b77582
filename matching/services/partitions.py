"""The parts of a run's work: planned once, each done by one worker at a time."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F
from django.utils import timezone

from matching import bulk, loading, staging, weights
from matching.models import MatchingRun, MatchingRunPartition
from matching.services.learning import bring_weights
from matching.services.rematch import rematch_flow
from matching.services.run_endings import (
    MAX_ATTEMPTS,
    RETRY_PAUSE,
    count_attempt,
    describe,
    fail_run,
    lock_run,
    lock_swaps,
    make_way,
    recount,
)
from turash.events import outbox
from turash.events.queue import enqueue

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]  # (flows done, flows in all), of the whole run
Status = MatchingRunPartition.Status

# Flows of an organization or a box that one partition matches one by one.
FLOWS_ONE_BY_ONE = 500


class Superseded(Exception):
    """The run has ended, or somebody else does the partition now."""


def plan_run(run_id: UUID, *, in_background: bool = True) -> None:
    """
    Split a queued run into partitions, and (`in_background`) enqueue them.

    A failure is tried again by another task, up to `MAX_ATTEMPTS`; else it is the caller's.
    """
    attempt = count_attempt(run_id, "plan_attempts", MatchingRun.Status.QUEUED)
    if not attempt:
        return
    try:
        _plan(run_id, in_background=in_background)
    except Exception as error:
        logger.exception("Planning matching run %s failed", run_id)
        if in_background and attempt < MAX_ATTEMPTS:
            enqueue("matching.tasks.plan_run", delay=RETRY_PAUSE, run_id=run_id)
            return
        fail_run(run_id, describe(error))
        if not in_background:
            raise


@transaction.atomic
def _plan(run_id: UUID, *, in_background: bool) -> None:
    # Before the lock of a run: who holds this one may end other runs.
    lock_swaps()
    run = lock_run(run_id)
    if run.status != MatchingRun.Status.QUEUED:
        return
    if run.is_swapped_in and not make_way(run):
        return
    if run.is_of_all:
        bring_weights(run)
    parts = _parts_of_trees(run) if run.is_swapped_in else _parts_one_by_one(run)
    partitions = MatchingRunPartition.objects.bulk_create(
        MatchingRunPartition(
            run=run,
            number=number,
            root_type_id=root_key,
            slice_number=slice_number,
            slice_count=slice_count,
            # An estimate until the partition has counted its own.
            total_count=flow_count // slice_count,
        )
        for number, (root_key, slice_number, slice_count, flow_count) in enumerate(parts, 1)
    )
    MatchingRun.objects.filter(pk=run_id).update(
        status=MatchingRun.Status.RUNNING, started_at=timezone.now()
    )
    recount(run_id)
    if in_background:
        for partition in partitions:
            enqueue("matching.tasks.work_partition", partition_id=partition.pk)
        if not partitions:
            enqueue("matching.tasks.finish_run", run_id=run_id)


def _parts_of_trees(run: MatchingRun) -> Iterator[tuple[int | None, int, int, int]]:
    """Yield (root type, 0, 1, flows of the tree): no pair lies in two trees."""
    roots = loading.load_types().roots()
    counts: Counter[int] = Counter()
    for key, count in run.flows().order_by().values_list("resource_type").annotate(Count("pk")):
        counts[roots[key]] += count
    # The large ones first, so that no worker begins one while the others have nothing left.
    for root_key, count in counts.most_common():
        yield root_key, 0, 1, count


def _parts_one_by_one(run: MatchingRun) -> Iterator[tuple[None, int, int, int]]:
    count = run.flows().count()
    slice_count = -(-count // FLOWS_ONE_BY_ONE)
    for number in range(slice_count):
        yield None, number, slice_count, count


def work_partition(
    partition_id: int, *, in_background: bool = True, progress: Progress | None = None
) -> None:
    """
    Do a queued partition; one that is not queued is somebody else's, or over.

    A failure is tried again by another task, or (not `in_background`) by the caller, until there
    were `MAX_ATTEMPTS`; then the run has failed.
    """
    attempt = _Attempt.begin(partition_id, progress)
    if attempt is None:
        return
    try:
        root_key = attempt.partition.root_type_id
        if root_key is None:
            _match_one_by_one(attempt)
        else:
            _match_in_bulk(attempt, root_key)
        attempt.complete(in_background=in_background)
    except Superseded:
        logger.info("Partition %s was taken away", partition_id)
    except Exception as error:
        logger.exception("Partition %s of a matching run failed", partition_id)
        attempt.fail(describe(error), in_background=in_background)


class _Attempt:
    """
    One worker's hold on a partition.

    The number of the attempt is the token of the hold: each write makes sure in its own
    transaction that no later attempt has begun and that the run has not ended.
    """

    def __init__(self, partition: MatchingRunPartition, progress: Progress | None) -> None:
        self.partition, self.progress = partition, progress
        self._hold = MatchingRunPartition.objects.filter(
            pk=partition.pk, attempts=partition.attempts, status=Status.RUNNING
        )

    @classmethod
    def begin(cls, partition_id: int, progress: Progress | None) -> "_Attempt | None":
        """Take a queued partition; None if there is nothing to take."""
        partition = (
            MatchingRunPartition.objects.select_related("run").filter(pk=partition_id).first()
        )
        if partition is None:
            return None
        now = timezone.now()
        with transaction.atomic():
            # Only columns of the row itself, so that of two who update at once one gets nothing.
            taken = MatchingRunPartition.objects.filter(
                pk=partition_id, attempts=partition.attempts, status=Status.QUEUED
            ).update(
                status=Status.RUNNING,
                attempts=partition.attempts + 1,
                done_count=0,
                started_at=now,
                updated_at=now,
            )
            if not taken:
                return None
            staging.clear(partition_id)
        partition.attempts += 1
        return cls(partition, progress)

    def beat(self, **values: object) -> None:
        """Show that the work goes on; in a transaction nobody takes it away until its end."""
        if not self._hold.update(updated_at=timezone.now(), **values):
            raise Superseded

    def report(self, done: int, total: int, **values: object) -> None:
        """Tell how many flows are done."""
        self.beat(done_count=done, total_count=total, **values)
        recount(self.partition.run_id)
        if self.progress:
            run = MatchingRun.objects.get(pk=self.partition.run_id)
            self.progress(run.done_count, run.total_count)

    @transaction.atomic
    def complete(self, *, in_background: bool) -> None:
        """Mark the partition as done; whoever does the last one hands on to the final step."""
        # All who complete partitions of a run queue here, so that exactly one sees no other open.
        run = lock_run(self.partition.run_id)
        self.beat(status=Status.DONE, finished_at=timezone.now(), error="")
        recount(run.pk)
        if in_background and not run.partitions.open().exists():
            enqueue("matching.tasks.finish_run", run_id=run.pk)

    def fail(self, reason: str, *, in_background: bool) -> None:
        """Put the partition back, or let the run fail after the last attempt."""
        is_last = self.partition.attempts - self.partition.earlier_attempts >= MAX_ATTEMPTS
        try:
            with transaction.atomic():
                self.beat(status=Status.FAILED if is_last else Status.QUEUED, error=reason)
                if in_background and not is_last:
                    enqueue(
                        "matching.tasks.work_partition",
                        delay=RETRY_PAUSE,
                        partition_id=self.partition.pk,
                    )
        except Superseded:
            return
        if is_last:
            fail_run(self.partition.run_id, reason)


def _match_in_bulk(attempt: _Attempt, root_key: int) -> None:
    partition = attempt.partition
    outputs, inputs = bulk.find_best(root_key, attempt.report, weights.of_run(partition.run_id))
    for chunk in staging.chunks(outputs, inputs):
        with transaction.atomic():
            attempt.beat()
            staging.stage(partition.pk, chunk)


def _match_one_by_one(attempt: _Attempt) -> None:
    partition = attempt.partition
    flow_ids = [
        flow_id
        for flow_id in partition.run.flows().order_by("pk").values_list("pk", flat=True)
        if flow_id.int % partition.slice_count == partition.slice_number
    ]
    attempt.report(0, len(flow_ids))
    for done, flow_id in enumerate(flow_ids, 1):
        # A run is work that waits: what it announces must not wait for room in the queue.
        with outbox.handling():
            changes = rematch_flow(flow_id=flow_id)
        # Kept over attempts: what an earlier one has found is no longer new to this one.
        attempt.report(
            done,
            len(flow_ids),
            found_count=F("found_count") + len(changes.found),
            lost_count=F("lost_count") + len(changes.lost),
        )
