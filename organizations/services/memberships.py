"""Writes of memberships; an organization always keeps an owner."""

from django.db import transaction
from django.utils.translation import gettext as _

from organizations import permissions
from organizations.models import Membership, Organization, User
from turash.errors import DomainError


class LastOwner(DomainError):
    """The organization would be left without an owner."""

    code = "last_owner"

    def __init__(self) -> None:
        super().__init__(_("An organization needs an owner. Make somebody else owner first."))


@transaction.atomic
def add_member(*, actor: User, organization: Organization, user: User, role: str) -> Membership:
    """
    Give a user a role in the organization.

    :raises PermissionDenied: the actor is not an owner.
    :raises ValidationError: the role is unknown, or the user is a member already.
    """
    permissions.require(permissions.can_own(actor, organization.pk))
    membership = Membership(organization=organization, user=user, role=role)
    membership.full_clean()
    membership.save()
    return membership


@transaction.atomic
def change_role(*, actor: User, membership: Membership, role: str) -> Membership:
    """
    Change a member's role.

    :raises PermissionDenied: the actor is not an owner.
    :raises LastOwner: the member is the only owner.
    :raises ValidationError: the role is unknown.
    """
    permissions.require(permissions.can_own(actor, membership.organization_id))
    if role != Membership.Role.OWNER:
        require_another_owner(membership)
    membership.role = role
    membership.full_clean()
    membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def remove_member(*, actor: User, membership: Membership) -> None:
    """
    End a membership; owners end anybody's, everybody their own.

    :raises PermissionDenied: the actor is neither an owner nor the member.
    :raises LastOwner: the member is the only owner.
    """
    is_own = membership.user_id == actor.pk
    permissions.require(is_own or permissions.can_own(actor, membership.organization_id))
    require_another_owner(membership)
    membership.delete()


def require_another_owner(membership: Membership) -> None:
    """
    Hold the organization's row, so that two owners who leave at once do not both go.

    :raises LastOwner: the member is the only owner.
    """
    Organization.objects.select_for_update(no_key=True).get(pk=membership.organization_id)
    membership.refresh_from_db()
    others = Membership.objects.filter(
        organization=membership.organization_id, role=Membership.Role.OWNER
    ).exclude(pk=membership.pk)
    if membership.role == Membership.Role.OWNER and not others.exists():
        raise LastOwner
