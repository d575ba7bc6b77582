"""What a scenario supposes: plants that come, and what closes."""

from collections.abc import Sequence
from typing import Any, TypedDict
from uuid import UUID

from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from matching.loading import load_types
from organizations.models import Organization, ResourceFlow, Site
from plans import sides
from plans.models import Plan, PlanClosure, SupposedFlow, SupposedSite

MOST_PLANTS = 5
MOST_FLOWS = 10
MOST_CLOSED = 100


class Plant(TypedDict):
    """A plant that might come; its flows by the columns of `SupposedFlow`."""

    name: str
    location: Point
    flows: Sequence[dict[str, Any]]


def closed_in(plan: Plan) -> list[UUID]:
    """Return what closes in a plan."""
    return [
        closure.organization_id or closure.site_id or closure.flow_id  # type: ignore[misc]
        for closure in plan.closures.all()
    ]


def plants_in(plan: Plan) -> list[Plant]:
    """Return the plants that a plan supposes, as they were given."""
    return [_plant_of(site) for site in plan.supposed_sites.prefetch_related("flows")]


def suppose(plan: Plan, closed: Sequence[UUID] | None, plants: Sequence[Plant] | None) -> None:
    """
    Note what a new plan supposes; None: what the plan does of which it is a scenario.

    :raises ValidationError: by the name of what is wrong.
    """
    origin = plan.scenario_of
    if closed is not None:
        _close(plan, closed)
    elif origin is not None:
        # What others have supposed may be unknown to the readers of the scenario.
        known = _kinds(plan, closed_in(origin))
        _close(plan, [key for key in closed_in(origin) if key in known])
    if plants is None and origin is not None:
        plants = plants_in(origin)
    if plants:
        _build(plan, plants)


def _plant_of(site: SupposedSite) -> Plant:
    names = (
        "name", "direction", "resource_type", "quantity_per_year", "temperature_celsius_min",
        "temperature_celsius_max", "cost_eur_per_unit",
    )  # fmt: skip
    flows = [{name: getattr(flow, name) for name in names} for flow in site.flows.all()]
    return {"name": site.name, "location": site.location, "flows": flows}


def _close(plan: Plan, closed: Sequence[UUID]) -> None:
    wanted = list(dict.fromkeys(closed))
    if len(wanted) > MOST_CLOSED:
        raise ValidationError({"closed": _("At most %d can be given.") % MOST_CLOSED})
    kinds = _kinds(plan, wanted)
    for key in wanted:
        if key not in kinds:
            raise ValidationError({"closed": _("There is no organization, site or flow %s.") % key})
    PlanClosure.objects.bulk_create(
        PlanClosure(plan=plan, **{f"{kinds[key]}_id": key}) for key in wanted
    )


def _kinds(plan: Plan, keys: Sequence[UUID]) -> dict[UUID, str]:
    """Return what each key names, as far as the plan's readers may see it."""
    kinds: dict[UUID, str] = {}
    for model, kind in ((Organization, "organization"), (Site, "site"), (ResourceFlow, "flow")):
        rows = model.objects.visible_to(plan.readers).filter(pk__in=keys)
        kinds |= dict.fromkeys(rows.values_list("pk", flat=True), kind)
    return kinds


def _build(plan: Plan, plants: Sequence[Plant]) -> None:
    if len(plants) > MOST_PLANTS:
        raise ValidationError({"plants": _("At most %d plants can come.") % MOST_PLANTS})
    types = load_types()
    for plant in plants:
        if not 0 < len(plant["flows"]) <= MOST_FLOWS:
            raise ValidationError({"plants": _("A plant has 1 to %d flows.") % MOST_FLOWS})
        site = SupposedSite(plan=plan, name=plant["name"], location=plant["location"])
        try:
            site.full_clean()
            site.save()
            for columns in plant["flows"]:
                name = columns.get("name") or columns["resource_type"].label
                flow = SupposedFlow(site=site, **columns | {"name": name})
                flow.full_clean()
                # What nobody could declare, no plan supposes.
                sides.read(types, flow)
                flow.save()
        except ValidationError as error:
            raise ValidationError({"plants": error.messages}) from error
