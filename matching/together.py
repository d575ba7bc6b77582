"""Several small partners for one flow: a bundle that serves an input, a split of an output."""

from dataclasses import dataclass

from matching import loading, pairing, weights
from matching.engine.arrays import COLUMN
from matching.engine.together import best_together
from matching.outcome import Outcome
from organizations.disclosure import Viewpoint
from organizations.models import ResourceFlow
from organizations.permissions import Actor


@dataclass(frozen=True, slots=True)
class Part:
    """What one partner exchanges; shares of 1 of what the flow and the partner have in all."""

    flow: ResourceFlow
    distance_m: float
    share_of_flow: float
    share_of_partner: float
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Combination:
    """
    Partners that together save most for a flow: a bundle for an input, a split of an output.

    `covered` is the share of the flow's amount that all parts add up to.
    """

    kind: str
    unit: str
    parts: list[Part]
    covered: float
    whole: Outcome


BUNDLE, SPLIT = KINDS = ("bundle", "split")


def find_combination(flow: ResourceFlow, *, viewer: Actor) -> Combination | None:
    """
    Return the partners that together save most for an active flow, in a fixed number of queries.

    Among the flows that the viewer may see, without pairs that the flow's organization has
    dismissed. None where nobody fits, or one partner alone saves as much.
    """
    is_output = flow.direction == ResourceFlow.Direction.OUTPUT
    types = loading.load_types()
    # A metre more than the kernel allows: the two measure alike, but not to the last bit.
    radius_m = pairing.reach_m(flow, types) + 1
    ids = pairing.candidate_ids(flow, types, viewer=viewer, radius_m=radius_m)
    viewpoint = Viewpoint(viewer)
    pairs = pairing.pair_up(
        flow,
        types,
        condition="c.flow_id = ANY(%s)",
        parameters=[ids[: pairing.MOST_CANDIDATES]],
        viewpoint=viewpoint,
    )
    found = best_together(*pairs.arrays, is_output=is_output, weights=weights.in_force())
    if found is None:
        return None
    partner_ids = [pairs.other_ids[place] for place in found.places]
    rows = ResourceFlow.objects.select_related("site", "organization", "resource_type")
    partners = rows.in_bulk(partner_ids)
    if len(partners) < len(partner_ids):
        # One was deleted meanwhile.
        return None
    parts = [
        _part(
            flow,
            viewpoint.shown(partners[partner_id]),
            Outcome.of(row),
            float(row[COLUMN["distance_m"]]),
        )
        for partner_id, row in zip(partner_ids, found.results, strict=True)
    ]
    whole = Outcome.of(found.whole)
    covered = whole.quantity_per_year / flow.available_per_year
    kind, unit = SPLIT if is_output else BUNDLE, flow.resource_type.unit
    return Combination(kind, unit, parts, covered, whole)


def _part(flow: ResourceFlow, partner: ResourceFlow, outcome: Outcome, distance_m: float) -> Part:
    quantity = outcome.quantity_per_year
    return Part(
        partner,
        distance_m,
        quantity / flow.available_per_year,
        quantity / partner.available_per_year,
        outcome,
    )
