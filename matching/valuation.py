"""What two flows would cost and bring if they exchanged a quantity that people talk about."""

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


def valuer_of(*, output_id: UUID, input_id: UUID) -> Valuer | None:
    """
    Return the valuer of a pair, whatever the status of its flows; None where one is gone.

    In a fixed number of queries.
    """
    types = loading.load_types()
    sides = [
        loading.load_flows(
            types, is_output=is_output, condition="f.id = %s", parameters=[flow_id], offered=False
        )[0]
        for is_output, flow_id in ((True, output_id), (False, input_id))
    ]
    if not all(len(side) for side in sides):
        return None
    return Valuer(sides[0].array[0], sides[1].array[0], types.array)
