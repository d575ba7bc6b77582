"""Going on with runs that were left unfinished, or have failed."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from matching.models import MatchingRun
from matching.services.learning import drop_weights
from matching.services.run_endings import RunIsOver, lock_run, lock_swaps, may_run
from matching.services.runs import FAILED, Status, in_progress
from organizations import permissions
from organizations.models import User
from turash.events.queue import enqueue


@transaction.atomic
def resume_run(
    *, run_id: UUID, actor: User | None = None, in_background: bool = True
) -> MatchingRun:
    """
    Go on with a run, without the partitions that are done; else the caller executes it.

    One that has failed is opened again, with as many attempts as a new one; where what it has found
    is out of date or gone, it begins anew. Partitions that somebody works on are left to them while
    they show signs of life. The actor None is the system itself.

    :raises MatchingRun.DoesNotExist: there is no such run.
    :raises PermissionDenied: the actor could not have requested it.
    :raises RunIsOver: it has finished, or was cancelled.
    :raises RunInProgress: another run does the same by now.
    """
    lock_swaps()
    run = lock_run(run_id)
    if actor is not None:
        permissions.require(may_run(actor, run.organization_id))
    if run.status == FAILED:
        _open_again(run)
    elif not run.is_unfinished:
        raise RunIsOver(_("The run is over already."))
    if in_background:
        _enqueue(run)
    return run


def _open_again(run: MatchingRun) -> None:
    if run.is_swapped_in:
        others = MatchingRun.objects.sharing_trees_with(run.root_type_id).exclude(pk=run.pk)
        if others.unfinished().exists():
            raise in_progress()
    if run.partitions.filter(status=Status.DONE).exists():
        run.partitions.exclude(status=Status.DONE).update(
            status=Status.QUEUED,
            earlier_attempts=F("attempts"),
            done_count=0,
            error="",
            finished_at=None,
            updated_at=timezone.now(),
        )
        run.status = MatchingRun.Status.RUNNING
        run.resumed_at = timezone.now()
    else:
        run.partitions.all().delete()
        drop_weights(run)
        run.status = MatchingRun.Status.QUEUED
        run.started_at = run.resumed_at = None
        run.done_count = run.total_count = 0
    run.plan_attempts = run.finish_attempts = 0
    run.error = ""
    run.finished_at = None
    try:
        with transaction.atomic():
            run.save()
    except IntegrityError as error:
        if "matching_run_is_the_only_unfinished_one" in str(error):
            raise in_progress() from error
        raise


def _enqueue(run: MatchingRun) -> None:
    if run.status == MatchingRun.Status.QUEUED:
        enqueue("matching.tasks.plan_run", run_id=run.pk)
    elif not run.partitions.open().exists():
        enqueue("matching.tasks.finish_run", run_id=run.pk)
    else:
        for key in run.partitions.filter(status=Status.QUEUED).values_list("pk", flat=True):
            enqueue("matching.tasks.work_partition", partition_id=key)
