"""Write down what happened to a proposal."""

from uuid import UUID

from organizations.models import User
from proposals.models import Proposal, ProposalTransition


def record_transition(
    proposal: Proposal,
    old_status: str,
    *,
    actor: User | None,
    organization_id: UUID | None,
    comment: str,
    terms_version: int | None = None,
) -> None:
    transition = ProposalTransition(
        proposal=proposal,
        from_status=old_status,
        to_status=proposal.status,
        actor=actor,
        organization_id=organization_id,
        comment=comment,
        terms_version=terms_version,
    )
    transition.full_clean(exclude=["proposal", "actor", "organization"])
    transition.save()
