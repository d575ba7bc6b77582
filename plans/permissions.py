"""Who may ask for plans; used by services, API and pages."""

from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from organizations import permissions
from organizations.permissions import Actor


def may_plan(actor: Actor, organization_id: UUID | None) -> bool:
    """Facilitators, and who edits the organization's flows, request and cancel its plans."""
    if not isinstance(actor, AnonymousUser) and actor.is_facilitator:
        return True
    return organization_id is not None and permissions.can_edit_resources(actor, organization_id)
