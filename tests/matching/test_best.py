"""The best partners of many flows: what the sieve lets through, and what comes out at the end."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import engine
from matching.engine import best, sieve
from matching.engine.arrays import COLUMN
from matching.engine.best import NOBODY, Sieved, grid_of, score_pairs
from matching.engine.geodesy import distance_m
from matching.engine.parameters import DEFAULT_WEIGHTS
from matching.engine.sieve import columns_of, grains_of
from tests.matching.random_arrays import random_pairs
from tests.matching.region import Region, full_run, rows

SCORE, DISTANCE = COLUMN["score"], COLUMN["distance_m"]
weights = st.lists(st.floats(0.01, 1), min_size=7, max_size=7).map(np.array)


@given(st.integers(0, 2**32), weights)
@settings(max_examples=30, deadline=None)
def test_no_pair_scores_more_than_the_sieve_allows(seed, weights):
    outputs, inputs, pairs, types, contaminants = random_pairs(seed, 300)
    results = score_pairs(outputs, inputs, pairs, types, contaminants, weights)
    shares = weights / weights.sum()
    grains, columns, room = grains_of(outputs), columns_of(grains_of(inputs)), sieve.room()
    scores = results[:, SCORE]
    for number in np.flatnonzero(~np.isnan(scores)):
        output, resource_type = grains[number], types[outputs["type"][number]]
        sieve.turn_to_type(resource_type, room)
        sieve.turn_to_output(output, resource_type, shares, room)

        def is_picked(least, number=number, output=output, resource_type=resource_type):
            leasts = np.full(len(inputs), np.inf)
            leasts[number] = least
            return sieve.look_at(
                output, resource_type, columns, number, number + 1, shares, np.inf, leasts, room
            )

        assert is_picked(scores[number] - 1e-6)
        assert room.distances_m[0] <= results[number, DISTANCE] * (1 + 1e-9) + 1e-6
        quality = shares[0] * results[number, COLUMN["quality_score"]]
        best_quality = room.qualities[columns.stated[number]]
        assert quality <= best_quality + 1e-9
        if room.are_sure[columns.stated[number]]:
            assert quality == pytest.approx(best_quality)
        # As tight as it is safe: else much would be looked at in vain.
        rest = scores[number] - quality
        assert rest <= room.most[0] <= rest + 1e-4
        assert not is_picked(scores[number] - quality + best_quality + 1e-4)


def lists_by_sorting(outputs, inputs, types, contaminants, count, *, are_outputs):
    """Score every pair, and sort."""
    own, others = (outputs, inputs) if are_outputs else (inputs, outputs)
    lists = []
    for flow in range(len(own)):
        pairs = np.zeros((len(others), 2), dtype=np.int64)
        pairs[:, 0 if are_outputs else 1] = flow
        pairs[:, 1 if are_outputs else 0] = np.arange(len(others))
        results = score_pairs(outputs, inputs, pairs, types, contaminants, DEFAULT_WEIGHTS)
        fits = np.flatnonzero(~np.isnan(results[:, SCORE]))
        order = np.lexsort((fits, results[fits, DISTANCE], -results[fits, SCORE]))
        lists.append(fits[order][:count].tolist())
    return lists


@given(st.integers(0, 2**32), st.sampled_from([1, 3, 20]), st.sampled_from([0, 1, 5]))
@settings(max_examples=25, deadline=None)
def test_the_best_are_those_of_a_sort_of_all_pairs(seed, count, copies):
    outputs, inputs, _, types, contaminants = random_pairs(seed, 60)
    # So many flows that are exactly alike: only their ids tell which come first.
    inputs = np.concatenate([inputs] + [inputs[:10]] * copies)
    grids = grid_of(outputs, len(types), 0.05), grid_of(inputs, len(types), 0.05)
    sieved = Sieved.of(len(outputs), count), Sieved.of(len(inputs), count)
    best.sift(*grids, types, contaminants, DEFAULT_WEIGHTS, *sieved, 0, len(outputs))
    for own, others, passed, are_outputs in (
        (*grids, sieved[0], True),
        (*grids[::-1], sieved[1], False),
    ):
        lists = best.empty_lists(len(own.flows), count)
        best.settle(
            own, others, types, contaminants, DEFAULT_WEIGHTS, passed,
            are_outputs=are_outputs, lists=lists,
        )  # fmt: skip
        found = [row[row != NOBODY].tolist() for row in lists.partners]
        assert found == lists_by_sorting(
            outputs, inputs, types, contaminants, count, are_outputs=are_outputs
        )


@pytest.mark.parametrize(
    ("place_a", "place_b", "metres"),
    [
        # A minute of arc along the equator, and along the meridian at the pole and the equator.
        ((0, 0), (0, 1 / 60), 1855.325),
        ((90, 0), (90 - 1 / 60, 0), 1861.566),
        ((-1 / 120, 30), (1 / 120, 30), 1842.905),
        # Across the date line.
        ((52, 179.9), (52, -179.9), 13_735.6),
    ],
)
def test_short_distances_are_those_of_the_ellipsoid(place_a, place_b, metres):
    assert distance_m(*map(float, (*place_a, *place_b))) == pytest.approx(metres, abs=0.05)


def compiled() -> dict[str, int]:
    """Return in how many versions each kernel has been compiled."""
    return {
        f"{module.__name__}.{name}": len(thing.signatures)
        for module in sys.modules.copy().values()
        if getattr(module, "__name__", "").startswith("matching.engine.")
        for name, thing in vars(module).items()
        if hasattr(thing, "signatures")
    }


@pytest.mark.django_db
def test_nothing_is_compiled_after_the_warm_up():
    engine.warm_up()
    before = compiled()
    assert before["matching.engine.best._sift"]
    region = Region(3, flow_count=30)
    full_run()
    for _ in range(5):
        region.change()
    assert rows()
    assert compiled() == before
