"""Writes of contact details."""

from typing import Any

from django.db import transaction

from organizations import permissions
from organizations.models import Contact, Organization, User


@transaction.atomic
def set_contact(*, actor: User, organization: Organization, **changes: Any) -> Contact:
    """
    Change the contact details of an organization, and from when on others see them.

    :raises PermissionDenied: the actor is neither owner nor manager.
    :raises ValidationError: if a field is wrong.
    """
    permissions.require(permissions.can_manage(actor, organization.pk))
    contact = hold_contact(organization)
    for name, value in changes.items():
        setattr(contact, name, value)
    contact.full_clean()
    contact.save()
    return contact


def hold_contact(organization: Organization) -> Contact:
    """Return the contact details, which nobody else changes until the transaction ends."""
    Contact.objects.get_or_create(organization=organization)
    return Contact.objects.select_for_update().get(organization=organization)
