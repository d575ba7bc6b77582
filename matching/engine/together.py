"""Several partners for one flow: who takes part, and how much each exchanges."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from matching.engine import parameters as p
from matching.engine.arrays import COLUMN, FLOW, RESOURCE_TYPE
from matching.engine.best import score_pairs
from matching.engine.cells import Cells, cells_of
from matching.engine.scoring import COLUMN_COUNT, is_too_little, value_exchange, weigh
from matching.engine.wholes import is_priced, whole_of_parts

SCORE, DISTANCE, QUANTITY = COLUMN["score"], COLUMN["distance_m"], COLUMN["quantity_per_year"]
HOURS, SAVINGS = COLUMN["shared_hours_per_year"], COLUMN["savings_eur_per_year"]
# Two figures that differ by less than this share of them are the same.
_SAME = 1e-9


@dataclass(frozen=True)
class Together:
    """Partners that together are best for a flow, the one that saves most per unit first."""

    places: np.ndarray  # rows of the pairs that were asked about
    results: np.ndarray  # of each partner, with its part of the quantity, by COLUMNS
    whole: np.ndarray  # of all together, by COLUMNS


@njit(cache=True)
def _value_parts(output, input_, types, weights, pair, quantities, full_load_hours, lot):
    """
    Return (rows by COLUMNS, whether each is a lot) of a pair that exchanges other quantities.

    `pair` is the kernel's result for the pair alone; who exchanges as much as alone is valued as
    alone. Quantities in canonical units per year, hours in h/a.
    """
    rows = np.empty((len(quantities), COLUMN_COUNT))
    are_enough = np.empty(len(quantities), dtype=np.bool_)
    larger = max(output.quantity_per_year, input_.quantity_per_year)
    for number in range(len(quantities)):
        quantity, hours = quantities[number], full_load_hours[number]
        rows[number] = pair
        are_enough[number] = not is_too_little(quantity, lot)
        is_all = quantity >= pair[QUANTITY] * (1 - _SAME) and hours >= pair[HOURS] * (1 - _SAME)
        if are_enough[number] and not is_all:
            value_exchange(
                output, input_, types[output.type], quantity, hours, pair[DISTANCE], rows[number]
            )
            rows[number, 3] = quantity / larger
            rows[number, 0] = weigh(rows[number], weights)
    return rows, are_enough


@dataclass(frozen=True)
class _Sets:
    """Sets of partners of one size, a row each."""

    members: np.ndarray  # (set, place): numbers of candidates, ascending
    results: np.ndarray  # (set, place, COLUMN_COUNT)
    left_per_hour: np.ndarray  # (set, cell): what of the hub's rate is left [units/h]
    first_day: np.ndarray  # the days on which all of them exist
    last_day: np.ndarray


class _Search:
    """
    All sets of a few candidates around a flow, the hub, each filled in the same order.

    In every hour those come first that save most per unit: for savings that grow with the quantity
    nothing brings more, because what one hour takes does not touch another.
    """

    def __init__(
        self,
        hub: np.ndarray,
        partners: np.ndarray,
        pairs: np.ndarray,
        types: np.ndarray,
        weights: np.ndarray,
        *,
        is_output: bool,
    ) -> None:
        self.hub, self.partners, self.pairs = hub, partners, pairs
        self.types, self.weights, self.is_output = types, weights, is_output
        self.cells: Cells = cells_of(np.concatenate([hub, partners]))
        self.rates = self.cells.rates(
            np.concatenate([hub["quantity_per_year"], partners["quantity_per_year"]])
        )

    def sets(self) -> list[_Sets]:
        """Return the sets that hold the rules of the partners, by their size."""
        sets = _Sets(
            np.zeros((1, 0), dtype=np.int64),
            np.zeros((1, 0, COLUMN_COUNT)),
            self.rates[:1],
            self.hub["valid_from_day"],
            self.hub["valid_to_day"],
        )
        levels = []
        for _ in range(min(p.MOST_TOGETHER, len(self.partners))):
            sets = self._grow(sets)
            levels.append(sets)
        return levels

    def _grow(self, sets: _Sets) -> _Sets:
        """Add to each set every candidate that comes after its last."""
        last = sets.members[:, -1] if sets.members.shape[1] else np.array([-1])
        grown = [self._add(sets, np.flatnonzero(last < n), n) for n in range(len(self.partners))]
        return _Sets(
            *(
                np.concatenate([getattr(part, name) for part in grown])
                for name in _Sets.__dataclass_fields__
            )
        )

    def _add(self, sets: _Sets, rows: np.ndarray, number: int) -> _Sets:
        """Add a candidate to sets: it fills what is left of the hub in the hours of both."""
        partner = self.partners[number]
        left = sets.left_per_hour[rows]
        taken = np.minimum(left, self.rates[1 + number])
        quantities = taken @ self.cells.hours
        peaks = taken.max(axis=1)
        hours = np.divide(quantities, peaks, out=np.zeros_like(peaks), where=peaks > 0)
        output, input_ = (self.hub[0], partner) if self.is_output else (partner, self.hub[0])
        results, are_enough = _value_parts(
            output, input_, self.types, self.weights, self.pairs[number], quantities, hours,
            partner["min_quantity_per_year"],
        )  # fmt: skip
        first = np.maximum(sets.first_day[rows], partner["valid_from_day"])
        last = np.minimum(sets.last_day[rows], partner["valid_to_day"])
        keep = are_enough & (first <= last)
        rest = left - taken
        rest[rest < _SAME * self.rates[0]] = 0.0
        members = np.column_stack([sets.members[rows], np.full(len(rows), number)])
        all_results = np.concatenate([sets.results[rows], results[:, None]], axis=1)
        return _Sets(members[keep], all_results[keep], rest[keep], first[keep], last[keep])


def best_together(
    outputs: np.ndarray,
    inputs: np.ndarray,
    pairs: np.ndarray,
    types: np.ndarray,
    contaminants: np.ndarray,
    *,
    is_output: bool,
    weights: np.ndarray = p.DEFAULT_WEIGHTS,
) -> Together | None:
    """
    Return the partners that together save most for one flow, or None where one alone is as good.

    `is_output`: the flow is the only one of `outputs`, else the only one of `inputs`. Its own
    smallest lot has to be reached by all together, a partner's by the partner's part. All sets of
    up to `MOST_TOGETHER` of the `TOGETHER_CANDIDATES` that save most alone are compared: by net
    savings (by quantity first where no price is known), then by quantity, then the smaller set.
    """
    hub, partners = (outputs, inputs) if is_output else (inputs, outputs)
    if not len(pairs):
        return None
    alone = hub.copy()
    alone["min_quantity_per_year"] = 0.0
    sides = (alone, partners) if is_output else (partners, alone)
    results = score_pairs(*sides, pairs, types, contaminants, weights)
    places = _candidates(results)
    search = _Search(
        hub,
        partners[pairs[places, 1 if is_output else 0]],
        results[places],
        types,
        weights,
        is_output=is_output,
    )
    lot = float(hub["min_quantity_per_year"][0])
    best = _best(search.sets(), lot, has_price=is_priced(results[places]))
    if best is None or len(best[0]) < 2:
        return None
    members, parts = best
    theirs = float(search.partners["quantity_per_year"][members].sum())
    whole = whole_of_parts(parts, max(theirs, float(hub["quantity_per_year"][0])), weights)
    return Together(places[members], parts, whole)


def _candidates(results: np.ndarray) -> np.ndarray:
    """Return the rows of the most promising pairs, the one that saves most per unit first."""
    places = np.flatnonzero(~np.isnan(results[:, SCORE]))
    savings, quantity = results[places, SAVINGS], results[places, QUANTITY]
    worth = savings if is_priced(results[places]) else quantity
    places = places[np.lexsort((places, results[places, DISTANCE], -worth))]
    places = places[: p.TOGETHER_CANDIDATES]
    per_unit = results[places, SAVINGS] / results[places, QUANTITY]
    return places[np.lexsort((places, results[places, DISTANCE], -per_unit))]


def _best(
    levels: list[_Sets], lot: float, *, has_price: bool
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return (members, their results) of the best set that reaches the lot [units/a]."""
    found = []
    for sets in levels:
        quantities = sets.results[:, :, QUANTITY].sum(axis=1)
        savings = sets.results[:, :, SAVINGS].sum(axis=1).round(2)
        for number in np.flatnonzero([not is_too_little(q, lot) for q in quantities]):
            quantity = round(float(quantities[number]), 6)
            saved = float(savings[number])
            worth = (saved, quantity) if has_price else (quantity, saved)
            members = sets.members[number]
            found.append(((worth, -len(members), tuple(-members)), members, sets.results[number]))
    if not found:
        return None
    _, members, parts = max(found, key=lambda one: one[0])
    return members, parts


def warm_up() -> None:
    """Compile the kernel, or load it from the cache."""
    flows = np.zeros(1, dtype=FLOW)
    _value_parts(
        flows[0], flows[0], np.zeros(1, dtype=RESOURCE_TYPE), p.DEFAULT_WEIGHTS,
        np.zeros(COLUMN_COUNT), np.zeros(1), np.zeros(1), 0.0,
    )  # fmt: skip
