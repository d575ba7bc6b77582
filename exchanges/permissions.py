"""Who may say and confirm what of a running exchange; used by services, API and pages."""

from uuid import UUID

from organizations import permissions
from organizations.permissions import Actor
from proposals.models import Proposal


def sides_of(user: Actor, proposal: Proposal) -> list[UUID]:
    """Return the sides whose flows the user edits, the sender first: they report and confirm."""
    sides = (proposal.from_organization_id, proposal.to_organization_id)
    return [side for side in sides if permissions.can_edit_resources(user, side)]
