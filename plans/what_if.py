"""What a scenario changes of the flows: plants that come, plants that close."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.contrib.gis.measure import D
from django.db.models import Q

from matching import pairing
from matching.loading import load_types
from organizations.models import ResourceFlow
from plans.models import Plan, SupposedFlow
from proposals.models import Proposal
from proposals.states import RESERVING

# Of one supposed flow; the nearest are looked at.
MOST_PARTNERS = 3000


def pairs_of(plan: Plan, flows: Sequence[SupposedFlow]) -> Iterator[tuple[UUID, UUID]]:
    """
    Yield (output, input) of what supposed flows might match; the kernel has the last word.

    Among the flows of the region that who asks may see, and those of the other supposed plants.
    """
    types = load_types()
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
            .visible_to(plan.viewer)
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


def freed_by(plan: Plan) -> dict[UUID, float]:
    """Return what flows get back [canonical units per year] of contracts with what closes."""
    closed = Q(pk__in=[])
    for closure in plan.closures.all():
        closed |= closure.condition
    gone = ResourceFlow.objects.filter(closed).values("pk")
    freed: dict[UUID, float] = defaultdict(float)
    contracts = Proposal.objects.filter(status__in=RESERVING, quantity__isnull=False)
    for ours, theirs in (("resource", "counterpart"), ("counterpart", "resource")):
        rows = contracts.filter(**{f"{theirs}__in": gone})
        for key, quantity in rows.values_list(ours, "quantity"):
            freed[key] += float(quantity)
    return freed
