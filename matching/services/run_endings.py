"""How runs end: finished when all partitions are done, failed, or cancelled."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from matching import staging, store
from matching.models import Match, MatchingRun, MatchingRunPartition, PartnerList
from matching.services.learning import adopt_weights, drop_weights
from matching.services.rematch_requests import request_rematches, resume_rematches
from matching.services.snapshots import take_snapshot
from organizations import permissions
from organizations.models import User
from turash.errors import DomainError
from turash.events import outbox
from turash.events.catalogue import (
    MatchingRunFinished,
    ResourceFlowCreated,
    ResourceFlowUpdated,
)
from turash.events.models import DomainEvent
from turash.events.publishers import publish
from turash.events.queue import enqueue

logger = logging.getLogger(__name__)

# What fails is tried again so often, by itself, after so long.
MAX_ATTEMPTS = 3
RETRY_PAUSE = timedelta(seconds=10)
LONGEST_ERROR = 2000
# A change that is told of now may have been seen by nobody for so long.
LONGEST_TRANSACTION = timedelta(minutes=10)
# Whoever decides which runs may swap in their result holds this until commit.
_SWAPS_LOCK = 0x7475_7264


class RunIsOver(DomainError):
    """The run has ended already."""

    code = "run_is_over"


def may_run(actor: User, organization_id: UUID | None) -> bool:
    """Facilitators, and who edits the organization's flows, request and cancel its runs."""
    return actor.is_facilitator or (
        organization_id is not None and permissions.can_edit_resources(actor, organization_id)
    )


def lock_run(run_id: UUID) -> MatchingRun:
    """Return a run that nobody else changes until the transaction ends."""
    return MatchingRun.objects.select_for_update(no_key=True).get(pk=run_id)


def recount(run_id: UUID) -> None:
    """Bring the progress of an unfinished run up to date with its partitions."""
    sums = (
        MatchingRunPartition.objects.filter(run=OuterRef("pk"))
        .order_by()
        .values("run")
        .annotate(done=Sum("done_count"), total=Sum("total_count"))
    )
    MatchingRun.objects.unfinished().filter(pk=run_id).update(
        done_count=Coalesce(Subquery(sums.values("done")), 0),
        total_count=Coalesce(Subquery(sums.values("total")), 0),
    )


@transaction.atomic
def cancel_run(*, actor: User | None, run_id: UUID) -> MatchingRun:
    """
    End a run that waits or works; the matches stay as they are, and its workers stop soon.

    The actor None is the system itself.

    :raises MatchingRun.DoesNotExist: there is no such run.
    :raises PermissionDenied: the actor could not have requested it.
    :raises RunIsOver: it has ended already.
    """
    run = lock_run(run_id)
    if actor is not None:
        permissions.require(may_run(actor, run.organization_id))
    if not run.is_unfinished:
        raise RunIsOver(_("The run is over already."))
    _end(run, MatchingRun.Status.CANCELLED)
    return run


@transaction.atomic
def fail_run(run_id: UUID, reason: str) -> None:
    """End a run that cannot be completed, unless it is over."""
    run = lock_run(run_id)
    if run.is_unfinished:
        _fail(run, reason)


def _fail(run: MatchingRun, reason: str) -> None:
    logger.error("Matching run %s failed: %s", run.pk, reason)
    run.error = reason[:LONGEST_ERROR]
    _end(run, MatchingRun.Status.FAILED)


def finish_run(run_id: UUID, *, in_background: bool = True) -> None:
    """
    Take what the partitions have found into the matches, once; nothing is done before all are.

    A failure is tried again by another task, or (not `in_background`) by the caller.
    """
    attempt = count_attempt(run_id, "finish_attempts", MatchingRun.Status.RUNNING)
    if not attempt:
        return
    try:
        _finish(run_id)
    except Exception as error:
        logger.exception("The final step of matching run %s failed", run_id)
        if attempt >= MAX_ATTEMPTS:
            fail_run(run_id, describe(error))
        elif in_background:
            enqueue("matching.tasks.finish_run", delay=RETRY_PAUSE, run_id=run_id)


@transaction.atomic
def count_attempt(run_id: UUID, counter: str, status: MatchingRun.Status) -> int:
    """
    Begin a step of a run that has this status; returns the number of the attempt, 0: do nothing.

    It is on record before the step begins, so that one that ends its worker counts, and the run
    fails after `MAX_ATTEMPTS`. Waits for who is at the step.
    """
    run = lock_run(run_id)
    if run.status != status:
        return 0
    attempt = getattr(run, counter) + 1
    if attempt > MAX_ATTEMPTS:
        _fail(run, _("The worker of this step was lost."))
        return 0
    MatchingRun.objects.filter(pk=run_id).update(**{counter: attempt})
    return attempt


