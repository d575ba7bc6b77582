"""Writes of resource flows."""

from collections.abc import Mapping
from functools import reduce
from operator import and_
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CheckConstraint, ProtectedError
from django.utils.translation import gettext as _

from organizations import permissions, units
from organizations.models import FlowContaminant, ResourceFlow, Site, User
from organizations.models.flow import QUALITY_RANGES
from organizations.services.organizations import StillInUse
from turash.constraints import check_without_asking, told_by_the_database
from turash.errors import InvalidInput
from turash.figures import figure, unit
from turash.locking import lock

MAX_CONTAMINANTS = 50
_EDITED = [
    field.name
    for field in ResourceFlow._meta.concrete_fields
    if not field.primary_key and field.name != "reserved_per_year"
]
_CHECKS = [c for c in ResourceFlow._meta.constraints if isinstance(c, CheckConstraint)]
# One question to the database instead of one each.
_ALL_CHECKS = CheckConstraint(
    condition=reduce(and_, (check.condition for check in _CHECKS)), name="all_checks"
)
# Sums of decimals and floats of the same quantity differ by less than this share.
SAME = 1e-9


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
        check_contaminants(contaminants)
    if flow._state.adding:
        with told_by_the_database(ResourceFlow):
            flow.save()
    else:
        check_reserved(flow)
        with told_by_the_database(ResourceFlow):
            # What is under contract is not the form's to write, which may have read it long ago.
            flow.save(update_fields=_EDITED)
    if contaminants is not None:
        FlowContaminant.objects.filter(flow=flow).delete()
        FlowContaminant.objects.bulk_create(
            FlowContaminant(flow=flow, substance=substance, mg_per_kg=mg_per_kg)
            for substance, mg_per_kg in contaminants.items()
        )
        # A prefetched list would still show the old ones.
        getattr(flow, "_prefetched_objects_cache", {}).pop("contaminants", None)
    return flow


def check_flow(flow: ResourceFlow, *, contaminants: Mapping[str, float]) -> None:
    """
    Check a flow that is not going to be stored, at a site that need not be, as `save_flow` would.

    :raises ValidationError: if a field is wrong.
    """
    derive(flow)
    flow.full_clean(
        exclude=["site", "organization"], validate_unique=False, validate_constraints=False
    )
    check_contaminants(contaminants)
    try:
        _ALL_CHECKS.validate(ResourceFlow, flow)
    except ValidationError:
        for constraint in _CHECKS:
            try:
                constraint.validate(ResourceFlow, flow)
            except ValidationError as error:
                raise ValidationError(error.message, code=constraint.name) from error
        raise


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


def check_reserved(flow: ResourceFlow) -> None:
    """
    Hold the row, and see that what is under contract stays what and as much as it is.

    :raises ValidationError: the new amount is below what is under contract, or the flow would
        become another one.
    """
    rows = ResourceFlow.objects.select_for_update(no_key=True).filter(pk=flow.pk)
    held = rows.values("reserved_per_year", "resource_type", "direction").first()
    if held is None or not held["reserved_per_year"]:
        return
    flow.reserved_per_year = held["reserved_per_year"]
    reserved = f"{figure(flow.reserved_per_year)} {unit(flow.resource_type.unit)}"
    stays = _("%s a year of this flow are under contract: this stays.") % reserved
    if held["resource_type"] != flow.resource_type_id:
        raise ValidationError({"resource_type": stays})
    if held["direction"] != flow.direction:
        raise ValidationError({"direction": stays})
    if flow.quantity_per_year < flow.reserved_per_year:
        raise ValidationError(
            {
                "amount": _("%s a year of this flow are under contract; it cannot be less.")
                % reserved
            }
        )


@transaction.atomic
def set_reserved(*, flow: ResourceFlow, reserved_per_year: float) -> None:
    """
    Take a quantity [canonical units per year] out of what can be matched of a flow, or give back.

    The caller holds the flow's row, and knows all contracts about it.

    :raises ValidationError: there is not as much.
    """
    if reserved_per_year <= flow.quantity_per_year * (1 + SAME):
        reserved_per_year = min(reserved_per_year, flow.quantity_per_year)
    flow.reserved_per_year = reserved_per_year
    with told_by_the_database(ResourceFlow):
        flow.save(update_fields=["reserved_per_year"])


def check_contaminants(contaminants: Mapping[str, float]) -> None:
    """
    Check contents [mg/kg] by substance.

    :raises ValidationError: one of them is wrong, or there are too many.
    """
    if len(contaminants) > MAX_CONTAMINANTS:
        raise ValidationError(
            {"contaminants_mg_kg": _("Give at most %d substances.") % MAX_CONTAMINANTS}
        )
    for substance, mg_per_kg in contaminants.items():
        try:
            content = FlowContaminant(substance=substance, mg_per_kg=mg_per_kg)
            content.clean_fields(exclude=["flow"])
            check_without_asking(content)
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
