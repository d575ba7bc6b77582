"""Many pairs at once: the scores of given pairs, and the best partners of all flows."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from matching.engine import parameters as p
from matching.engine import sieve
from matching.engine.arrays import COLUMN, CONTAMINANT, FLOW, RESOURCE_TYPE
from matching.engine.geodesy import LEAST_RADIUS_M
from matching.engine.quality import REJECTED, quality_score
from matching.engine.scoring import COLUMN_COUNT, add_internal_rates_of_return, score_pair
from matching.engine.sieve import IMPOSSIBLE, STRETCH, Columns, columns_of, grains_of

SCORE, DISTANCE = COLUMN["score"], COLUMN["distance_m"]
SAVINGS, CO2 = COLUMN["savings_eur_per_year"], COLUMN["co2_avoided_t_per_year"]
NOBODY = -1
# So many more than are wanted pass the sieve, because it does not know the last digits of a score.
_SPARE = 4


@njit(cache=True)
def score_pairs(outputs, inputs, pairs, types, contaminants, weights):
    """
    Return everything about pairs of (output index, input index), shape (n, COLUMN_COUNT).

    A pair that does not match has NaN as its score; rates of return are left out.
    """
    results = np.empty((len(pairs), COLUMN_COUNT))
    for number in range(len(pairs)):
        output, input_ = outputs[pairs[number, 0]], inputs[pairs[number, 1]]
        if not score_pair(output, input_, types, contaminants, weights, results[number]):
            results[number, SCORE] = math.nan
    return results


class Grid(NamedTuple):
    """Flows by type, within a type by bands of latitude, and within a band by longitude."""

    flows: np.ndarray  # FLOW, in this order
    grains: np.ndarray  # GRAIN
    columns: Columns  # the same
    longitudes: np.ndarray
    places: np.ndarray  # where each was before: in the order of ids
    band_starts: np.ndarray  # (type, band), and the end of the last
    band_degrees: float
    farthest_m: float  # that any of them reaches


class Lists(NamedTuple):
    """The best partners of each flow, the best first; unfilled places hold `NOBODY`."""

    partners: np.ndarray  # places of partners in the order of their ids, (flow, rank)
    scores: np.ndarray
    distances_m: np.ndarray
    first_savings: np.ndarray  # of the best partner [EUR/a], 0 without one
    first_co2: np.ndarray  # [t/a]


@dataclass
class Sieved:
    """The most promising partners of each flow, by what they can score at most."""

    partners: np.ndarray  # places in the grid of partners, (flow, rank)
    scores: np.ndarray
    least: np.ndarray  # the last of the scores of each flow, side by side

    @classmethod
    def of(cls, flow_count: int, best: int) -> "Sieved":
        """Return lists of nobody."""
        shape = (flow_count, best + _SPARE)
        return cls(
            np.full(shape, NOBODY, dtype=np.int32),
            np.full(shape, IMPOSSIBLE),
            np.full(flow_count, IMPOSSIBLE),
        )


def grid_of(flows: np.ndarray, type_count: int, band_degrees: float) -> Grid:
    """Lay flows, given in the order of their ids, out by type and place."""
    band_count = int(180 / band_degrees) + 2
    bands = np.floor((flows["latitude"] + 90) / band_degrees).astype(np.int64)
    bands += flows["type"].astype(np.int64) * band_count
    order = np.lexsort((flows["longitude"], bands))
    edges = np.arange(type_count)[:, None] * band_count + np.arange(band_count + 1)
    starts = np.searchsorted(bands[order], edges)
    ordered = flows[order]
    longitudes = np.ascontiguousarray(ordered["longitude"])
    farthest_m = float(flows["reach_m"].max(initial=0.0))
    grains = grains_of(ordered)
    return Grid(
        ordered, grains, columns_of(grains), longitudes, order, starts, band_degrees, farthest_m
    )


@njit(cache=True)
def _reach_in_longitude(latitude_low, latitude_high, angle):
    """
    Return how far in longitude [degrees] points of a band can lie within an angle [rad].

    180 where the reach contains a pole.
    """
    steepest = max(abs(latitude_low), abs(latitude_high))
    if math.radians(steepest) + angle >= math.pi / 2:
        return 180.0
    ratio = math.sin(angle) / math.cos(math.radians(steepest))
    return 180.0 if ratio >= 1.0 else min(180.0, math.degrees(math.asin(ratio)) + 1e-9)


@njit(cache=True)
def _stretches(flow, is_output, grid, types, stretches):
    """
    Fill in where in the grid are those of fitting types within reach of a flow, as (start, end).

    Returns how many. A stretch is a part of a band; across 180° of longitude a band has two.
    """
    count = 0
    if is_output:
        for kind in range(flow.type + 1):
            if flow.type < types[kind].subtree_end:
                count = _stretches_of_type(flow, grid, grid.band_starts[kind], stretches, count)
    else:
        for kind in range(flow.type, types[flow.type].subtree_end):
            count = _stretches_of_type(flow, grid, grid.band_starts[kind], stretches, count)
    return count


@njit(cache=True)
def _stretches_of_type(flow, grid, starts, stretches, count):
    if starts[0] == starts[-1]:
        return count
    angle = min(math.pi, min(flow.reach_m, grid.farthest_m) / LEAST_RADIUS_M)
    degrees = math.degrees(angle) + 1e-9
    last_band = len(starts) - 2
    first = max(0, int((flow.latitude - degrees + 90) / grid.band_degrees))
    last = min(last_band, int((flow.latitude + degrees + 90) / grid.band_degrees))
    width = _reach_in_longitude(flow.latitude - degrees, flow.latitude + degrees, angle)
    for band in range(first, last + 1):
        low, high = starts[band], starts[band + 1]
        for turn in (-360.0, 0.0, 360.0):
            west, east = flow.longitude - width + turn, flow.longitude + width + turn
            if width >= 180.0:
                # All around the pole: one turn sees every longitude once.
                west, east = (-180.0, 180.0) if turn == 0.0 else (1.0, -1.0)
            if west > 180.0 or east < -180.0 or west > east:
                continue
            start = low + np.searchsorted(grid.longitudes[low:high], west)
            end = low + np.searchsorted(grid.longitudes[low:high], east, side="right")
            if start < end:
                stretches[count, 0], stretches[count, 1] = start, end
                count += 1
    return count


@njit(cache=True)
def _room(grid):
    """Return space for the stretches of any flow."""
    return np.empty((3 * grid.band_starts.size, 2), dtype=np.int64)


@njit(cache=True)
def _note(partners, scores, partner, score):
    """Insert a partner into a list ordered by score; the last one falls out."""
    place = len(partners) - 1
    while place > 0 and scores[place - 1] < score:
        scores[place] = scores[place - 1]
        partners[place] = partners[place - 1]
        place -= 1
    scores[place] = score
    partners[place] = partner


@njit(cache=True, nogil=True)
def _sift(
    outputs, inputs, types, contaminants, shares,
    of_outputs, scores_of_outputs, of_inputs, scores_of_inputs, least_of_inputs, start, stop,
):  # fmt: skip
    """Look through the pairs of outputs[start:stop], and note the promising ones on both sides."""
    stretches, space, are_outputs = _room(inputs), sieve.room(), True
    columns = inputs.columns
    for number in range(start, stop):
        output, grain = outputs.flows[number], outputs.grains[number]
        resource_type = types[output.type]
        least_of_output = scores_of_outputs[number]
        if number == start or output.type != outputs.flows[number - 1].type:
            sieve.turn_to_type(resource_type, space)
        sieve.turn_to_output(grain, resource_type, shares, space)
        for stretch in range(_stretches(output, are_outputs, inputs, types, stretches)):
            for first in range(stretches[stretch, 0], stretches[stretch, 1], STRETCH):
                last = min(first + STRETCH, stretches[stretch, 1])
                count = sieve.look_at(
                    grain, resource_type, columns, first, last, shares, least_of_output[-1],
                    least_of_inputs, space,
                )  # fmt: skip
                for row in space.picked[:count]:
                    place = first + row
                    most, best_quality = space.most[row], space.qualities[columns.stated[place]]
                    # Those before in the stretch may have raised what it takes.
                    if most + best_quality < min(least_of_output[-1], least_of_inputs[place]):
                        continue
                    if space.are_sure[columns.stated[place]]:
                        most += best_quality
                    else:
                        quality = quality_score(
                            output, inputs.flows[place], resource_type.temperature_rule,
                            space.distances_m[row], contaminants,
                        )  # fmt: skip
                        if quality == REJECTED:
                            continue
                        most += shares[0] * quality
                    if most > least_of_output[-1]:
                        _note(of_outputs[number], least_of_output, place, most)
                    if most > least_of_inputs[place]:
                        _note(of_inputs[place], scores_of_inputs[place], number, most)
                        least_of_inputs[place] = scores_of_inputs[place, -1]


@njit(cache=True)
def _is_better(score_a, distance_a, partner_a, score_b, distance_b, partner_b):
    """Order partners by score, then nearness, then id: total, so that results are repeatable."""
    if score_a != score_b:
        return score_a > score_b
    if distance_a != distance_b:
        return distance_a < distance_b
    return partner_a < partner_b


@njit(cache=True)
def _keep(lists, row, partner, result):
    """Insert a partner into a list ordered best first; the last one falls out when it is full."""
    partners, scores, distances = lists.partners[row], lists.scores[row], lists.distances_m[row]
    score, distance = result[SCORE], result[DISTANCE]
    place = len(partners)
    while place > 0 and (
        partners[place - 1] == NOBODY
        or _is_better(
            score, distance, partner,
            scores[place - 1], distances[place - 1], partners[place - 1],
        )
    ):  # fmt: skip
        place -= 1
        if place + 1 < len(partners):
            partners[place + 1] = partners[place]
            scores[place + 1] = scores[place]
            distances[place + 1] = distances[place]
    if place == len(partners):
        return
    partners[place], scores[place], distances[place] = partner, score, distance
    if place == 0:
        lists.first_savings[row], lists.first_co2[row] = result[SAVINGS], result[CO2]


@njit(cache=True)
def _score(flow, other, are_outputs, types, contaminants, weights, result):
    if are_outputs:
        return score_pair(flow, other, types, contaminants, weights, result)
    return score_pair(other, flow, types, contaminants, weights, result)


@njit(cache=True, nogil=True)
def _settle(
    own, others, are_outputs, types, contaminants, weights, sieved, sieved_scores, lists, start,
    stop,
):  # fmt: skip
    """Score what has passed the sieve, and fill in the lists of own[start:stop]."""
    result = np.empty(COLUMN_COUNT)
    stretches = _room(others)
    for number in range(start, stop):
        flow, row = own.flows[number], own.places[number]
        scores = lists.scores[row]
        last = len(scores) - 1
        for candidate in range(sieved.shape[1]):
            place = sieved[number, candidate]
            if place == NOBODY or (
                lists.partners[row, last] != NOBODY
                and sieved_scores[number, candidate] < scores[last]
            ):
                break
            if _score(flow, others.flows[place], are_outputs, types, contaminants, weights, result):
                _keep(lists, row, others.places[place], result)
        # Those that fell out of a full list can score as much as the last one in it at most.
        if sieved[number, -1] != NOBODY and (
            lists.partners[row, last] == NOBODY or scores[last] <= sieved_scores[number, -1]
        ):
            lists.partners[row] = NOBODY
            for stretch in range(_stretches(flow, are_outputs, others, types, stretches)):
                for place in range(stretches[stretch, 0], stretches[stretch, 1]):
                    if _score(
                        flow, others.flows[place], are_outputs, types, contaminants, weights, result
                    ):
                        _keep(lists, row, others.places[place], result)


def sift(
    outputs: Grid,
    inputs: Grid,
    types: np.ndarray,
    contaminants: np.ndarray,
    weights: np.ndarray,
    sieved_outputs: Sieved,
    sieved_inputs: Sieved,
    start: int,
    stop: int,
) -> None:
    """Look through all pairs of the outputs from `start` to `stop`, for both sides."""
    _sift(
        outputs, inputs, types, contaminants, weights / weights.sum(), sieved_outputs.partners,
        sieved_outputs.scores, sieved_inputs.partners, sieved_inputs.scores, sieved_inputs.least,
        start, stop,
    )  # fmt: skip


def settle(
    own: Grid,
    others: Grid,
    types: np.ndarray,
    contaminants: np.ndarray,
    weights: np.ndarray,
    sieved: Sieved,
    *,
    are_outputs: bool,
    start: int = 0,
    stop: int | None = None,
    lists: Lists,
) -> None:
    """Fill in the lists of the flows from `start` to `stop` from what has passed the sieve."""
    _settle(
        own, others, are_outputs, types, contaminants, weights, sieved.partners, sieved.scores,
        lists, start, len(own.flows) if stop is None else stop,
    )  # fmt: skip


def empty_lists(flow_count: int, best: int) -> Lists:
    """Return lists of nobody."""
    return Lists(
        np.full((flow_count, best), NOBODY, dtype=np.int32),
        np.zeros((flow_count, best)),
        np.zeros((flow_count, best)),
        np.zeros(flow_count),
        np.zeros(flow_count),
    )


def warm_up() -> None:
    """Compile the kernels of this module, or load them from the cache."""
    flows = np.zeros(1, dtype=FLOW)
    types = np.zeros(1, dtype=RESOURCE_TYPE)
    contaminants = np.zeros(0, dtype=CONTAMINANT)
    pairs = np.zeros((1, 2), dtype=np.int64)
    weights = p.DEFAULT_WEIGHTS
    add_internal_rates_of_return(score_pairs(flows, flows, pairs, types, contaminants, weights))
    grid = grid_of(flows, 1, 1.0)
    sieved = Sieved.of(1, 1), Sieved.of(1, 1)
    sift(grid, grid, types, contaminants, weights, *sieved, 0, 1)
    for are_outputs in (True, False):
        settle(
            grid, grid, types, contaminants, weights, sieved[0], are_outputs=are_outputs,
            lists=empty_lists(1, 1),
        )  # fmt: skip