# The queue gets shorter by it: it must not wait for room there.
@outbox.handling()
@transaction.atomic
def _finish(run_id: UUID) -> None:
    run = lock_run(run_id)
    if not run.is_unfinished or run.partitions.open().exists():
        return
    if run.is_swapped_in:
        # Deletions of flows wait here, too: what is swapped in refers to flows that exist.
        store.lock_matches()
        run.found_count, run.lost_count, left_behind = staging.swap_in(run)
        adopt_weights(run)
        request_rematches(left_behind)
        if run.resumed_at is not None and run.started_at is not None:
            request_rematches(_changed_since(run.started_at - LONGEST_TRANSACTION))
    else:
        sums = run.partitions.aggregate(found=Sum("found_count"), lost=Sum("lost_count"))
        run.found_count, run.lost_count = sums["found"] or 0, sums["lost"] or 0
    run.match_count = _count_matches(run)
    if run.is_of_all:
        take_snapshot(run)
    _end(run, MatchingRun.Status.FINISHED)
    publish(MatchingRunFinished(run_id=run.pk, organization_id=run.organization_id))


def _changed_since(start: datetime) -> set[UUID]:
    """
    Return the flows that have been declared or changed since; some may be gone.

    Those were matched when they changed, but what a resumed run has found before swaps in over it.
    """
    changes = DomainEvent.objects.filter(
        type__in=[ResourceFlowCreated.type, ResourceFlowUpdated.type], occurred_at__gte=start
    )
    return {UUID(flow_id) for flow_id in changes.values_list("payload__flow_id", flat=True)}


def _count_matches(run: MatchingRun) -> int:
    lists = PartnerList.objects.filter(flow__in=run.flows())
    if run.is_swapped_in:
        # Each match has one output, and lies within a tree.
        lists = lists.filter(is_output=True)
    elif run.organization_id is None:
        return Match.seen.filter(flow__in=run.flows()).values("pk").distinct().count()
    # Flows of one organization do not match each other.
    return lists.aggregate(count=Coalesce(Sum("match_count"), 0))["count"]


def _end(run: MatchingRun, status: MatchingRun.Status) -> None:
    """Write down the end of a locked run, and let go of what it kept."""
    # Waits for what a worker is writing; after that the worker finds its partition taken away.
    run.partitions.open().update(
        status=MatchingRunPartition.Status.CANCELLED, finished_at=timezone.now()
    )
    recount(run.pk)
    run.refresh_from_db(fields=["done_count", "total_count"])
    run.status = status
    run.finished_at = timezone.now()
    run.save()
    if run.is_swapped_in:
        if status == MatchingRun.Status.FAILED:
            # It may go on later, with what its partitions have found.
            _clear(run.partitions.exclude(status=MatchingRunPartition.Status.DONE))
        else:
            staging.clear_all(list(run.partitions.values_list("pk", flat=True)))
            drop_weights(run)
        # They have waited for this; those that come before the commit still wait.
        resume_rematches()
        transaction.on_commit(resume_rematches, robust=True)
    if run.needs_another:
        another = MatchingRun.objects.create()
        enqueue("matching.tasks.plan_run", run_id=another.pk)


def _clear(partitions: QuerySet[MatchingRunPartition]) -> None:
    staging.clear(*partitions.values_list("pk", flat=True))


def lock_swaps() -> None:
    """Wait until nobody else decides which runs may swap their result in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SWAPS_LOCK])


def make_way(run: MatchingRun) -> bool:
    """
    Let a run begin whose result will be swapped in; returns whether it may.

    The caller holds the lock of the swaps and that of the run. Two runs that swap in matches of the
    same tree would undo one another, perhaps with other weights: one of all, which looks at
    everything anew, ends those of a tree. What older ones have found before they failed is out of
    date from now on.
    """
    others = MatchingRun.objects.sharing_trees_with(run.root_type_id).exclude(pk=run.pk)
    if not run.is_of_all and others.of_all().unfinished().exists():
        _supersede(run)
        return False
    for other in others.unfinished().exclude(root_type=None).order_by("pk"):
        present = lock_run(other.pk)
        if present.is_unfinished:
            _supersede(present)
    forget_findings(others.filter(status=MatchingRun.Status.FAILED))
    return True


def _supersede(run: MatchingRun) -> None:
    run.error = _("A run of all does its work.")
    _end(run, MatchingRun.Status.CANCELLED)


def forget_findings(failed: QuerySet[MatchingRun]) -> None:
    """Free what failed runs keep to go on with: resumed they begin anew."""
    done = MatchingRunPartition.objects.filter(
        run__in=failed, status=MatchingRunPartition.Status.DONE
    )
    for run in failed.filter(pk__in=done.values("run")):
        _clear(run.partitions.all())
        done.filter(run=run).update(status=MatchingRunPartition.Status.CANCELLED)
        drop_weights(run)


def describe(error: BaseException) -> str:
    """Return the reason of a failure in one line or a few."""
    return f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
