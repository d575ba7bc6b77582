"""Recomputing all matches, or those of one organization, with progress."""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from matching import bulk
from matching.models import Match, MatchingRun
from matching.services.rematch import rematch_flow
from organizations import permissions
from organizations.models import Organization, ResourceFlow, User
from turash.errors import DomainError
from turash.events.catalogue import MatchingRunFinished
from turash.events.publishers import publish
from turash.events.queue import enqueue

Progress = Callable[[int, int], None]  # (flows done, flows in all)


class RunInProgress(DomainError):
    """The same matches are being recomputed already."""

    code = "run_in_progress"


@transaction.atomic
def request_run(
    *, actor: User | None = None, organization: Organization | None = None
) -> MatchingRun:
    """
    Enqueue a run for one organization, or (None) for all.

    The actor None is the system itself.

    :raises PermissionDenied: the actor may not edit the organization's flows, or asks for a run of
        all without being a facilitator.
    :raises RunInProgress: such a run waits or works already.
    """
    if actor is not None:
        permissions.require(
            actor.is_facilitator
            or (organization is not None and permissions.can_edit_resources(actor, organization.pk))
        )
    if MatchingRun.objects.unfinished().filter(organization=organization).exists():
        raise RunInProgress(_("The matches are being recomputed already; wait for that run."))
    run = MatchingRun.objects.create(organization=organization, requested_by=actor)
    enqueue("matching.tasks.execute_run", run_id=run.pk)
    return run


def execute_run(run_id: UUID, *, progress: Progress | None = None) -> MatchingRun:
    """
    Do the work of a run; readers see the old matches until it is complete, then the new ones.

    Not in a transaction of the caller's: the run's row shows how far it has got.

    :raises MatchingRun.DoesNotExist: there is no such run.
    """
    run = MatchingRun.objects.get(pk=run_id)
    if run.status in (MatchingRun.Status.FINISHED, MatchingRun.Status.FAILED):
        return run
    MatchingRun.objects.filter(pk=run_id).update(
        status=MatchingRun.Status.RUNNING, started_at=timezone.now()
    )

    def report(done: int, total: int) -> None:
        MatchingRun.objects.filter(pk=run_id).update(done_count=done, total_count=total)
        if progress:
            progress(done, total)

    try:
        if run.organization_id is None:
            found, lost = bulk.rematch_all(report)
        else:
            found, lost = _rematch_organization(run.organization_id, report)
    except BaseException as error:
        # Interrupted from the terminal, too: a run that says it works would keep others out.
        MatchingRun.objects.filter(pk=run_id).update(
            status=MatchingRun.Status.FAILED,
            finished_at=timezone.now(),
            error=f"{type(error).__name__}: {error}"[:2000],
        )
        raise
    with transaction.atomic():
        matches = Match.objects.all()
        if run.organization_id is not None:
            matches = matches.of_organization(run.organization_id)
        MatchingRun.objects.filter(pk=run_id).update(
            status=MatchingRun.Status.FINISHED,
            finished_at=timezone.now(),
            match_count=matches.count(),
            found_count=found,
            lost_count=lost,
        )
        publish(MatchingRunFinished(run_id=run_id, organization_id=run.organization_id))
    run.refresh_from_db()
    return run


def _rematch_organization(organization_id: UUID, report: Progress) -> tuple[int, int]:
    """Rematch the organization's flows one by one; returns (found, lost)."""
    flow_ids = list(
        ResourceFlow.objects.active()
        .filter(organization=organization_id)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    found = lost = 0
    report(0, len(flow_ids))
    for done, flow_id in enumerate(flow_ids, 1):
        changes = rematch_flow(flow_id=flow_id)
        found += len(changes.found)
        lost += len(changes.lost)
        report(done, len(flow_ids))
    return found, lost
