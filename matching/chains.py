"""Chains over a processor: A's output, converted by B, serves C's input."""

from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.measure import D
from django.db.models import Q

from matching import loading, pairing, weights
from matching.engine import chains as engine
from matching.engine.arrays import COLUMN, PRECISION_LEVELS
from matching.masking import mask, shown_instead
from matching.outcome import Outcome
from organizations.disclosure import Viewpoint
from organizations.models import Conversion, ResourceFlow
from organizations.permissions import Actor

# The nearest are looked at: a region has few processors, and a page has to stay quick.
MOST_PROCESSORS = 20
MOST_FAR_FLOWS = 1000


@dataclass(frozen=True, slots=True)
class Leg:
    """One of the two exchanges of a chain, as a pair by itself."""

    distance_m: float
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Chain:
    """`first` is what is taken, `second` what is made; the whole counts what is made."""

    output: ResourceFlow
    conversion: Conversion
    input: ResourceFlow
    first: Leg
    second: Leg
    conversion_eur_per_year: float
    whole: Outcome


class Chains:
    """Chains of a flow, the best first; a slice reads the rows that it shows."""

    def __init__(
        self, found: engine.Chains, outputs: list[UUID], conversions: list[Conversion],
        inputs: list[UUID],
    ) -> None:  # fmt: skip
        self._found = found
        self._outputs, self._conversions, self._inputs = outputs, conversions, inputs

    def __len__(self) -> int:
        return len(self._found)

    def __getitem__(self, part: slice) -> list[Chain]:
        found = self._found
        rows = ResourceFlow.objects.select_related("site", "organization", "resource_type")
        numbers = range(len(found))[part]
        ends = {
            number: (
                self._outputs[found.sources[number]],
                self._inputs[found.takers[number]],
            )
            for number in numbers
        }
        flows = rows.in_bulk([flow_id for pair in ends.values() for flow_id in pair])
        return [
            Chain(
                flows[output_id],
                self._conversions[found.processors[number]],
                flows[input_id],
                _leg(found.first_legs[number]),
                _leg(found.second_legs[number]),
                float(found.conversion_eur_per_year[number]),
                Outcome.of(found.wholes[number]),
            )
            for number, (output_id, input_id) in ends.items()
            # Not those deleted meanwhile.
            if output_id in flows and input_id in flows
        ]


def find_chains(flow: ResourceFlow, *, viewer: Actor) -> Chains:
    """
    Return the chains that an active flow begins or ends, in a fixed number of queries.

    Among the flows and conversions that the viewer may see, of three different organizations.
    """
    is_output = flow.direction == ResourceFlow.Direction.OUTPUT
    types = loading.load_types()
    conversions = _conversions_near(flow, types, viewer)
    own = loading.load_flows(
        types, is_output=is_output, condition="c.flow_id = %s", parameters=[flow.pk]
    )
    far = loading.load_flows(
        types,
        is_output=not is_output,
        condition="c.flow_id = ANY(%s::uuid[])",
        parameters=[_far_ids(flow, conversions, types, viewer)],
    )
    contaminants = loading.join_contaminants(own, far)
    viewpoint = Viewpoint(viewer)
    mask(far[0], shown_instead(viewpoint, far[0].ids))
    (sources, _), (takers, _) = (own, far) if is_output else (far, own)
    found = engine.find_chains(
        sources.array,
        _processors(conversions, types),
        takers.array,
        types.array,
        contaminants,
        weights=weights.in_force(),
    )
    return Chains(found, sources.ids, conversions, takers.ids)


def _leg(row: np.ndarray) -> Leg:
    return Leg(float(row[COLUMN["distance_m"]]), Outcome.of(row))


def _conversions_near(
    flow: ResourceFlow, types: loading.TypeTable, viewer: Actor
) -> list[Conversion]:
    is_output = flow.direction == ResourceFlow.Direction.OUTPUT
    near = "from_type" if is_output else "to_type"
    rows = (
        Conversion.objects.visible_to(viewer)
        .within(flow.location, radius_m=pairing.reach_m(flow, types) + 1)
        .filter(**{f"{near}__in": pairing.counterpart_keys(flow, types)})
        .exclude(site__organization=flow.organization_id)
        .for_display()
        .order_by("distance", "pk")  # type: ignore[misc]  # annotated by `within`
    )
    return list(rows[:MOST_PROCESSORS])


def _far_ids(
    flow: ResourceFlow, conversions: list[Conversion], types: loading.TypeTable, viewer: Actor
) -> list[UUID]:
    """The flows at the other end, within reach of any of the conversions; the nearest to them."""
    is_output = flow.direction == ResourceFlow.Direction.OUTPUT
    within_reach = Q(pk__in=[])
    for conversion in conversions:
        # The product is an output like others, what is taken an input.
        key = conversion.to_type_id if is_output else conversion.from_type_id
        reach = D(m=types.reach_m(key, is_output=is_output) + 1)
        within_reach |= Q(
            resource_type__in=types.counterpart_keys(key, is_output=is_output),
            location__dwithin=(conversion.site.location, reach),
        )
    flows = (
        ResourceFlow.objects.visible_to(viewer)
        .active()
        .filter(within_reach, direction="input" if is_output else "output")
        .exclude(organization=flow.organization_id)
        .order_by(Distance("location", flow.location), "pk")
    )
    return list(flows.values_list("pk", flat=True)[:MOST_FAR_FLOWS])


def _processors(conversions: list[Conversion], types: loading.TypeTable) -> engine.Processors:
    """Return conversions as what they take and make, for the kernel."""
    intakes = engine.blank_flows(len(conversions))
    for intake, conversion in zip(intakes, conversions, strict=True):
        site = conversion.site
        owner = site.organization_id.bytes
        intake["organization_high"] = int.from_bytes(owner[:8], signed=True)
        intake["organization_low"] = int.from_bytes(owner[8:], signed=True)
        intake["longitude"], intake["latitude"] = site.location.x, site.location.y
        intake["precision"] = PRECISION_LEVELS.index("estimated")
        intake["verified"] = site.organization.verified_at is not None
        intake["completed_exchanges"] = site.organization.completed_exchanges
        intake["permit"] = intake["hazardous"] = site.holds_hazardous_waste_permit
        intake["country"] = int.from_bytes(site.country.encode())
        # What is taken replaces no purchase: its product does, at the end of the chain.
        intake["cost_eur_per_unit"] = 0.0
        intake["quantity_per_year"] = conversion.capacity_per_year
        intake["type"] = types.index_of[conversion.from_type_id]
    products = intakes.copy()
    products["hazardous"] = 0
    products["cost_eur_per_unit"] = np.nan
    products["type"] = [types.index_of[conversion.to_type_id] for conversion in conversions]
    products["reach_m"] = types.array["reach_m"][products["type"]]
    return engine.Processors(
        intakes,
        products,
        np.array([conversion.yield_per_unit for conversion in conversions]),
        np.array([float(conversion.cost_eur_per_unit) for conversion in conversions]),
    )
