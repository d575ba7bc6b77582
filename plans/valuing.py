"""What exchanges of given quantities bring, by the matching engine, at the prices of a plan."""

from collections.abc import Sequence

import numpy as np

from matching import loading
from matching.engine.arrays import COLUMN
from matching.engine.exchange import value_quantity
from matching.engine.scoring import COLUMN_COUNT
from matching.figures import PairOfFlows
from matching.loading import TypeTable
from organizations.models import ResourceType
from plans.models import Plan

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


def value(
    plan: Plan, pairs: Sequence[PairOfFlows], quantities: Sequence[float]
) -> list[np.ndarray | None]:
    """
    Return what each pair brings at its quantity [canonical units per year], by `COLUMNS`.

    Whatever the status of the flows; None where one is gone or both never run at once. In a fixed
    number of queries.
    """
    if not pairs:
        return []
    types = loading.load_types()
    outputs, inputs = (
        loading.load_flows(
            types,
            is_output=is_output,
            condition="c.flow_id = ANY(%s::uuid[])",
            parameters=[list({getattr(pair, side) for pair in pairs})],
            offered=False,
        )[0]
        for is_output, side in ((True, "output_id"), (False, "input_id"))
    )
    output_at, input_at = ({key: i for i, key in enumerate(side.ids)} for side in (outputs, inputs))
    rows, present, of = [], [], []
    for number, (pair, quantity) in enumerate(zip(pairs, quantities, strict=True)):
        ends = output_at.get(pair.output_id), input_at.get(pair.input_id)
        if ends[0] is None or ends[1] is None:
            continue
        output, input_ = outputs.array[ends[0]], inputs.array[ends[1]]
        row = np.zeros(COLUMN_COUNT)
        if value_quantity(output, input_, types.array, quantity, row):
            rows.append(row)
            present.append(number)
            of.append(output["type"])
    result: list[np.ndarray | None] = [None] * len(pairs)
    if rows:
        valued = with_prices_of(plan, np.array(rows), types, np.array(of))
        for number, row in zip(present, valued, strict=True):
            result[number] = row
    return result
