"""The flows of a plan's exchanges as the kernel reads them: declared ones, and supposed ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from matching import loading
from matching.figures import PairOfFlows
from matching.loading import Loaded, TypeTable
from matching.masking import mask, shown_instead
from organizations import services as organization_services
from organizations.disclosure import Viewpoint
from organizations.permissions import Actor
from plans.models import Plan, SupposedFlow


@dataclass(slots=True)
class Pair:
    """The flows of a match or of a contract."""

    output_id: UUID
    input_id: UUID


@dataclass(frozen=True)
class Side:
    """Outputs or inputs, and where each is."""

    array: np.ndarray
    place_of: dict[UUID, int]
    is_coarse: np.ndarray  # whether the figures of each are not the exact ones


@dataclass(frozen=True)
class Sides:
    """Both sides, with what they state of contaminants, by the numbers of `substances`."""

    outputs: Side
    inputs: Side
    types: TypeTable
    contaminants: np.ndarray
    substances: list[str]

    def pair_up(self, pairs: Iterable[PairOfFlows]) -> tuple[list[PairOfFlows], np.ndarray]:
        """Return the pairs whose flows are both here, and where: (output, input) of each."""
        outputs, inputs = self.outputs.place_of, self.inputs.place_of
        present = [pair for pair in pairs if pair.output_id in outputs and pair.input_id in inputs]
        places = [(outputs[pair.output_id], inputs[pair.input_id]) for pair in present]
        return present, np.array(places, dtype=np.int64).reshape(-1, 2)

    def type_of(self, output_id: UUID) -> int:
        """Return the type of an output, by its place in the table."""
        return int(self.outputs.array["type"][self.outputs.place_of[output_id]])


def load(
    output_ids: Iterable[UUID],
    input_ids: Iterable[UUID],
    *,
    supposed: Iterable[SupposedFlow] = (),
    freed: Mapping[UUID, float] | None = None,
    viewer: Actor,
    offered: bool = True,
) -> Sides:
    """
    Read flows by their ids; in a fixed number of queries, and one for each that is supposed.

    `freed` [canonical units per year]: what flows have besides what is left of them. `offered`:
    only those that take part in matching. With the figures that are shown to the `viewer`.
    """
    types = loading.load_types()
    tables: list[list[Loaded]] = []
    viewpoint, coarse = Viewpoint(viewer), set[UUID]()
    for is_output, ids in ((True, output_ids), (False, input_ids)):
        declared = loading.load_flows(
            types,
            is_output=is_output,
            condition="c.flow_id = ANY(%s::uuid[])",
            parameters=[list(set(ids))],
            offered=offered,
        )
        shown = shown_instead(viewpoint, declared[0].ids)
        mask(declared[0], shown)
        coarse |= shown.keys()
        direction = "output" if is_output else "input"
        added = [read(types, flow) for flow in supposed if flow.direction == direction]
        tables.append([declared, *added])
    everything = [table for side in tables for table in side]
    contaminants = loading.join_contaminants(*everything)
    sides = [_joined(side, freed or {}, coarse) for side in tables]
    return Sides(*sides, types, contaminants, loading.substances(*everything))


def read(types: TypeTable, flow: SupposedFlow) -> Loaded:
    """
    Read a supposed flow as if somebody had declared it.

    :raises ValidationError: nobody could.
    """
    declared = flow.as_declared()
    organization_services.check_flow(declared, contaminants={})
    return loading.load_unsaved(types, declared, {})


def supposed_of(plan: Plan) -> list[SupposedFlow]:
    """Return the flows of the plants that a plan supposes."""
    flows = SupposedFlow.objects.filter(site__plan=plan).select_related("resource_type", "site")
    return list(flows.order_by("pk"))


def _joined(tables: list[Loaded], freed: Mapping[UUID, float], coarse: set[UUID]) -> Side:
    ids = [key for table, _ in tables for key in table.ids]
    side = Side(
        np.concatenate([table.array for table, _ in tables]),
        {key: place for place, key in enumerate(ids)},
        np.array([key in coarse for key in ids], dtype=bool),
    )
    for key, amount in freed.items():
        if key in side.place_of:
            side.array["quantity_per_year"][side.place_of[key]] += amount
    return side
