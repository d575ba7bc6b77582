"""How far the figures of matches may be off, by how precisely both sides know their amounts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from matching import figures
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
    rows_of = {match.pk: [[float(getattr(match, name)) for name in UNCERTAIN]] for match in matches}
    for is_exact in (True, False):
        alike = [match for match in matches if match.is_exact == is_exact]
        for match_id, values in _at_the_ends(alike, any_lot=not is_exact):
            rows_of[match_id].append(values)
    return {
        match_id: {
            name: Range(min(values), max(values))
            for name, values in zip(UNCERTAIN, zip(*rows, strict=True), strict=True)
        }
        for match_id, rows in rows_of.items()
    }


def _at_the_ends(matches: Sequence[Match], *, any_lot: bool) -> Iterator[tuple[UUID, list[float]]]:
    """Yield the uncertain figures of each match at its least and at its most amounts."""
    if not matches:
        return
    # A match of which a flow has just been paused is about to be lost.
    shown = {flow.pk: flow for match in matches for flow in (match.output, match.input)}
    sides = figures.sides_of(matches, shown=shown, any_lot=any_lot)
    for direction in (-1, 1):
        results = score_pairs(
            _off_by(sides.outputs, direction), _off_by(sides.inputs, direction), sides.places,
            sides.types, sides.contaminants, p.DEFAULT_WEIGHTS,
        )  # fmt: skip
        results[np.isnan(results[:, COLUMN["score"]])] = 0.0
        keys = (matches[number].pk for number in sides.present)
        yield from zip(keys, results[:, _COLUMNS].tolist(), strict=True)


def _off_by(flows: np.ndarray, direction: int) -> np.ndarray:
    """Return flows whose amounts are at one end of what they may be."""
    shares = p.PRECISION_SHARES[flows["precision"]]
    moved = flows.copy()
    moved["quantity_per_year"] *= 1 + direction * shares
    return moved
