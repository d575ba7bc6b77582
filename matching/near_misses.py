"""The flows that nearly fit a flow: a read that is computed, and paged like a QuerySet."""

from dataclasses import dataclass

import numpy as np

from matching import loading, pairing
from matching.engine import near_misses as engine
from matching.engine.parameters import NEAR_MISS_DISTANCE_SHARE
from matching.pairing import MOST_CANDIDATES
from matching.reasons import Reason, reasons
from organizations.disclosure import Viewpoint
from organizations.models import ResourceFlow
from organizations.permissions import Actor


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A flow that nearly fits, with what stands in the way."""

    flow: ResourceFlow
    distance_m: float
    reasons: list[Reason]


class NearMisses:
    """
    Near misses of a flow, the most promising first; a slice reads the rows it shows.

    `is_cut_off`: there are more than `MOST_CANDIDATES` flows of fitting types around, and only the
    nearest of them were looked at.
    """

    def __init__(
        self,
        flow: ResourceFlow,
        pairs: pairing.Pairs,
        viewpoint: Viewpoint,
        *,
        is_cut_off: bool = False,
    ) -> None:
        self.is_cut_off = is_cut_off
        self._viewpoint = viewpoint
        self._flow, self._pairs = flow, pairs
        self._near = engine.near_pairs(*pairs.arrays)

    def __len__(self) -> int:
        return len(self._near)

    def __getitem__(self, part: slice) -> list[NearMiss]:
        near = self._near
        ids = [self._pairs.other_ids[place] for place in near.places[part]]
        rows = ResourceFlow.objects.select_related("site", "organization", "resource_type")
        flows = rows.in_bulk(ids)
        return [
            self._near_miss(flows[flow_id], gaps, facts)
            for flow_id, gaps, facts in zip(ids, near.gaps[part], near.facts[part], strict=True)
            # Deleted meanwhile.
            if flow_id in flows
        ]

    def _near_miss(self, other: ResourceFlow, gaps: np.ndarray, facts: np.ndarray) -> NearMiss:
        is_output = self._flow.direction == ResourceFlow.Direction.OUTPUT
        shown = self._viewpoint.shown(other)
        output, input_ = (self._flow, shown) if is_output else (shown, self._flow)
        return NearMiss(
            shown,
            float(facts[engine.DISTANCE_M]),
            reasons(output, input_, gaps, facts, self._pairs.substances),
        )


def find_near_misses(flow: ResourceFlow, *, viewer: Actor) -> NearMisses:
    """
    Return the flows that nearly fit an active flow, among those that the viewer may see.

    Pairs that the flow's organization has dismissed are left out. A flow that is not active has
    none.
    """
    types = loading.load_types()
    farthest_m = pairing.reach_m(flow, types) * (1 + NEAR_MISS_DISTANCE_SHARE)
    ids = pairing.candidate_ids(flow, types, viewer=viewer, radius_m=farthest_m)
    viewpoint = Viewpoint(viewer)
    pairs = pairing.pair_up(
        flow,
        types,
        condition="c.flow_id = ANY(%s)",
        parameters=[ids[:MOST_CANDIDATES]],
        viewpoint=viewpoint,
    )
    return NearMisses(flow, pairs, viewpoint, is_cut_off=len(ids) > MOST_CANDIDATES)
