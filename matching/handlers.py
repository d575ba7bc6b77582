"""What matching does when something happened: match again, and tell who is concerned."""

from django.urls import reverse

from matching import services
from organizations.models import Organization
from turash.events.catalogue import (
    ImportFinished,
    MatchFound,
    MatchingRunFinished,
    MatchLost,
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
        concerned = list(
            Organization.objects.filter(resource_flows__isnull=False, users__isnull=False)
            .distinct()
            .values_list("pk", flat=True)
        )
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
