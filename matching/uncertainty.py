"""How far the figures of matches may be off, by how precisely both sides know their amounts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from matching import figures
from matching.engine import parameters as p
from matching.engine.arrays import COLUMN
from matching.engine.best import score_pairs
from matching.engine.economics import annuity_factor
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


@dataclass(frozen=True, slots=True)
class Scenario:
    """What an exchange takes at first, and brings each year after that."""

    investment_eur: float
    cash_eur_per_year: float

    @property
    def payback_years(self) -> float | None:
        """None: it never comes back."""
        if not self.investment_eur:
            return 0.0 if self.cash_eur_per_year >= 0 else None
        return self.investment_eur / self.cash_eur_per_year if self.cash_eur_per_year > 0 else None


def outlook_of(match: Match) -> tuple[Ranges, list[Scenario]]:
    """Return the ranges of a match, and scenarios: at the least amounts, as stated, at the most."""
    stated, *ends = _rows_of([match])[match.pk]
    # A flow has just been paused: what was known stays.
    least, most = ends or (stated, stated)
    annuity = annuity_factor(p.INTEREST_RATE, p.LIFETIME_YEARS)
    scenarios = []
    for row in (least, stated, most):
        investment = row[UNCERTAIN.index("investment_eur")]
        savings = row[UNCERTAIN.index("savings_eur_per_year")]
        scenarios.append(Scenario(investment, savings + annuity * investment))
    return _folded([stated, *ends]), scenarios


def ranges_of(matches: Sequence[Match]) -> dict[UUID, Ranges]:
    """
    Return for each match, by its id, a range for each figure that depends on the amounts.

    The kernel is asked again with both amounts at their least, and at their most; the figure of the
    match itself always lies within. At amounts too small for an exchange there is none, and all
    figures are 0. In a fixed number of queries.
    """
    return {match_id: _folded(rows) for match_id, rows in _rows_of(matches).items()}


def _rows_of(matches: Sequence[Match]) -> dict[UUID, list[list[float]]]:
    """Return the uncertain figures of each match: as stated, at the least and at the most."""
    rows_of = {match.pk: [[float(getattr(match, name)) for name in UNCERTAIN]] for match in matches}
    for is_exact in (True, False):
        alike = [match for match in matches if match.is_exact == is_exact]
        for match_id, values in _at_the_ends(alike, any_lot=not is_exact):
            rows_of[match_id].append(values)
    return rows_of


def _folded(rows: Sequence[Sequence[float]]) -> Ranges:
    return {
        name: Range(min(values), max(values))
        for name, values in zip(UNCERTAIN, zip(*rows, strict=True), strict=True)
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
