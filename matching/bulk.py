"""Matching many flows at once: load a tree of types, score over a grid, keep the best."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from matching import loading
from matching.engine.best import NOBODY, best_of_many, grid_of, score_pairs
from matching.engine.geodesy import LEAST_RADIUS_M
from matching.engine.parameters import BEST_PER_FLOW
from matching.engine.scoring import add_internal_rates_of_return

Report = Callable[[int, int], None]  # (flows done, flows in all)
# Flows between two signs of life.
CHUNK = 2_000
PAIRS_PER_CHUNK = 50_000


@dataclass(frozen=True)
class Slice:
    """
    The flows of one tree of resource types whose ids leave the same remainder.

    A flow's slice does not depend on other flows, so that those which come and go between the
    partitions of a run push no flow from one slice, already done, into another.
    """

    root_key: int
    number: int = 0
    count: int = 1

    def indices(self, flows: loading.FlowTable) -> np.ndarray:
        """Return the places of the slice's flows, in their order."""
        if self.count == 1:
            return np.arange(len(flows))
        remainders = (flow_id.int % self.count for flow_id in flows.ids)
        return np.flatnonzero(np.fromiter(remainders, np.int64, len(flows)) == self.number)


@dataclass(frozen=True)
class Found:
    """Pairs that are among the best of a flow of the slice, and what their figures come from."""

    outputs: loading.FlowTable
    inputs: loading.FlowTable
    types: loading.TypeTable
    contaminants: np.ndarray
    pairs: np.ndarray  # (output index, input index)
    ranks: np.ndarray  # (output rank, input rank), 0: not in the list of a flow of the slice
    weights: np.ndarray  # of the factors

    def chunks(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield (pairs, ranks, the kernel's results)."""
        for start in range(0, len(self.pairs), PAIRS_PER_CHUNK):
            pairs = self.pairs[start : start + PAIRS_PER_CHUNK]
            results = score_pairs(
                self.outputs.array, self.inputs.array, pairs, self.types.array, self.contaminants,
                self.weights,
            )  # fmt: skip
            add_internal_rates_of_return(results)
            yield pairs, self.ranks[start : start + PAIRS_PER_CHUNK], results


def find_best(part: Slice, report: Report, weights: np.ndarray) -> Found:
    """Find the best partners of the slice's outputs and inputs among all flows of the tree."""
    types = loading.load_types()
    both_sides = [
        loading.load_flows(
            types,
            is_output=is_output,
            condition="f.resource_type_id = ANY(%s::smallint[])",
            parameters=[types.subtree_keys(part.root_key)],
        )
        for is_output in (True, False)
    ]
    contaminants = loading.join_contaminants(*both_sides)
    (outputs, _), (inputs, _) = both_sides
    chosen = part.indices(outputs), part.indices(inputs)
    done, total = 0, sum(map(len, chosen))
    report(done, total)
    lists = []
    for own, flows, others, is_output in (
        (chosen[0], outputs, inputs, True),
        (chosen[1], inputs, outputs, False),
    ):
        best = np.empty((len(own), BEST_PER_FLOW), dtype=np.int64)
        for start, stop, partners in _best_in_chunks(
            flows.array[own], others.array, types, contaminants, weights, is_output
        ):
            best[start:stop] = partners
            done += stop - start
            report(done, total)
        lists.append((own, best))
    pairs, ranks = _join(lists[0], lists[1], input_count=len(inputs))
    return Found(outputs, inputs, types, contaminants, pairs, ranks, weights)


def _best_in_chunks(
    flows: np.ndarray,
    others: np.ndarray,
    types: loading.TypeTable,
    contaminants: np.ndarray,
    weights: np.ndarray,
    is_output: bool,  # noqa: FBT001
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield (start, stop, best partners of flows[start:stop])."""
    if not len(flows):
        return
    reaches_m = np.minimum(flows["reach_m"], _farthest_of_types(flows, types, is_output))
    # Bands about half as high as the reach waste the least of what they hold.
    typical_m = float(np.quantile(reaches_m, 0.75))
    band_degrees = float(np.clip(np.degrees(typical_m / 2 / LEAST_RADIUS_M), 0.02, 10.0))
    order, band_starts = grid_of(others, band_degrees)
    for start in range(0, len(flows), CHUNK):
        stop = min(start + CHUNK, len(flows))
        yield start, stop, best_of_many(
            flows, is_output, others, order, band_starts, band_degrees, reaches_m,
            types.array, contaminants, weights, BEST_PER_FLOW, start, stop,
        )  # fmt: skip


def _farthest_of_types(
    flows: np.ndarray,
    types: loading.TypeTable,
    is_output: bool,  # noqa: FBT001
) -> np.ndarray:
    """Return for each flow how far its type lets partners be [m]."""
    by_type = np.array([types.reach_m(key, is_output=is_output) for key in types.keys])
    return by_type[flows["type"]]


def _join(
    best_of_outputs: tuple[np.ndarray, np.ndarray],
    best_of_inputs: tuple[np.ndarray, np.ndarray],
    *,
    input_count: int,
) -> tuple[np.ndarray, np.ndarray]:
    """
    Join the lists of both sides, each given as (flows, their best partners).

    Returns pairs (output index, input index), and their (output rank, input rank); rank 0: not in
    that list.
    """
    keys, places = [], []
    for (own, best), is_output in ((best_of_outputs, True), (best_of_inputs, False)):
        row, place = np.nonzero(best != NOBODY)
        flow, partner = own[row], best[row, place]
        output, input_ = (flow, partner) if is_output else (partner, flow)
        keys.append(output * input_count + input_)
        places.append(place + 1)
    joined, position = np.unique(np.concatenate(keys), return_inverse=True)
    ranks = np.zeros((len(joined), 2), dtype=np.int64)
    ranks[position[: len(keys[0])], 0] = places[0]
    ranks[position[len(keys[0]) :], 1] = places[1]
    return np.stack(np.divmod(joined, max(1, input_count)), axis=1), ranks
