"""What organizations do when something happened: tell their members, keep their record."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Model
from django.urls import reverse

from organizations import services
from organizations.models import Acting, Organization, ResourceFlow, Site
from organizations.quality_mails import mail_question
from turash.events.catalogue import (
    ActingEnded,
    ActingStarted,
    FlowQuestioned,
    OrganizationCreated,
    ProposalStatusChanged,
    ResourceFlowCreated,
    ResourceFlowDeleted,
    ResourceFlowUpdated,
    SiteCreated,
    SiteDeleted,
    SiteUpdated,
)
from turash.events.registry import handles
from turash.mail.subjects import titles_of
from turash.realtime.services import notify


def _names(model: type[Model], keys: Iterable[UUID]) -> dict[UUID, str]:
    """What is gone has no name any more."""
    return dict(model._default_manager.filter(pk__in=list(keys)).values_list("pk", "name"))


@titles_of("organization")
def titles_of_organizations(organization_ids: Iterable[UUID]) -> dict[UUID, str]:
    return _names(Organization, organization_ids)


@titles_of("acting")
def titles_of_acting(acting_ids: Iterable[UUID]) -> dict[UUID, str]:
    rows = Acting.objects.filter(pk__in=list(acting_ids)).values_list("pk", "organization__name")
    return dict(rows)


@titles_of("site")
def titles_of_sites(site_ids: Iterable[UUID]) -> dict[UUID, str]:
    return _names(Site, site_ids)


@titles_of("resource_flow")
def titles_of_flows(flow_ids: Iterable[UUID]) -> dict[UUID, str]:
    return _names(ResourceFlow, flow_ids)


@handles(OrganizationCreated)
def tell_about_organization(event: OrganizationCreated) -> None:
    notify(
        event,
        organization_ids=[event.organization_id],
        kind="organization",
        subject_id=event.organization_id,
        url=reverse("organizations:organization-detail", args=[event.organization_id]),
    )


@handles(ActingStarted, ActingEnded)
def tell_about_acting(event: ActingStarted | ActingEnded) -> None:
    notify(
        event,
        organization_ids=[event.organization_id],
        kind="acting",
        subject_id=event.acting_id,
        url=reverse("organizations:acting-list", args=[event.organization_id]),
    )


@handles(SiteCreated, SiteUpdated, SiteDeleted)
def tell_about_site(event: SiteCreated | SiteUpdated | SiteDeleted) -> None:
    notify(
        event,
        organization_ids=[event.organization_id],
        kind="site",
        subject_id=event.site_id,
        url=reverse("organizations:organization-detail", args=[event.organization_id]),
    )


@handles(ResourceFlowCreated, ResourceFlowUpdated, ResourceFlowDeleted, FlowQuestioned)
def tell_about_resource_flow(
    event: ResourceFlowCreated | ResourceFlowUpdated | ResourceFlowDeleted | FlowQuestioned,
) -> None:
    notify(
        event,
        organization_ids=[event.organization_id],
        kind="resource_flow",
        subject_id=event.flow_id,
        url=reverse("organizations:flow-detail", args=[event.flow_id]),
    )


@handles(FlowQuestioned)
def mail_about_question(event: FlowQuestioned) -> None:
    mail_question(event)


@handles(ProposalStatusChanged)
def credit_completed_exchange(event: ProposalStatusChanged) -> None:
    if event.new_status == "completed" and event.old_status != "completed":
        services.count_completed_exchange(event.from_organization_id, event.to_organization_id)
