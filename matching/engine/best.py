"""Many pairs at once: the scores of given pairs, and the best partners of all flows."""

import math

import numpy as np
from numba import njit, prange

from matching.engine import parameters as p
from matching.engine.arrays import COLUMN, CONTAMINANT, FLOW, RESOURCE_TYPE
from matching.engine.geodesy import LEAST_RADIUS_M, largest_chord
from matching.engine.scoring import COLUMN_COUNT, add_internal_rates_of_return, score_pair

SCORE, DISTANCE = COLUMN["score"], COLUMN["distance_m"]
NOBODY = -1


@njit(cache=True)
def _is_better(score_a, distance_a, partner_a, score_b, distance_b, partner_b):
    """Order partners by score, then nearness, then id: total, so that results are repeatable."""
    if score_a != score_b:
        return score_a > score_b
    if distance_a != distance_b:
        return distance_a < distance_b
    return partner_a < partner_b


@njit(cache=True)
def _keep(scores, distances, partners, score, distance, partner):
    """Insert a partner into a list ordered best first; the last one falls out when it is full."""
    last = len(partners) - 1
    if partners[last] != NOBODY and not _is_better(
        score, distance, partner, scores[last], distances[last], partners[last]
    ):
        return
    place = last
    while place > 0 and (
        partners[place - 1] == NOBODY
        or _is_better(
            score, distance, partner,
            scores[place - 1], distances[place - 1], partners[place - 1],
        )
    ):  # fmt: skip
        scores[place] = scores[place - 1]
        distances[place] = distances[place - 1]
        partners[place] = partners[place - 1]
        place -= 1
    scores[place] = score
    distances[place] = distance
    partners[place] = partner


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


def grid_of(flows: np.ndarray, band_degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """
    Order flows by bands of latitude and, within a band, by longitude.

    Returns (indices into `flows` in that order, start of each band and the end of the last).
    """
    bands = np.floor((flows["latitude"] + 90) / band_degrees).astype(np.int64)
    order = np.lexsort((flows["longitude"], bands))
    edges = np.arange(int(180 / band_degrees) + 3)
    return order, np.searchsorted(bands[order], edges)


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


@njit(cache=True, parallel=True)
def best_of_many(
    flows, are_outputs, others, order, band_starts, band_degrees, reaches_m, types, contaminants,
    weights, count, start, stop,
):  # fmt: skip
    """
    Return the best partners of flows[start:stop], shape (stop − start, count), best first.

    `others` are the flows of the other direction, sorted by id; `order` and `band_starts` come
    from `grid_of`; `reaches_m` bounds how far each flow's partners can be. Unfilled places hold
    `NOBODY`.
    """
    partners = np.full((stop - start, count), NOBODY, dtype=np.int64)
    last_band = len(band_starts) - 2
    for number in prange(stop - start):
        flow = flows[start + number]
        scores = np.zeros(count)
        distances = np.zeros(count)
        result = np.empty(COLUMN_COUNT)
        reach = reaches_m[start + number]
        chord = largest_chord(reach)
        angle = min(math.pi, reach / LEAST_RADIUS_M)
        degrees = math.degrees(angle) + 1e-9
        first = max(0, int((flow.latitude - degrees + 90) / band_degrees))
        last = min(last_band, int((flow.latitude + degrees + 90) / band_degrees))
        width = _reach_in_longitude(flow.latitude - degrees, flow.latitude + degrees, angle)
        for band in range(first, last + 1):
            low, high = band_starts[band], band_starts[band + 1]
            for turn in (-360.0, 0.0, 360.0):
                west, east = flow.longitude - width + turn, flow.longitude + width + turn
                if width >= 180.0:
                    # All around the pole: one turn sees every longitude once.
                    west, east = (-180.0, 180.0) if turn == 0.0 else (1.0, -1.0)
                if west > 180.0 or east < -180.0 or west > east:
                    continue
                place = _first_at_least(others, order, low, high, west)
                while place < high:
                    index = order[place]
                    other = others[index]
                    if other.longitude > east:
                        break
                    place += 1
                    dx, dy, dz = other.x - flow.x, other.y - flow.y, other.z - flow.z
                    if dx * dx + dy * dy + dz * dz > chord:
                        continue
                    if are_outputs:
                        matches = score_pair(flow, other, types, contaminants, weights, result)
                    else:
                        matches = score_pair(other, flow, types, contaminants, weights, result)
                    if matches:
                        _keep(
                            scores,
                            distances,
                            partners[number],
                            result[SCORE],
                            result[DISTANCE],
                            index,
                        )
    return partners


@njit(cache=True)
def _first_at_least(others, order, low, high, longitude):
    """Return the first place of a band whose longitude is not below the given one."""
    while low < high:
        middle = (low + high) // 2
        if others[order[middle]].longitude < longitude:
            low = middle + 1
        else:
            high = middle
    return low


def warm_up() -> None:
    """Compile the kernels of this module, or load them from the cache."""
    flows = np.zeros(1, dtype=FLOW)
    types = np.zeros(1, dtype=RESOURCE_TYPE)
    contaminants = np.zeros(0, dtype=CONTAMINANT)
    pairs = np.zeros((1, 2), dtype=np.int64)
    order, starts = grid_of(flows, 1.0)
    add_internal_rates_of_return(
        score_pairs(flows, flows, pairs, types, contaminants, p.DEFAULT_WEIGHTS)
    )
    is_output = True
    best_of_many(
        flows, is_output, flows, order, starts, 1.0, np.ones(1), types, contaminants,
        p.DEFAULT_WEIGHTS, 1, 0, 1,
    )  # fmt: skip
