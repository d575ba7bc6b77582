"""Writes of resource flows."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from organizations import permissions, units
from organizations.models import FlowContaminant, ResourceFlow, Site, User
from organizations.models.flow import QUALITY_RANGES
from organizations.services.organizations import StillInUse
from turash.constraints import told_by_the_database
from turash.errors import InvalidInput
from turash.locking import lock

MAX_CONTAMINANTS = 50


@transaction.atomic
def create_flow(
    *, actor: User, site: Site, contaminants: Mapping[str, float] | None = None, **fields: Any
) -> ResourceFlow:
    """
    Declare an output or input of a site; `contaminants` in mg/kg by substance.

    :raises PermissionDenied: the actor may not edit the organization's flows.
    :raises ValidationError: if a field is wrong.
    """
    permissions.require(permissions.can_edit_resources(actor, site.organization_id))
    return save_flow(ResourceFlow(site=site, **fields), contaminants=contaminants or {})


@transaction.atomic
def update_flow(
    *,
    actor: User,
    flow: ResourceFlow,
    contaminants: Mapping[str, float] | None = None,
    **changes: Any,
) -> ResourceFlow:
    """
    Change a flow; `contaminants` replaces all of them, None leaves them.

    :raises PermissionDenied: the actor may not edit the flows of the old or the new site.
    :raises ValidationError: if a field is wrong.
    :raises Gone: it was deleted meanwhile.
    """
    lock(flow)
    permissions.require(permissions.can_edit_resources(actor, flow.organization_id))
    new_site: Site = changes.get("site", flow.site)
    if new_site.organization_id != flow.organization_id:
        raise ValidationError({"site": _("Choose a site of the same organization.")})
    for name, value in changes.items():
        setattr(flow, name, value)
    return save_flow(flow, contaminants=contaminants)


@transaction.atomic
def save_flow(
    flow: ResourceFlow, *, contaminants: Mapping[str, float] | None = None
) -> ResourceFlow:
    """
    Check and store a flow with what follows from its fields; None leaves the contaminants.

    :raises ValidationError: if a field is wrong.
    """
    derive(flow)
    flow.full_clean(validate_constraints=False)
    if contaminants is not None:
        _check_contaminants(contaminants)
    with told_by_the_database(ResourceFlow):
        flow.save()
    if contaminants is not None:
        FlowContaminant.objects.filter(flow=flow).delete()
        FlowContaminant.objects.bulk_create(
            FlowContaminant(flow=flow, substance=substance, mg_per_kg=mg_per_kg)
            for substance, mg_per_kg in contaminants.items()
        )
        # A prefetched list would still show the old ones.
        getattr(flow, "_prefetched_objects_cache", {}).pop("contaminants", None)
    return flow


def derive(flow: ResourceFlow) -> None:
    """
    Set the place, the owner and the canonical quantities [canonical unit per year] of a flow.

    :raises ValidationError: the resource type is a group, the unit does not fit the type, or the
        amount cannot be brought to a quantity per year.
    """
    flow.location = flow.site.location
    flow.organization_id = flow.site.organization_id
    if flow.resource_type.is_group:
        raise ValidationError(
            {"resource_type": _("“%s” is a group; choose one of its types.") % flow.resource_type}
        )
    if not len(flow.hours):
        raise ValidationError({"hours_of_week": _("Choose at least one hour of the week.")})
    if not flow.months or not set(flow.months) <= set(range(1, 13)):
        raise ValidationError({"months": _("Choose months between 1 and 12.")})
    flow.months = sorted(set(flow.months))
    _check_ranges(flow)
    flow.unit = flow.unit.strip() or flow.resource_type.unit
    try:
        flow.unit_factor = units.conversion_factor(flow.unit, flow.resource_type.unit)
    except InvalidInput as error:
        raise ValidationError(error.errors) from error
    if flow.amount is None or flow.amount <= 0:
        raise ValidationError({"amount": _("The amount must be above 0.")})
    periods = units.periods_per_year(flow.per, flow.hours, flow.months)
    flow.quantity_per_year = float(flow.amount) * flow.unit_factor * periods
    flow.min_quantity_per_year = float(flow.min_amount or 0) * flow.unit_factor * periods


def _check_ranges(flow: ResourceFlow) -> None:
    """Tell at the field what the constraints would tell about the whole row."""
    for name, (lowest, highest) in QUALITY_RANGES.items():
        low, high = getattr(flow, f"{name}_min"), getattr(flow, f"{name}_max")
        for end, value in (("min", low), ("max", high)):
            if value is not None and not lowest <= value <= highest:
                raise ValidationError(
                    {
                        f"{name}_{end}": _("Give a number between %(lowest)g and %(highest)g.")
                        % {"lowest": lowest, "highest": highest}
                    }
                )
        if low is not None and high is not None and low > high:
            raise ValidationError(
                {f"{name}_max": _("The highest value must not be below the lowest.")}
            )


def _check_contaminants(contaminants: Mapping[str, float]) -> None:
    if len(contaminants) > MAX_CONTAMINANTS:
        raise ValidationError(
            {"contaminants_mg_kg": _("Give at most %d substances.") % MAX_CONTAMINANTS}
        )
    for substance, mg_per_kg in contaminants.items():
        try:
            content = FlowContaminant(substance=substance, mg_per_kg=mg_per_kg)
            content.full_clean(exclude=["flow"], validate_unique=False)
        except ValidationError as error:
            raise ValidationError({"contaminants_mg_kg": error.messages}) from error


@transaction.atomic
def delete_flow(*, actor: User, flow: ResourceFlow) -> None:
    """
    Delete a flow and its matches.

    :raises PermissionDenied: the actor may not edit the organization's flows.
    :raises StillInUse: there are proposals about it.
    """
    permissions.require(permissions.can_edit_resources(actor, flow.organization_id))
    try:
        flow.delete()
    except ProtectedError as error:
        raise StillInUse(
            _("There are proposals about this flow, which are kept. Archive the flow instead.")
        ) from error
