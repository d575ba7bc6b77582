"""Writes of conversions."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from organizations import permissions
from organizations.models import Conversion, Site, User
from turash.locking import lock


@transaction.atomic
def create_conversion(*, actor: User, site: Site, **fields: Any) -> Conversion:
    """
    Declare what a site can make of a resource.

    :raises PermissionDenied: the actor may not edit the organization's sites and flows.
    :raises ValidationError: if a field is wrong.
    """
    permissions.require(permissions.can_edit_resources(actor, site.organization_id))
    return save_conversion(Conversion(site=site, **fields))


@transaction.atomic
def update_conversion(*, actor: User, conversion: Conversion, **changes: Any) -> Conversion:
    """
    Change a conversion.

    :raises PermissionDenied: the actor may not edit the organization's sites and flows.
    :raises ValidationError: if a field is wrong.
    :raises Gone: it was deleted meanwhile.
    """
    lock(conversion)
    organization_id = conversion.site.organization_id
    permissions.require(permissions.can_edit_resources(actor, organization_id))
    new_site: Site = changes.get("site", conversion.site)
    if new_site.organization_id != organization_id:
        raise ValidationError({"site": _("Choose a site of the same organization.")})
    for name, value in changes.items():
        setattr(conversion, name, value)
    return save_conversion(conversion)


@transaction.atomic
def save_conversion(conversion: Conversion) -> Conversion:
    """
    Check and store a conversion.

    :raises ValidationError: if a field is wrong.
    """
    conversion.full_clean(validate_constraints=False)
    conversion.save()
    return conversion


@transaction.atomic
def delete_conversion(*, actor: User, conversion: Conversion) -> None:
    """
    Delete a conversion.

    :raises PermissionDenied: the actor may not edit the organization's sites and flows.
    """
    permissions.require(permissions.can_edit_resources(actor, conversion.site.organization_id))
    conversion.delete()
