"""
Arrays end to end: COPY out, a k-d tree for who is near, NumPy for the scores, COPY in.

Pairs come in chunks of bounded size; those that match are merged into the lists of both their flows
at once. Trees of resource types do not touch each other: threads take one each.
"""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from django.db import connection
from scipy.spatial import cKDTree

from tests.bench.peers import lists
from tests.bench.peers.arrays import loading, scoring, storing
from tests.bench.peers.arrays.best import Lists
from tests.bench.peers.arrays.loading import Market
from tests.bench.peers.lists import Timings

PEER = "numpy"
PAIRS_PER_CHUNK = 500_000


def run() -> Timings:
    """Match all flows."""
    times = [time.perf_counter()]
    with connection.cursor() as cursor:
        market = loading.load(cursor)
        times.append(time.perf_counter())
        of_outputs, of_inputs = Lists(len(market.outputs)), Lists(len(market.inputs))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            near = sum(
                pool.map(lambda pairs: _match(market, pairs, of_outputs, of_inputs), _trees(market))
            )
        times.append(time.perf_counter())
        lists.create(cursor, PEER)
        with cursor.cursor.copy(lists.copy_in(PEER)) as copy:
            for piece in storing.stream(market, of_outputs, of_inputs):
                copy.write(piece)
        lists.finish(cursor, PEER)
    times.append(time.perf_counter())
    load_s, compute_s, store_s = (times[place + 1] - times[place] for place in range(3))
    flows = len(market.outputs) + len(market.inputs)
    return Timings(load_s, compute_s, store_s, times[-1] - times[0], flows, near)


def _trees(market: Market) -> list[list[tuple[int, int]]]:
    """Return (type of outputs, type of inputs) of each tree of types, the largest tree first."""
    roots = {}
    for output_type, input_type in market.servings:
        # The root is served by most of the types that serve what is below it.
        wider = [above for below, above in market.servings if below == output_type]
        root = max(wider, key=lambda above: sum(pair[1] == above for pair in market.servings))
        roots.setdefault(root, []).append((output_type, input_type))
    sizes = np.bincount(market.outputs["type"], minlength=len(market.types) + 1)
    return sorted(roots.values(), key=lambda pairs: -sum(int(sizes[output]) for output, _ in pairs))


def _match(
    market: Market, servings: list[tuple[int, int]], of_outputs: Lists, of_inputs: Lists
) -> int:
    """Fill the lists of a tree of types; return how many pairs are near."""
    near = 0
    for output_type, input_type in servings:
        outputs = np.flatnonzero(market.outputs["type"] == output_type)
        inputs = np.flatnonzero(market.inputs["type"] == input_type)
        for output, input_, chord in _near(market, outputs, inputs):
            pairs = scoring.Pairs(market, market.types[output_type], output, input_, chord)
            near += len(pairs)
            pairs.score(of_outputs, of_inputs)
            of_outputs.merge(pairs.output, pairs.input, pairs.scores, pairs.distances_m)
            of_inputs.merge(pairs.input, pairs.output, pairs.scores, pairs.distances_m)
    return near


def _near(
    market: Market, outputs: np.ndarray, inputs: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield chunks of (outputs, inputs, straight line between them [m]) in reach of the outputs."""
    if not len(outputs) or not len(inputs):
        return
    places = market.output_places[outputs]
    # Neighbours beside each other: then a chunk holds few inputs.
    order = cKDTree(places).indices
    outputs, places = outputs[order], places[order]
    tree = cKDTree(market.input_places[inputs])
    reaches = market.outputs["reach_m"][outputs]
    counts = tree.query_ball_point(places, reaches, return_length=True)
    chunks = np.cumsum(counts) // PAIRS_PER_CHUNK
    for start, stop in _runs(chunks):
        found = cKDTree(places[start:stop]).sparse_distance_matrix(
            tree, reaches[start:stop].max(), output_type="ndarray"
        )
        yield outputs[start + found["i"]], inputs[found["j"]], found["v"]


def _runs(numbers: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield (start, stop) of equal numbers."""
    edges = np.flatnonzero(np.diff(numbers)) + 1
    yield from zip([0, *edges], [*edges, len(numbers)], strict=True)
