"""What exchanges of given quantities bring, by the matching engine, at the prices of a plan."""

from collections.abc import Sequence

import numpy as np

from matching import weights
from matching.engine.arrays import COLUMN
from matching.engine.best import score_pairs
from matching.engine.exchange import value_quantity
from matching.engine.scoring import COLUMN_COUNT
from matching.figures import PairOfFlows
from matching.loading import TypeTable
from organizations.models import ResourceType
from plans.models import Plan
from plans.sides import Sides, load, supposed_of

PURCHASE, SAVINGS = COLUMN["avoided_purchase_eur_per_year"], COLUMN["savings_eur_per_year"]
# What gets dearer when energy does.
_ENERGY = (ResourceType.Family.ENERGY, ResourceType.Family.GAS)


def with_prices_of(plan: Plan, rows: np.ndarray, types: TypeTable, of: np.ndarray) -> np.ndarray:
    """
    Return rows by `COLUMNS` at the energy prices of a plan.

    `of` are the types, by their place in the table. What is avoided of energy and gases changes in
    proportion; costs of transport stay, which hold little energy.
    """
    if plan.energy_price_pct == 100 or not len(rows):
        return rows
    keys = set(ResourceType.objects.filter(family__in=_ENERGY).values_list("pk", flat=True))
    is_energy = np.array([key in keys for key in types.keys])[of]
    more = rows[:, PURCHASE] * np.where(is_energy, plan.energy_price_pct / 100 - 1, 0.0)
    rows = rows.copy()
    rows[:, PURCHASE] += more
    rows[:, SAVINGS] += more
    return rows


def scored(sides: Sides, places: np.ndarray, *, any_lot: bool) -> np.ndarray:
    """
    Return what the kernel says of pairs (output, input), by `COLUMNS`.

    `any_lot`: where figures are not exact, however small an exchange may be to be worth it: that
    the two match is known already, and what is rounded must not hide it.
    """

    def score(outputs: np.ndarray, inputs: np.ndarray, places: np.ndarray) -> np.ndarray:
        return score_pairs(
            outputs, inputs, places, sides.types.array, sides.contaminants, weights.in_force()
        )

    outputs, inputs = sides.outputs.array, sides.inputs.array
    results = score(outputs, inputs, places)
    coarse = sides.outputs.is_coarse[places[:, 0]] | sides.inputs.is_coarse[places[:, 1]]
    if any_lot and coarse.any():
        outputs, inputs = outputs.copy(), inputs.copy()
        outputs["min_quantity_per_year"] = inputs["min_quantity_per_year"] = 0.0
        results[coarse] = score(outputs, inputs, places[coarse])
    return results


def value(
    plan: Plan, pairs: Sequence[PairOfFlows], quantities: Sequence[float]
) -> list[np.ndarray | None]:
    """
    Return what each pair brings at its quantity [canonical units per year], by `COLUMNS`.

    Whatever the status of the flows; None where one is gone or both never run at once. In a fixed
    number of queries, and some for each flow that is supposed.
    """
    result: list[np.ndarray | None] = [None] * len(pairs)
    flows = supposed_of(plan)
    supposed = {flow.pk for flow in flows}
    are_supposed = [pair.output_id in supposed or pair.input_id in supposed for pair in pairs]
    for kind, of in ((False, ()), (True, flows)):
        numbers = [number for number, is_one in enumerate(are_supposed) if is_one == kind]
        if not numbers:
            continue
        sides = load(
            (pairs[number].output_id for number in numbers),
            (pairs[number].input_id for number in numbers),
            supposed=of, offered=False, viewer=plan.readers,
        )  # fmt: skip
        rows, present, types = [], [], []
        for number in numbers:
            row = _value(sides, pairs[number], quantities[number])
            if row is not None:
                rows.append(row)
                present.append(number)
                types.append(sides.type_of(pairs[number].output_id))
        valued = with_prices_of(
            plan, np.array(rows).reshape(-1, COLUMN_COUNT), sides.types, np.array(types, dtype=int)
        )
        for number, row in zip(present, valued, strict=True):
            result[number] = row
    return result


def _value(sides: Sides, pair: PairOfFlows, quantity: float) -> np.ndarray | None:
    output = sides.outputs.place_of.get(pair.output_id)
    input_ = sides.inputs.place_of.get(pair.input_id)
    if output is None or input_ is None:
        return None
    row = np.zeros(COLUMN_COUNT)
    is_one = value_quantity(
        sides.outputs.array[output], sides.inputs.array[input_], sides.types.array, quantity, row
    )
    return row if is_one else None
