"""How far the figures of matches may be off, by how precisely both sides know their amounts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from matching import loading
from matching.engine import parameters as p
from matching.engine.arrays import COLUMN
from matching.engine.best import score_pairs
from matching.models import Match

# What depends on the amounts.
UNCERTAIN = (
    "quantity_per_year",
    "investment_eur",
    "savings_eur_per_year",
    "net_present_value_eur",
    "co2_avoided_t_per_year",
)
_COLUMNS = [COLUMN[name] for name in UNCERTAIN]


@dataclass(frozen=True, slots=True)
class Range:
    """From the least to the most that a figure may be, in the figure's own unit."""

    low: float
    high: float


Ranges = dict[str, Range]


def ranges_of(matches: Sequence[Match]) -> dict[UUID, Ranges]:
    """
    Return for each match, by its id, a range for each figure that depends on the amounts.

    The kernel is asked again with both amounts at their least, and at their most; the figure of the
    match itself always lies within. At amounts too small for an exchange there is none, and all
    figures are 0. In a fixed number of queries.
    """
    figures = {match.pk: [[float(getattr(match, name)) for name in UNCERTAIN]] for match in matches}
    for match_id, values in _at_the_ends(matches):
        figures[match_id].append(values)
    return {
        match_id: {
            name: Range(min(values), max(values))
            for name, values in zip(UNCERTAIN, zip(*rows, strict=True), strict=True)
        }
        for match_id, rows in figures.items()
    }


def _at_the_ends(matches: Sequence[Match]) -> Iterator[tuple[UUID, list[float]]]:
    """Yield the uncertain figures of each match at its least and at its most amounts."""
    if not matches:
        return
    types = loading.load_types()
    sides = [
        loading.load_flows(
            types,
            is_output=is_output,
            condition="f.id = ANY(%s::uuid[])",
            parameters=[[getattr(match, side) for match in matches]],
        )
        for is_output, side in ((True, "output_id"), (False, "input_id"))
    ]
    contaminants = loading.join_contaminants(*sides)
    (outputs, _), (inputs, _) = sides
    output_at, input_at = ({key: i for i, key in enumerate(side.ids)} for side in (outputs, inputs))
    # A match of which a flow has just been paused is about to be lost.
    present = [m for m in matches if m.output_id in output_at and m.input_id in input_at]
    places = [(output_at[match.output_id], input_at[match.input_id]) for match in present]
    pairs = np.array(places, dtype=np.int64).reshape(-1, 2)
    for direction in (-1, 1):
        results = score_pairs(
            _off_by(outputs.array, direction), _off_by(inputs.array, direction), pairs,
            types.array, contaminants, p.DEFAULT_WEIGHTS,
        )  # fmt: skip
        results[np.isnan(results[:, COLUMN["score"]])] = 0.0
        yield from zip((m.pk for m in present), results[:, _COLUMNS].tolist(), strict=True)


def _off_by(flows: np.ndarray, direction: int) -> np.ndarray:
    """Return flows whose amounts are at one end of what they may be."""
    shares = p.PRECISION_SHARES[flows["precision"]]
    moved = flows.copy()
    moved["quantity_per_year"] *= 1 + direction * shares
    return moved
