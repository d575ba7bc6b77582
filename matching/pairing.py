"""One flow and those of the other direction, side by side for a kernel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from matching import loading
from matching.masking import mask, shown_instead
from matching.models import MatchDismissal
from organizations.disclosure import Viewpoint
from organizations.models import ResourceFlow
from organizations.permissions import Actor

# Bounds the work of a page in a large city; the nearest are looked at.
MOST_CANDIDATES = 3000

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Pairs:
    """A flow paired with each of many; row n is the pair with the nth of the others."""

    others: loading.FlowTable
    arrays: Arrays  # outputs, inputs, pairs of their indices, types, contaminants
    substances: list[str]  # contaminants by their numbers

    @property
    def other_ids(self) -> list[UUID]:
        return self.others.ids[: len(self.arrays[2])]

    def other_id(self, place: int) -> UUID:
        """Return the id of one of many others."""
        return UUID(bytes=self.others.raw_ids[place].tobytes())


def pair_up(
    flow: ResourceFlow,
    types: loading.TypeTable,
    *,
    condition: str,
    parameters: Sequence[Any],
    viewpoint: Viewpoint | None = None,
) -> Pairs:
    """
    Pair an active flow with the active ones of the other direction that meet a condition.

    With the figures that are shown to a viewer, if one is named: what follows tells no more.

    There are no pairs when the flow is not active, or no longer since it was read.
    """
    is_output = flow.direction == ResourceFlow.Direction.OUTPUT
    return pair_loaded(
        load_own(flow, types), types, is_output=is_output, condition=condition,
        parameters=parameters, viewpoint=viewpoint,
    )  # fmt: skip


def load_own(flow: ResourceFlow, types: loading.TypeTable) -> loading.Loaded:
    """Read a flow as one of the two sides: nothing, if it does not take part in matching."""
    is_output = flow.direction == ResourceFlow.Direction.OUTPUT
    return loading.load_flows(
        types, is_output=is_output, condition="c.flow_id = %s", parameters=[flow.pk]
    )


def pair_loaded(
    own: loading.Loaded,
    types: loading.TypeTable,
    *,
    is_output: bool,
    condition: str,
    parameters: Sequence[Any],
    viewpoint: Viewpoint | None = None,
) -> Pairs:
    """Do the same for a flow that has been read."""
    others = loading.load_flows(
        types, is_output=not is_output, condition=condition, parameters=parameters
    )
    if viewpoint:
        table, _ = others
        # One's own, or a facilitator asks, who sees all.
        mask(table, shown_instead(viewpoint, table.ids))
    return pair_with(own, others, types, is_output=is_output)


def pair_with(
    own: loading.Loaded, others: loading.Loaded, types: loading.TypeTable, *, is_output: bool
) -> Pairs:
    """Pair a flow, an output or not, with each of others of the other direction."""
    contaminants = loading.join_contaminants(own, others)
    (one, _), (many, _) = own, others
    count = len(one) * len(many)
    pairs = np.zeros((count, 2), dtype=np.int64)
    pairs[:, 1 if is_output else 0] = np.arange(count)
    outputs, inputs = (one, many) if is_output else (many, one)
    return Pairs(
        many,
        (outputs.array, inputs.array, pairs, types.array, contaminants),
        loading.substances(own, others),
    )


def counterpart_keys(flow: ResourceFlow, types: loading.TypeTable) -> list[int]:
    """Primary keys of the types that the flow's partners can have."""
    is_output = flow.direction == ResourceFlow.Direction.OUTPUT
    return types.counterpart_keys(flow.resource_type_id, is_output=is_output)


def reach_m(flow: ResourceFlow, types: loading.TypeTable) -> float:
    """The farthest that a partner of the flow can be [m]."""
    farthest = farthest_m(flow, types)
    if flow.max_distance_km is None:
        return farthest
    return min(farthest, flow.max_distance_km * 1000)


def farthest_m(flow: ResourceFlow, types: loading.TypeTable) -> float:
    """The farthest that a partner of any flow of the same type and direction can be [m]."""
    is_output = flow.direction == ResourceFlow.Direction.OUTPUT
    return types.reach_m(flow.resource_type_id, is_output=is_output)


def candidate_ids(
    flow: ResourceFlow, types: loading.TypeTable, *, viewer: Actor, radius_m: float
) -> list[UUID]:
    """
    Return the flows of fitting types around that the viewer may see, nearest first.

    Pairs that the flow's organization has dismissed are left out. At most one more than
    `MOST_CANDIDATES`, which tells that there are more; some may lie a little beyond the radius.
    """
    is_output = flow.direction == ResourceFlow.Direction.OUTPUT
    ours, theirs = ("output", "input") if is_output else ("input", "output")
    dismissed = MatchDismissal.objects.filter(
        **{ours: flow.pk}, organization=flow.organization_id
    ).values(theirs)
    candidates = (
        ResourceFlow.objects.visible_to(viewer)
        .active()
        .filter(direction=theirs, resource_type__in=counterpart_keys(flow, types))
        .exclude(organization=flow.organization_id)
        .exclude(pk__in=dismissed)
        .nearest_first(flow.location)
        .values_list("pk", "spherical_m")  # type: ignore[misc]  # annotated by `nearest_first`
    )
    # A sphere may say a little more than the ellipsoid, on which the kernel measures.
    farthest_m = radius_m * 1.01
    return [pk for pk, metres in candidates[: MOST_CANDIDATES + 1] if metres <= farthest_m]
