"""Pairs that nearly match: which rules fail, and by how much."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from matching.engine import parameters as p
from matching.engine.arrays import CONTAMINANT, FLOW, RESOURCE_TYPE
from matching.engine.quality import (
    DIMENSIONS,
    compare_contaminants,
    refuses_hazard,
    window_gap,
    window_of,
)
from matching.engine.scoring import (
    days_apart,
    distance_of_pair_m,
    exchangeable_quantity,
    hours_of_pair,
    is_too_little,
    may_pair,
    smallest_lot,
)

# The rules by position. A gap is 0 where the rule holds; else it is, in this order: metres too far,
# days between the validity periods, 1 for no shared hours, 1 for no shared months, canonical units
# per year missing to the larger smallest lot, 1 for hazardous waste that is not accepted, what is
# missing to the accepted range [K, bar, points, points, pH] (negative: too low), and how many times
# its limit the worst contaminant is.
RULES = (
    "distance", "validity", "hours", "months", "quantity", "hazardous", *DIMENSIONS, "contaminants",
)  # fmt: skip
RULE_COUNT = len(RULES)
DISTANCE, VALIDITY, HOURS, MONTHS, QUANTITY, HAZARDOUS, WINDOWS = range(7)
PRESSURE = WINDOWS + DIMENSIONS.index("pressure")
CONTAMINANTS = RULES.index("contaminants")
# What else the kernel says of a pair, by position: its distance [m], the quantity [canonical units
# per year] that could be exchanged, and the worst contaminant's number.
FACT_COUNT = 3
DISTANCE_M, QUANTITY_PER_YEAR, SUBSTANCE = range(FACT_COUNT)

# How far each rule may fail in a near miss. NaN: depends on the pair.
_BOUNDS = np.array(
    [
        np.nan,
        p.NEAR_MISS_DAYS,
        1 / p.NEAR_MISS_YES_OR_NO_SHARE,
        1 / p.NEAR_MISS_YES_OR_NO_SHARE,
        np.nan,
        1 / p.NEAR_MISS_YES_OR_NO_SHARE,
        p.NEAR_MISS_TEMPERATURE_K,
        np.nan,
        p.NEAR_MISS_PERCENT_POINTS,
        p.NEAR_MISS_PERCENT_POINTS,
        p.NEAR_MISS_PH,
        p.NEAR_MISS_CONTAMINANT_FACTOR,
    ]
)


@njit(cache=True)
def _time_and_quantity(output, input_, gaps, bounds):
    """
    Measure the rules of time and quantity; return the exchangeable quantity.

    Without any shared hour it is the quantity that could be exchanged if all were shared, so that
    a lot that fails then fails whatever is agreed about the time.
    """
    gaps[VALIDITY] = max(0, days_apart(output, input_))
    gaps[MONTHS] = 0.0 if output.months & input_.months else 1.0
    shares_hour = (
        output.hours_0 & input_.hours_0
        or output.hours_1 & input_.hours_1
        or output.hours_2 & input_.hours_2
    )
    gaps[HOURS] = 0.0 if shares_hour else 1.0
    shared_hours, output_hours, input_hours = hours_of_pair(output, input_)
    if shared_hours <= 0.0:
        shared_hours = output_hours = input_hours = 1.0
    quantity = exchangeable_quantity(
        output.quantity_per_year, input_.quantity_per_year,
        shared_hours / output_hours, shared_hours / input_hours,
    )  # fmt: skip
    lot = smallest_lot(output, input_)
    gaps[QUANTITY] = lot - quantity if is_too_little(quantity, lot) else 0.0
    bounds[QUANTITY] = p.NEAR_MISS_LOT_SHARE * lot
    return quantity


@njit(cache=True)
def gaps_of_pair(output, input_, types, contaminants, gaps, bounds, facts):
    """
    Fill in by how much each rule fails (see `RULES`), how far it may, and the facts.

    The rules are those of `score_pair`: all gaps are 0 for exactly the pairs that match. A pair
    that no change of the figures brings together has infinite gaps.
    """
    bounds[:] = _BOUNDS
    facts[:] = 0.0
    if not may_pair(output, input_, types):
        gaps[:] = np.inf
        return
    facts[QUANTITY_PER_YEAR] = _time_and_quantity(output, input_, gaps, bounds)

    facts[DISTANCE_M] = distance = distance_of_pair_m(output, input_)
    limit = min(output.reach_m, input_.reach_m)
    gaps[DISTANCE] = max(0.0, distance - limit)
    bounds[DISTANCE] = p.NEAR_MISS_DISTANCE_SHARE * limit

    gaps[HAZARDOUS] = 1.0 if refuses_hazard(output, input_) else 0.0
    rule = types[output.type].temperature_rule
    for dimension in range(len(DIMENSIONS)):
        window = window_of(dimension, output, input_, rule, distance)
        gaps[WINDOWS + dimension] = window_gap(*window)
    is_low = gaps[PRESSURE] < 0.0
    stated = input_.pressure_min_bar if is_low else input_.pressure_max_bar
    bounds[PRESSURE] = p.NEAR_MISS_PRESSURE_SHARE * stated
    _, factor, substance = compare_contaminants(output, input_, contaminants)
    gaps[CONTAMINANTS], facts[SUBSTANCE] = factor, substance


@njit(cache=True)
def gaps_of_pairs(outputs, inputs, pairs, types, contaminants):
    """Return (gaps, bounds, facts), a row for each pair of (output index, input index)."""
    gaps = np.empty((len(pairs), RULE_COUNT))
    bounds = np.empty((len(pairs), RULE_COUNT))
    facts = np.empty((len(pairs), FACT_COUNT))
    for number in range(len(pairs)):
        output, input_ = outputs[pairs[number, 0]], inputs[pairs[number, 1]]
        gaps_of_pair(
            output, input_, types, contaminants, gaps[number], bounds[number], facts[number]
        )
    return gaps, bounds, facts


@dataclass(frozen=True)
class NearPairs:
    """Pairs that nearly match, the most promising first."""

    places: np.ndarray  # rows of the pairs that were asked about
    gaps: np.ndarray  # by RULES
    facts: np.ndarray  # DISTANCE_M, QUANTITY_PER_YEAR, SUBSTANCE

    def __len__(self) -> int:
        return len(self.places)


def near_pairs(
    outputs: np.ndarray,
    inputs: np.ndarray,
    pairs: np.ndarray,
    types: np.ndarray,
    contaminants: np.ndarray,
) -> NearPairs:
    """
    Return the pairs that fail at least one rule, few rules, and each by no more than its bound.

    Fewest failed rules first, then the smallest sum of gaps as shares of their bounds, then the
    nearest, then the first in `pairs`: a total order.
    """
    gaps, bounds, facts = gaps_of_pairs(outputs, inputs, pairs, types, contaminants)
    fails = gaps != 0.0
    counts = fails.sum(axis=1)
    is_within = ~fails | (np.abs(gaps) <= bounds)
    is_near = (counts >= 1) & (counts <= p.NEAR_MISS_RULES) & is_within.all(axis=1)
    places = np.flatnonzero(is_near)
    shares = np.zeros((len(places), RULE_COUNT))
    np.divide(np.abs(gaps[places]), bounds[places], out=shares, where=fails[places])
    order = np.lexsort((places, facts[places, DISTANCE_M], shares.sum(axis=1), counts[places]))
    places = places[order]
    return NearPairs(places, gaps[places], facts[places])


def warm_up() -> None:
    """Compile the kernel, or load it from the cache."""
    flows = np.zeros(1, dtype=FLOW)
    pairs = np.zeros((1, 2), dtype=np.int64)
    near_pairs(
        flows, flows, pairs, np.zeros(1, dtype=RESOURCE_TYPE), np.zeros(0, dtype=CONTAMINANT)
    )
