"""What a scenario changes of the flows: plants that come, plants that close."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.contrib.gis.geos import Point
from django.contrib.gis.measure import D
from django.db.models import Q

from matching import pairing
from matching.loading import load_types
from matching.masking import shown_instead
from organizations.disclosure import Viewpoint
from organizations.models import ResourceFlow
from organizations.querysets import meridians
from plans.models import Plan, SupposedFlow, SupposedSite
from proposals.models import Proposal
from proposals.states import RESERVING

# Of one supposed flow; the nearest are looked at.
MOST_PARTNERS = 3000


def pairs_of(plan: Plan, flows: Sequence[SupposedFlow]) -> Iterator[tuple[UUID, UUID]]:
    """
    Yield (output, input) of what supposed flows might match; the kernel has the last word.

    Among the flows of the region that its readers may see, and those of the other supposed plants.
    """
    types = load_types()
    flows = _inside(plan, flows)
    for flow in flows:
        declared = flow.as_declared()
        radius_m = pairing.reach_m(declared, types)
        if plan.max_distance_km is not None:
            radius_m = min(radius_m, plan.max_distance_km * 1000)
        keys = pairing.counterpart_keys(declared, types)
        is_output = flow.direction == ResourceFlow.Direction.OUTPUT
        if plan.resource_type_id is not None:
            wanted = set(types.subtree_keys(plan.resource_type_id))
            # What is exchanged is of the output's type.
            if is_output and flow.resource_type_id not in wanted:
                continue
            keys = keys if is_output else [key for key in keys if key in wanted]
        near = (
            plan.flows()
            .visible_to(plan.readers)
            .filter(
                direction="input" if is_output else "output",
                resource_type__in=keys,
                # A metre more than the kernel allows: the two do not measure alike to the last bit.
                location__dwithin=(flow.site.location, D(m=radius_m + 1)),
            )
            .nearest_first(flow.site.location)
        )
        others = list(near.values_list("pk", flat=True)[:MOST_PARTNERS])
        if is_output:
            others += [
                other.pk for other in flows
                if other.direction != flow.direction and other.site_id != flow.site_id
            ]  # fmt: skip
        for other in others:
            yield (flow.pk, other) if is_output else (other, flow.pk)


def _inside(plan: Plan, flows: Sequence[SupposedFlow]) -> list[SupposedFlow]:
    """Return those that lie in the box and the area of a plan; a supposed plant has no city."""
    sites = SupposedSite.objects.filter(plan=plan)
    if plan.area is not None:
        sites = sites.filter(location__coveredby=plan.area)
    inside = {site.pk for site in sites if _is_in_box(plan, site.location)}
    return [flow for flow in flows if flow.site_id in inside]


def _is_in_box(plan: Plan, place: Point) -> bool:
    if plan.bbox is None:
        return True
    west, south, east, north = plan.bbox
    in_span = any(low <= place.x <= high for low, high in meridians(west, east))
    return in_span and south <= place.y <= north


def freed_by(plan: Plan) -> dict[UUID, float]:
    """
    Return what flows get back [canonical units per year] of contracts with what closes.

    Of flows whose exact figures the plan's readers do not see: of contracts of their own alone, as
    they do not know of others.
    """
    closed = Q(pk__in=[])
    for closure in plan.closures.all():
        closed |= closure.condition
    gone = ResourceFlow.objects.filter(closed).values("pk")
    contracts = Proposal.objects.filter(status__in=RESERVING, quantity__isnull=False)
    found: list[tuple] = []
    for ours, theirs in (("resource", "counterpart"), ("counterpart", "resource")):
        rows = contracts.filter(**{f"{theirs}__in": gone})
        found += rows.values_list(ours, "quantity", "from_organization", "to_organization")
    hidden = shown_instead(Viewpoint(plan.readers), {row[0] for row in found})
    freed: dict[UUID, float] = defaultdict(float)
    for key, quantity, *sides in found:
        if key not in hidden or plan.organization_id in sides:
            freed[key] += float(quantity)
    return freed
