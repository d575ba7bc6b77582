"""Proposals between two members' organizations, at any stage."""

from django.utils import timezone

from proposals import services
from proposals.models import Proposal
from proposals.states import Status
from tests.factories import ResourceFlowFactory

WAY = (Status.ACCEPTED, Status.NEGOTIATING, Status.CONTRACTED, Status.LIVE, Status.COMPLETED)


def propose(sender, target, *, resource=None, **fields) -> Proposal:
    """A proposal of the sender's organization about a flow of the target's."""
    resource = resource or ResourceFlowFactory(site__organization=target.organization)
    return services.create_proposal(
        actor=sender.user,
        from_organization=sender.organization,
        to_organization=target.organization,
        resource=resource,
        direction=resource.direction,
        message="We could use your heat.",
        **fields,
    )


def move(proposal, member, status) -> Proposal:
    return services.move_proposal(proposal_id=proposal.pk, actor=member.user, status=status)


def proposal_at(status, sender, target) -> Proposal:
    """A proposal that is in this status as if by itself, confirmed by both sides."""
    now = timezone.now()
    return Proposal.objects.create(
        from_organization=sender.organization,
        to_organization=target.organization,
        resource=ResourceFlowFactory(site__organization=target.organization),
        message="We could use your heat.",
        status=status,
        sender_confirmed_at=now,
        target_confirmed_at=now,
        sender_confirmed_version=1,
        target_confirmed_version=1,
    )


def bring_to(status, proposal, sender, target) -> Proposal:
    """Take a pending proposal along the way, by both sides' steps."""
    for step in WAY[: WAY.index(status) + 1]:
        proposal = move(proposal, target, step)
        if step == Status.CONTRACTED:
            proposal = move(proposal, sender, step)
    return proposal
