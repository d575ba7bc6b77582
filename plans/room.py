"""What flows have room for by now: between a plan and its proposals they may have changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from matching.engine.arrays import COLUMN
from matching.figures import PairOfFlows
from plans.models import Plan
from plans.sides import load
from plans.valuing import scored

# A hair for sums.
SAME = 1e-6


@dataclass(frozen=True)
class Room:
    """What pairs can exchange, and flows have left [canonical units per year]."""

    of_pair: dict[tuple[UUID, UUID], tuple[float, float]]  # at least and at most
    of_flow: dict[UUID, float]

    def has(self, pair: tuple[UUID, UUID], quantity: float) -> bool:
        """Whether the pair can exchange so much; not where it is no match any more."""
        if pair not in self.of_pair:
            return False
        least, most = self.of_pair[pair]
        most = min(most, *(self.of_flow[key] for key in pair))
        return least * (1 - SAME) <= quantity <= most * (1 + SAME)

    def take(self, pair: tuple[UUID, UUID], quantity: float) -> None:
        """Note that so much is given away."""
        for key in pair:
            self.of_flow[key] -= quantity


def room_of(plan: Plan, pairs: Sequence[PairOfFlows]) -> Room:
    """
    Return the room of matches now; in a fixed number of queries.

    As the plan's readers see it: so it is looked at as the plan itself, and tells no more.
    """
    sides = load(
        (pair.output_id for pair in pairs), (pair.input_id for pair in pairs), viewer=plan.readers
    )
    present, places = sides.pair_up(pairs)
    results = scored(sides, places, any_lot=True)
    most = results[:, COLUMN["quantity_per_year"]]
    lots = [
        side.array["min_quantity_per_year"][at]
        for side, at in ((sides.outputs, places[:, 0]), (sides.inputs, places[:, 1]))
    ]
    least = np.minimum(np.maximum(*lots), most)
    return Room(
        {
            (pair.output_id, pair.input_id): (low, high)
            for pair, low, high in zip(present, least.tolist(), most.tolist(), strict=True)
            if not np.isnan(high)
        },
        {
            key: float(side.array["quantity_per_year"][place])
            for side in (sides.outputs, sides.inputs)
            for key, place in side.place_of.items()
        },
    )
