"""Writes of organizations."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, ProtectedError, QuerySet, RestrictedError
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from organizations import permissions
from organizations.ids import new_id
from organizations.models import Membership, Organization, User
from turash.errors import DomainError
from turash.locking import lock


class StillInUse(DomainError):
    """Something else refers to the object, so it cannot be deleted."""

    code = "still_in_use"


@transaction.atomic
def create_organization(*, actor: User, **fields: Any) -> Organization:
    """
    Found an organization; the actor becomes its owner.

    :raises ValidationError: if a field is wrong.
    """
    organization = save_organization(Organization(**fields))
    Membership.objects.create(organization=organization, user=actor, role=Membership.Role.OWNER)
    return organization


@transaction.atomic
def update_organization(*, actor: User, organization: Organization, **changes: Any) -> Organization:
    """
    Change fields of an organization.

    :raises PermissionDenied: the actor is neither owner nor manager.
    :raises ValidationError: if a field is wrong.
    :raises Gone: it was deleted meanwhile.
    """
    lock(organization)
    permissions.require(permissions.can_manage(actor, organization.pk))
    for name, value in changes.items():
        setattr(organization, name, value)
    return save_organization(organization)


def save_organization(organization: Organization) -> Organization:
    """
    Check and store an organization; gives it a slug when it has none.

    :raises ValidationError: if a field is wrong.
    """
    if not organization.slug:
        (organization.slug,) = free_slugs([organization.name])
    organization.full_clean()
    organization.save()
    return organization


@transaction.atomic
def delete_organization(*, actor: User, organization: Organization) -> None:
    """
    Delete an organization with its sites, flows and memberships.

    :raises PermissionDenied: the actor is not its owner.
    :raises StillInUse: there are proposals of or to it.
    """
    permissions.require(
        permissions.can_own(actor, organization.pk), _("Only an owner can delete an organization.")
    )
    try:
        organization.delete()
    except (ProtectedError, RestrictedError) as error:
        raise StillInUse(
            _("The organization has proposals, which are kept. Archive its flows instead.")
        ) from error


def set_verified(organizations: QuerySet[Organization], *, verified: bool) -> int:
    """Mark organizations as checked by a facilitator, or as not; returns how many changed."""
    return organizations.filter(verified_at__isnull=verified).update(
        verified_at=timezone.now() if verified else None
    )


def count_completed_exchange(*organization_ids: UUID) -> None:
    """Credit the organizations with one more completed exchange (it counts as trust)."""
    Organization.objects.filter(pk__in=organization_ids).update(
        completed_exchanges=F("completed_exchanges") + 1
    )


def free_slugs(names: Sequence[str]) -> list[str]:
    """Return a slug for each of some new organizations, none of which is taken."""
    bases = [slugify(name, allow_unicode=False)[:60] or "organization" for name in names]
    taken = set(Organization.objects.filter(slug__in=set(bases)).values_list("slug", flat=True))
    slugs = []
    for base in bases:
        # The tail of a time-ordered UUID is random.
        slug = f"{base}-{str(new_id())[-8:]}" if base in taken else base
        taken.add(slug)
        slugs.append(slug)
    return slugs
