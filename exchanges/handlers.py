"""What running exchanges do when something happened."""

from django.urls import reverse

from exchanges.services import fix_factors
from proposals.models import Proposal
from proposals.states import Status
from turash.events.catalogue import (
    DeliveriesConfirmed,
    DeliveriesReported,
    FiguresDeclared,
    ProposalStatusChanged,
)
from turash.events.registry import handles
from turash.realtime.services import notify


@handles(ProposalStatusChanged)
def fix_factors_of_live_exchange(event: ProposalStatusChanged) -> None:
    if event.new_status == Status.LIVE:
        fix_factors(Proposal.objects.get(pk=event.proposal_id))


@handles(DeliveriesReported, DeliveriesConfirmed, FiguresDeclared)
def tell_both_sides(event: DeliveriesReported | DeliveriesConfirmed | FiguresDeclared) -> None:
    notify(
        event,
        organization_ids=[event.from_organization_id, event.to_organization_id],
        kind="proposal",
        subject_id=event.proposal_id,
        url=reverse("exchanges:exchange", args=[event.proposal_id]),
    )
