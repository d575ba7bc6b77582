"""Matching many flows at once: load a tree of types, look through a grid, keep the best."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from matching import loading
from matching.engine import best
from matching.engine.best import Grid, Lists, Sieved, grid_of
from matching.engine.geodesy import LEAST_RADIUS_M
from matching.engine.inversion import listed_by
from matching.engine.parameters import BEST_PER_FLOW

Report = Callable[[int, int], None]  # (flows done, flows in all)
# Flows between two signs of life.
CHUNK = 4_000


@dataclass(frozen=True)
class Side:
    """The flows of one direction, and what has been found for each, in the order of their ids."""

    flows: loading.FlowTable
    lists: Lists
    # In whose lists they are: places of partners, one flow after the other, and where each begins.
    listed_by: np.ndarray
    starts: np.ndarray


def find_best(root_key: int, report: Report, weights: np.ndarray) -> tuple[Side, Side]:
    """
    Find the best partners of all outputs and inputs of a tree of resource types.

    Returns the outputs and the inputs; what their lists hold are places on the other side.
    """
    types = loading.load_types()
    loaded = loading.load_both(
        types,
        condition="c.resource_type_id = ANY(%s::smallint[])",
        parameters=[types.subtree_keys(root_key)],
    )
    contaminants = loading.join_contaminants(*loaded)
    tables = [table for table, _ in loaded]
    outputs, inputs = _grids(tables[0].array, tables[1].array, len(types.array))
    sieved = [Sieved.of(len(table), BEST_PER_FLOW) for table in tables]
    lists = [best.empty_lists(len(table), BEST_PER_FLOW) for table in tables]
    rules = types.array, contaminants, weights
    count = sum(map(len, tables))
    # All pairs are looked at from their outputs; after that each flow gets its list.
    done, steps = 0, len(tables[0]) + count
    report(0, count)
    for start, stop in _chunks(len(tables[0])):
        best.sift(outputs, inputs, *rules, sieved[0], sieved[1], start, stop)
        done += stop - start
        report(done * count // steps, count)
    for own, others, own_sieved, own_lists, are_outputs in (
        (outputs, inputs, sieved[0], lists[0], True),
        (inputs, outputs, sieved[1], lists[1], False),
    ):
        for start, stop in _chunks(len(own.flows)):
            best.settle(
                own, others, *rules, own_sieved,
                are_outputs=are_outputs, lists=own_lists, start=start, stop=stop,
            )  # fmt: skip
            done += stop - start
            report(done * count // steps, count)
    return (
        Side(tables[0], lists[0], *listed_by(lists[1].partners, len(tables[0]))),
        Side(tables[1], lists[1], *listed_by(lists[0].partners, len(tables[1]))),
    )


def _grids(outputs: np.ndarray, inputs: np.ndarray, type_count: int) -> tuple[Grid, Grid]:
    # Bands about half as high as the reach waste the least of what they hold.
    typical_m = float(np.quantile(outputs["reach_m"], 0.75)) if len(outputs) else 0.0
    band_degrees = float(np.clip(np.degrees(typical_m / 2 / LEAST_RADIUS_M), 0.02, 10.0))
    return grid_of(outputs, type_count, band_degrees), grid_of(inputs, type_count, band_degrees)


def _chunks(count: int) -> list[tuple[int, int]]:
    return [(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK)]
