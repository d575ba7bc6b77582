"""What two flows would cost and bring if they exchanged a quantity that people talk about."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from matching import loading
from matching.engine.arrays import COLUMN
from matching.engine.exchange import value_quantity
from matching.engine.scoring import COLUMN_COUNT


@dataclass(frozen=True, slots=True)
class Valuation:
    """An exchange of a quantity: EUR and t per year, unless named otherwise."""

    quantity_per_year: float
    distance_m: float
    avoided_purchase_eur_per_year: float
    avoided_disposal_eur_per_year: float
    transport_eur_per_year: float
    investment_eur: float
    annuity_eur_per_year: float
    maintenance_eur_per_year: float
    savings_eur_per_year: float
    co2_avoided_t_per_year: float

    @property
    def connection_eur_per_year(self) -> float:
        """All that lies between the two: transport, the investment's annuity, maintenance."""
        return (
            self.transport_eur_per_year + self.annuity_eur_per_year + self.maintenance_eur_per_year
        )


@dataclass(frozen=True)
class Valuer:
    """A pair of flows as the kernel reads them, to be valued at one quantity after the other."""

    output: np.void
    input: np.void
    types: np.ndarray

    def at(self, quantity_per_year: float) -> Valuation | None:
        """Return what this quantity [canonical units] brings; None where both never run at once."""
        row = np.zeros(COLUMN_COUNT)
        if not value_quantity(self.output, self.input, self.types, quantity_per_year, row):
            return None
        return Valuation(
            **{name: float(row[COLUMN[name]]) for name in Valuation.__dataclass_fields__}
        )


Pair = tuple[UUID, UUID]


def valuers_of(pairs: Collection[Pair]) -> dict[Pair, Valuer]:
    """
    Return the valuers of pairs (output, input), whatever the status of their flows.

    Those of which a flow is gone are left out. In a fixed number of queries.
    """
    if not pairs:
        return {}
    types = loading.load_types()
    outputs, inputs = (
        loading.load_flows(
            types,
            is_output=is_output,
            condition="c.flow_id = ANY(%s::uuid[])",
            parameters=[[pair[place] for pair in pairs]],
            offered=False,
        )[0]
        for is_output, place in ((True, 0), (False, 1))
    )
    output_at, input_at = ({key: i for i, key in enumerate(side.ids)} for side in (outputs, inputs))
    return {
        (output, input_): Valuer(
            outputs.array[output_at[output]], inputs.array[input_at[input_]], types.array
        )
        for output, input_ in pairs
        if output in output_at and input_ in input_at
    }


def valuer_of(*, output_id: UUID, input_id: UUID) -> Valuer | None:
    """Return the valuer of one pair; None where a flow is gone."""
    return valuers_of([(output_id, input_id)]).get((output_id, input_id))
