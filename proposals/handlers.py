"""What proposals do when something happened: tell both sides."""

from django.urls import reverse

from turash.events.catalogue import (
    ProposalCreated,
    ProposalEvent,
    ProposalMessagePosted,
    ProposalStatusChanged,
    ProposalTermsOffered,
)
from turash.events.registry import handles
from turash.realtime.services import notify


@handles(ProposalCreated, ProposalStatusChanged, ProposalTermsOffered, ProposalMessagePosted)
def tell_both_sides(event: ProposalEvent) -> None:
    notify(
        event,
        organization_ids=[event.from_organization_id, event.to_organization_id],
        kind="proposal",
        subject_id=event.proposal_id,
        url=reverse("proposals:proposal-detail", args=[event.proposal_id]),
    )
