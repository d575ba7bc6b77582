"""What matching does when something happened: match again, tell who is concerned, remember."""

from django.urls import reverse

from matching import services
from matching.models import MatchingRun
from organizations.models import Organization
from turash.events.catalogue import (
    ImportFinished,
    MatchFound,
    MatchingRunFinished,
    MatchLost,
    ProposalStatusChanged,
    ResourceFlowCreated,
    ResourceFlowUpdated,
)
from turash.events.registry import handles
from turash.realtime.services import notify


@handles(ResourceFlowCreated, ResourceFlowUpdated)
def rematch(event: ResourceFlowCreated | ResourceFlowUpdated) -> None:
    # A new flow is matched at once; of one that is being edited the last state counts.
    delay = services.NOW if isinstance(event, ResourceFlowCreated) else services.PAUSE
    services.request_rematches([event.flow_id], delay=delay)


@handles(ImportFinished)
def rematch_everything(event: ImportFinished) -> None:
    services.request_run_of_all()


@handles(MatchFound, MatchLost)
def tell_about_match(event: MatchFound | MatchLost) -> None:
    for organization_id, flow_id in (
        (event.output_organization_id, event.output_id),
        (event.input_organization_id, event.input_id),
    ):
        page = (
            reverse("matching:match-detail", args=[event.match_id])
            if isinstance(event, MatchFound)
            else reverse("organizations:flow-detail", args=[flow_id])
        )
        notify(
            event,
            organization_ids=[organization_id],
            kind="match",
            subject_id=event.match_id,
            url=page,
        )


@handles(MatchingRunFinished)
def tell_about_run(event: MatchingRunFinished) -> None:
    concerned = [event.organization_id]
    if event.organization_id is None:
        owners = Organization.objects.filter(resource_flows__isnull=False, users__isnull=False)
        run = MatchingRun.objects.select_related("root_type").filter(pk=event.run_id).first()
        if run is not None and not run.is_of_all:
            owners = owners.filter(resource_flows__in=run.flows())
        concerned = list(owners.distinct().values_list("pk", flat=True))
    notify(
        event,
        organization_ids=concerned,
        kind="matching_run",
        subject_id=event.run_id,
        url=reverse("dashboard"),
    )


@handles(MatchingRunFinished)
def renew_clusters(event: MatchingRunFinished) -> None:
    if event.organization_id is None:
        services.request_clusters()


@handles(ProposalStatusChanged)
def remember_decision(event: ProposalStatusChanged) -> None:
    if event.old_status != "pending" or event.new_status not in ("accepted", "rejected"):
        return
    if event.output_id is None or event.input_id is None:
        return
    services.note_decision(
        proposal_id=event.proposal_id,
        organization_id=event.to_organization_id,
        is_accepted=event.new_status == "accepted",
        output_id=event.output_id,
        input_id=event.input_id,
        decided_at=event.occurred_at,
    )
