"""Who may do what for an organization; used by API, pages, admin actions and websockets."""

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from organizations.models import Membership, User
from organizations.querysets import EDITING_ROLES, MANAGING_ROLES

Actor = User | AnonymousUser


def role_in(user: Actor, organization_id: UUID) -> str | None:
    """Return the user's role in the organization, or None."""
    if isinstance(user, AnonymousUser):
        return None
    return (
        Membership.objects.filter(user=user, organization=organization_id)
        .values_list("role", flat=True)
        .first()
    )


def can_read_matching(user: Actor, organization_id: UUID) -> bool:
    """Members of the organization, and facilitators, read its matches and proposals."""
    if isinstance(user, AnonymousUser):
        return False
    return user.is_facilitator or role_in(user, organization_id) is not None


def can_edit_resources(user: Actor, organization_id: UUID) -> bool:
    """Owners, managers and members change sites and flows."""
    return role_in(user, organization_id) in EDITING_ROLES


def can_manage(user: Actor, organization_id: UUID) -> bool:
    """Owners and managers act for the organization."""
    return role_in(user, organization_id) in MANAGING_ROLES


def can_own(user: Actor, organization_id: UUID) -> bool:
    """Owners decide about members and the organization itself."""
    return role_in(user, organization_id) == Membership.Role.OWNER


def require(allowed: bool, reason: str | None = None) -> None:  # noqa: FBT001
    """
    Stop here unless allowed.

    :raises PermissionDenied: with the reason (HTTP 403).
    """
    if not allowed:
        raise PermissionDenied(reason or _("Your role in this organization does not allow this."))
