"""Which pipes run side by side, so that a stretch of their trenches is dug once."""

import itertools

import numpy as np
from scipy.spatial import cKDTree

from matching.planning.problem import Trenches

# Ends of a pipe that lie so near to a longer pipe lie in its corridor [m].
CORRIDOR_M = 250.0
# ... and the pipe runs along it for this share of its length.
LEAST_ALONG = 0.5
# Work on the ground alone, in an area of low density: constant C1 of park areas, by which Persson
# and Werner describe what a metre of district heating costs whatever its diameter (Applied Energy
# 88, 2011, 568-576).
TRENCH_EUR_PER_M = 151.0
_EARTH_M = 6_371_008.8
# Shorter than this a shared stretch is none [m].
_LEAST_M = 1.0


def find_trenches(
    starts: np.ndarray,
    ends: np.ndarray,
    rows: np.ndarray,
    *,
    cost_per_m: float,
    investment_per_m: float = TRENCH_EUR_PER_M,
    corridor_m: float = CORRIDOR_M,
) -> Trenches | None:
    """
    Return the stretches that at least two of some straight pipes can share, or None.

    `starts` and `ends` are longitudes and latitudes [°] of the pipes of the exchanges `rows`. The
    longest pipe makes a corridor, and those with both ends in it lie along it, each in one corridor
    at most: a heuristic that misses some, and finds none that is longer than the pipes themselves.
    The cost [worth per year] is for what a metre of trench takes.
    """
    if len(rows) < 2:
        return None
    start, end = _on_a_plane(starts, ends)
    lengths = np.hypot(*(end - start).T)
    middles = (start + end) / 2
    tree = cKDTree(middles)
    is_free = np.ones(len(rows), dtype=bool)
    pieces = []
    for leader in np.argsort(-lengths, kind="stable"):
        if not is_free[leader] or lengths[leader] < _LEAST_M:
            continue
        near = np.array(tree.query_ball_point(middles[leader], lengths[leader] / 2 + corridor_m))
        near = np.sort(near[is_free[near]])
        axis = (end[leader] - start[leader]) / lengths[leader]
        along, is_inside = [], np.ones(len(near), dtype=bool)
        for points in (start[near], end[near]):
            offset = points - start[leader]
            place = np.clip(offset @ axis, 0.0, lengths[leader])
            is_inside &= np.hypot(*(offset - place[:, None] * axis).T) <= corridor_m
            along.append(place)
        spans = np.sort(np.array(along).T, axis=1)
        # What crosses a corridor, or lies in it from side to side, runs beside nobody.
        is_inside &= spans[:, 1] - spans[:, 0] >= LEAST_ALONG * lengths[near]
        is_free[near[is_inside]] = False
        pieces.extend(_stretches(near[is_inside], spans[is_inside]))
    if not pieces:
        return None
    metres = np.array([length for length, _ in pieces])
    segment = np.repeat(np.arange(len(pieces)), [len(users) for _, users in pieces])
    users = np.concatenate([users for _, users in pieces])
    return Trenches(metres * cost_per_m, metres * investment_per_m, segment, rows[users])


def _on_a_plane(starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Metres east and north of the middle of all: near enough where pipes reach."""
    origin = np.concatenate([starts, ends]).mean(axis=0)
    scale = np.radians(1.0) * _EARTH_M * np.array([np.cos(np.radians(origin[1])), 1.0])
    return (starts - origin) * scale, (ends - origin) * scale


def _stretches(members: np.ndarray, spans: np.ndarray) -> list[tuple[float, np.ndarray]]:
    """Return (length [m], members) of each stretch of a corridor that two or more use."""
    marks = np.unique(spans)
    found = []
    for low, high in itertools.pairwise(marks):
        uses = (spans[:, 0] <= low) & (spans[:, 1] >= high)
        if uses.sum() > 1 and high - low >= _LEAST_M:
            found.append((float(high - low), members[uses]))
    return found
