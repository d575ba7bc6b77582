"""Writes of sites."""

from typing import Any

from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import RestrictedError
from django.utils.translation import gettext as _

from organizations import permissions
from organizations.models import Organization, ResourceFlow, Site, User
from organizations.services.organizations import StillInUse
from turash.events.catalogue import ResourceFlowUpdated
from turash.events.publishers import publish
from turash.locking import lock


@transaction.atomic
def create_site(*, actor: User, organization: Organization, **fields: Any) -> Site:
    """
    Declare a place of an organization.

    :raises PermissionDenied: the actor may not edit the organization's sites.
    :raises ValidationError: if a field is wrong.
    """
    permissions.require(permissions.can_edit_resources(actor, organization.pk))
    return save_site(Site(organization=organization, **fields))


@transaction.atomic
def update_site(*, actor: User, site: Site, **changes: Any) -> Site:
    """
    Change a place; its flows move with it.

    :raises PermissionDenied: the actor may not edit the organization's sites.
    :raises ValidationError: if a field is wrong.
    :raises Gone: it was deleted meanwhile.
    """
    lock(site)
    permissions.require(permissions.can_edit_resources(actor, site.organization_id))
    for name, value in changes.items():
        setattr(site, name, value)
    return save_site(site)


@transaction.atomic
def save_site(site: Site) -> Site:
    """
    Check and store a site, and tell that its flows may match differently now.

    :raises ValidationError: if a field is wrong.
    """
    check_location(site.location)
    is_new = site._state.adding
    site.full_clean()
    site.save()
    if not is_new:
        flow_ids = ResourceFlow.objects.filter(site=site).values_list("pk", flat=True)
        publish(
            *(
                ResourceFlowUpdated(flow_id=flow_id, organization_id=site.organization_id)
                for flow_id in flow_ids
            )
        )
    return site


@transaction.atomic
def delete_site(*, actor: User, site: Site) -> None:
    """
    Delete a place that has no flows.

    :raises PermissionDenied: the actor may not edit the organization's sites.
    :raises StillInUse: the site has flows.
    """
    permissions.require(permissions.can_edit_resources(actor, site.organization_id))
    try:
        site.delete()
    except RestrictedError as error:
        raise StillInUse(
            _("The site has resource flows. Move them to another site or delete them first.")
        ) from error


def check_location(location: Point | None) -> None:
    """
    Check a place.

    :raises ValidationError: there is none, or it is not on Earth.
    """
    if location is None:
        raise ValidationError({"location": _("Give the place as a point.")})
    if location.empty or not (-180 <= location.x <= 180 and -90 <= location.y <= 90):
        raise ValidationError(
            {
                "location": _(
                    "The point is not on Earth: give a longitude between -180 and 180 and a "
                    "latitude between -90 and 90, in this order."
                )
            }
        )
