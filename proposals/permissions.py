"""Who may take which step of a proposal; used by services, API, pages and admin."""

from uuid import UUID

from organizations import permissions
from organizations.permissions import Actor
from proposals.models import Proposal
from proposals.states import Side, Step, steps_from


def sides_of(user: Actor, proposal: Proposal) -> set[Side]:
    """Return the sides for which the user acts: as owner or manager."""
    sides = set()
    if permissions.can_manage(user, proposal.from_organization_id):
        sides.add(Side.SENDER)
    if permissions.can_manage(user, proposal.to_organization_id):
        sides.add(Side.TARGET)
    return sides


def act_for(user: Actor, proposal: Proposal, reason: str) -> UUID:
    """
    Return the organization for which the user acts; who acts for both sides acts for the sender.

    :raises PermissionDenied: the user acts for neither; with the reason.
    """
    sides = sides_of(user, proposal)
    permissions.require(bool(sides), reason)
    if Side.SENDER in sides:
        return proposal.from_organization_id
    return proposal.to_organization_id


def allowed_sides(step: Step) -> set[Side]:
    """Return the sides that may take a step."""
    if step.side in (Side.EITHER, Side.BOTH):
        return {Side.SENDER, Side.TARGET}
    return {step.side}


def steps_for(user: Actor, proposal: Proposal) -> list[Step]:
    """Return the steps that the user may take now."""
    sides = sides_of(user, proposal)
    return [
        step
        for step in steps_from(proposal.status)
        if sides & allowed_sides(step) and not _has_confirmed(step, sides, proposal)
    ]


def _has_confirmed(step: Step, sides: set[Side], proposal: Proposal) -> bool:
    confirmed = set()
    if proposal.sender_confirmed_at:
        confirmed.add(Side.SENDER)
    if proposal.target_confirmed_at:
        confirmed.add(Side.TARGET)
    return step.side == Side.BOTH and sides <= confirmed
