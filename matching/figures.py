"""What the kernel says of matches, computed from the flows as they are now."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import numpy as np

from matching import loading, weights
from matching.engine.arrays import COLUMN, COLUMNS, MODES
from matching.engine.best import score_pairs
from matching.engine.scoring import add_internal_rates_of_return
from matching.masking import mask
from organizations.models import ResourceFlow

MONEY = tuple(name for name in COLUMNS if "eur" in name)
_MONEY_PLACES = [COLUMN[name] for name in MONEY]


class PairOfFlows(Protocol):
    """What has the ids of an output and of an input."""

    output_id: UUID
    input_id: UUID


class Sides(NamedTuple):
    """The flows of some pairs, as the kernel reads them."""

    outputs: np.ndarray
    inputs: np.ndarray
    places: np.ndarray  # of each pair that is present: (output, input)
    present: list[int]  # numbers of the pairs whose flows both take part in matching
    types: np.ndarray
    contaminants: np.ndarray


Shown = Mapping[UUID, ResourceFlow]


def sides_of(
    pairs: Sequence[PairOfFlows], *, shown: Shown | None = None, any_lot: bool = False
) -> Sides:
    """
    Read the flows of pairs, in a fixed number of queries.

    `shown`: flows whose figures take the place of those that are stated, see matching.masking.
    `any_lot`: however small an exchange may be to be worth it.
    """
    types = loading.load_types()
    loaded = [
        loading.load_flows(
            types,
            is_output=is_output,
            condition="c.flow_id = ANY(%s::uuid[])",
            parameters=[list({getattr(pair, side) for pair in pairs})],
        )
        for is_output, side in ((True, "output_id"), (False, "input_id"))
    ]
    contaminants = loading.join_contaminants(*loaded)
    (outputs, _), (inputs, _) = loaded
    for table in (outputs, inputs):
        mask(table, shown or {})
        if any_lot:
            table.array["min_quantity_per_year"] = 0.0
    output_at, input_at = ({key: i for i, key in enumerate(side.ids)} for side in (outputs, inputs))
    present = [
        number
        for number, pair in enumerate(pairs)
        if pair.output_id in output_at and pair.input_id in input_at
    ]
    places = [(output_at[pairs[n].output_id], input_at[pairs[n].input_id]) for n in present]
    return Sides(
        outputs.array, inputs.array, np.array(places, dtype=np.int64).reshape(-1, 2), present,
        types.array, contaminants,
    )  # fmt: skip


def score(
    pairs: Sequence[PairOfFlows], *, shown: Shown | None = None, any_lot: bool = False
) -> list[np.ndarray | None]:
    """
    Return for each pair what the kernel says of it, by `COLUMNS`; None: it is no match any more.

    Money is rounded to cents. In a fixed number of queries. `shown`, `any_lot`: see `sides_of`.
    """
    if not pairs:
        return []
    sides = sides_of(pairs, shown=shown, any_lot=any_lot)
    results = score_pairs(
        sides.outputs, sides.inputs, sides.places, sides.types, sides.contaminants,
        weights.in_force(),
    )  # fmt: skip
    add_internal_rates_of_return(results)
    scored: list[np.ndarray | None] = [None] * len(pairs)
    for number, result in zip(sides.present, results, strict=True):
        if not np.isnan(result[COLUMN["score"]]):
            scored[number] = rounded(result)
    return scored


def rounded(result: np.ndarray) -> np.ndarray:
    """Return the kernel's result with amounts of money rounded to cents."""
    result = result.copy()
    result[_MONEY_PLACES] = np.round(result[_MONEY_PLACES], 2)
    return result


def values_of(result: np.ndarray) -> dict[str, Any]:
    """Return the kernel's result by name: NaN as None, money (rounded to cents) as Decimal."""
    values: dict[str, Any] = {
        name: None if np.isnan(number) else float(number)
        for name, number in zip(COLUMNS, result, strict=True)
    }
    values["transport"] = MODES[int(result[COLUMN["transport"]])]
    for name in MONEY:
        values[name] = Decimal(repr(values[name]))
    return values


def fill_in(matches: Sequence[Any]) -> list[Any]:
    """
    Set the figures of matches; those that are none any more are left out.

    Such are about to leave the lists: a flow has just been changed or paused.
    """
    kept = []
    for match, result in zip(matches, score(matches), strict=True):
        if result is not None:
            for name, value in values_of(result).items():
                setattr(match, name, value)
            kept.append(match)
    return kept
