"""Recomputing matches, of all flows or of some: asked for, done here, or looked after."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import CheckConstraint, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from matching import loading
from matching.models import MatchingRun, MatchingRunPartition
from matching.services.partitions import Progress, plan_run, work_partition
from matching.services.run_endings import (
    MAX_ATTEMPTS,
    cancel_run,
    fail_run,
    finish_run,
    forget_findings,
    may_run,
)
from organizations import permissions
from organizations.models import Organization, ResourceType, User
from turash import rate_limits
from turash.errors import DomainError
from turash.events.queue import enqueue

Status = MatchingRunPartition.Status
FAILED = MatchingRun.Status.FAILED
BBox = tuple[float, float, float, float]
BOX = ("west", "south", "east", "north")

# A partition whose worker gives no sign of life for so long is given to another.
DEAD_AFTER = timedelta(seconds=60)
# What a failed run has found is kept for so long, for the run to be resumed.
RESUMABLE_FOR = timedelta(days=1)
# Runs of one organization that its members may ask for.
LIMIT = rate_limits.Limit("matching_run", burst=4, refill=timedelta(minutes=5))
PAUSE_BETWEEN_LOOKS_S = 0.5


class RunInProgress(DomainError):
    """The same matches are being recomputed already."""

    code = "run_in_progress"


@transaction.atomic
def request_run(
    *,
    actor: User | None = None,
    organization: Organization | None = None,
    resource_type: ResourceType | None = None,
    bbox: BBox | None = None,
    in_background: bool = True,
) -> MatchingRun:
    """
    Enqueue a run of one scope, or (without) of all; else (not `in_background`) the caller does it.

    The scope is an organization, the tree that a resource type belongs to, or a box (west, south,
    east, north in degrees; west of the 180th meridian to east of it where west is the larger). The
    actor None is the system itself.

    :raises PermissionDenied: the actor may not edit the organization's flows, or asks for another
        run without being a facilitator.
    :raises ValidationError: there is more than one scope, or the box is none.
    :raises RunInProgress: such a run, or for a tree of types one of all, waits or works already.
    :raises TooManyRequests: members of the organization have asked too often; facilitators, who
        are few and known, and the system itself are not limited.
    """
    if actor is not None:
        permissions.require(may_run(actor, organization.pk if organization else None))
    run = _new_run(organization, resource_type, bbox)
    run.requested_by = actor
    _check(run)
    of_all = MatchingRun.objects.of_all().unfinished()
    if _unfinished(run).exists() or (run.root_type_id is not None and of_all.exists()):
        raise in_progress()
    if actor is not None and organization is not None and not actor.is_facilitator:
        rate_limits.spend(LIMIT, organization.pk)
    _create(run)
    if in_background:
        enqueue("matching.tasks.plan_run", run_id=run.pk)
    return run


@transaction.atomic
def request_run_of_all() -> None:
    """Have all matches recomputed; if they are, which may not see what is new, once more later."""
    while True:
        unfinished = MatchingRun.objects.of_all().unfinished().select_for_update(no_key=True)
        run = unfinished.first()
        if run is not None:
            # One that is queued has not looked at anything yet.
            if run.status == MatchingRun.Status.RUNNING:
                unfinished.filter(pk=run.pk).update(needs_another=True)
            return
        try:
            request_run()
        except RunInProgress:
            # Somebody was quicker.
            continue
        return


def unfinished_run(
    *,
    organization: Organization | None = None,
    resource_type: ResourceType | None = None,
    bbox: BBox | None = None,
) -> MatchingRun | None:
    """Return the run of this scope that waits or works, if there is one."""
    return _unfinished(_new_run(organization, resource_type, bbox)).first()


def _new_run(
    organization: Organization | None, resource_type: ResourceType | None, bbox: BBox | None
) -> MatchingRun:
    root_of = loading.load_types().roots() if resource_type else {}
    # A group stands for all trees in it.
    return MatchingRun(
        organization=organization,
        root_type_id=root_of.get(resource_type.pk, resource_type.pk) if resource_type else None,
        **dict(zip(BOX, bbox, strict=True)) if bbox else {},
    )


def _check(run: MatchingRun) -> None:
    run.clean_fields()
    for constraint in MatchingRun._meta.constraints:
        if isinstance(constraint, CheckConstraint):
            constraint.validate(MatchingRun, run)


def _unfinished(like: MatchingRun) -> QuerySet[MatchingRun]:
    """Unfinished runs of the same scope."""
    return MatchingRun.objects.unfinished().filter(
        organization=like.organization_id,
        root_type=like.root_type_id,
        **{side: getattr(like, side) for side in BOX},
    )


def in_progress() -> RunInProgress:
    return RunInProgress(_("The matches are being recomputed already; wait for that run."))


def _create(run: MatchingRun) -> None:
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError as error:
        # Somebody was quicker between the look and the row.
        if "matching_run_is_the_only_unfinished_one" in str(error):
            raise in_progress() from error
        raise


def execute_run(run_id: UUID, *, progress: Progress | None = None, threads: int = 1) -> MatchingRun:
    """
    Do the work of a run in this process; readers see the old matches until it is complete.

    Not in a transaction of the caller's: the run's row shows how far it has got, and workers take
    partitions over that this process leaves undone. Interrupted, the run is cancelled. More threads
    than one have connections of their own; kernels and copies let them work at once.

    :raises MatchingRun.DoesNotExist: there is no such run.
    """
    try:
        plan_run(run_id, in_background=False)
        if threads > 1:
            with ThreadPoolExecutor(threads) as pool:
                for future in [pool.submit(_work, run_id, progress) for _ in range(threads)]:
                    future.result()
        while MatchingRun.objects.unfinished().filter(pk=run_id).exists():
            _next_step(run_id, progress)
    except (KeyboardInterrupt, SystemExit):
        if MatchingRun.objects.unfinished().filter(pk=run_id).exists():
            cancel_run(actor=None, run_id=run_id)
        raise
    return MatchingRun.objects.get(pk=run_id)


def _work(run_id: UUID, progress: Progress | None) -> None:
    """Do partitions as long as there are some that nobody has tried."""
    fresh = MatchingRunPartition.objects.filter(run=run_id, status=Status.QUEUED, attempts=0)
    try:
        while (partition := fresh.order_by("number").first()) is not None:
            work_partition(partition.pk, in_background=False, progress=progress)
    finally:
        connection.close()


def _next_step(run_id: UUID, progress: Progress | None) -> None:
    partitions = MatchingRunPartition.objects.filter(run=run_id)
    queued = partitions.filter(status=Status.QUEUED).order_by("attempts", "number").first()
    if queued is not None:
        if queued.attempts:
            time.sleep(PAUSE_BETWEEN_LOOKS_S)
        work_partition(queued.pk, in_background=False, progress=progress)
    elif partitions.open().exists():
        # Others do the rest, or one of them has died with it.
        now = timezone.now()
        _sweep_partitions(MatchingRun.objects.get(pk=run_id), now - DEAD_AFTER, now)
        time.sleep(PAUSE_BETWEEN_LOOKS_S)
    else:
        finish_run(run_id, in_background=False)


def prune_runs(before: datetime) -> int:
    """Forget runs that ended before; returns how many."""
    old = MatchingRun.objects.filter(finished_at__lt=before)
    return old.delete()[1].get(MatchingRun._meta.label, 0)


def sweep_runs(now: datetime) -> None:
    """Enqueue again what a crash has left behind, and let runs fail that it has ended too often."""
    silent = now - DEAD_AFTER
    forget_findings(MatchingRun.objects.filter(status=FAILED, finished_at__lt=now - RESUMABLE_FOR))
    for run in MatchingRun.objects.unfinished().order_by("pk"):
        if run.status == MatchingRun.Status.QUEUED:
            if run.created_at < silent:
                enqueue("matching.tasks.plan_run", run_id=run.pk)
            continue
        _sweep_partitions(run, silent, now)


def _sweep_partitions(run: MatchingRun, silent: datetime, now: datetime) -> None:
    live = run.partitions.filter(status=Status.RUNNING, updated_at__gte=silent)
    if not run.partitions.open().exists():
        if not run.partitions.filter(finished_at__gte=silent).exists():
            enqueue("matching.tasks.finish_run", run_id=run.pk)
        return
    for partition in run.partitions.filter(status=Status.RUNNING, updated_at__lt=silent):
        if partition.attempts - partition.earlier_attempts >= MAX_ATTEMPTS:
            fail_run(run.pk, _("The worker of partition %d was lost.") % partition.number)
            return
        _enqueue_again(partition, now)
    if not live.exists():
        # While others are being done the queue moves on, and these have their task in it.
        for partition in run.partitions.filter(status=Status.QUEUED, updated_at__lt=silent):
            _enqueue_again(partition, now)


@transaction.atomic
def _enqueue_again(partition: MatchingRunPartition, now: datetime) -> None:
    # Unless it has given a sign of life since it was looked at.
    same = MatchingRunPartition.objects.filter(
        pk=partition.pk, status=partition.status, updated_at=partition.updated_at
    )
    if same.update(status=Status.QUEUED, updated_at=now):
        enqueue("matching.tasks.work_partition", partition_id=partition.pk)
