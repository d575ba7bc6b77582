"""The kernel of near misses knows the rules of the score, and its gaps are exact."""

import numpy as np
import pytest

from matching import loading, pairing
from matching.engine import near_misses as engine
from matching.engine import parameters as p
from matching.engine.arrays import COLUMN
from matching.engine.best import score_pairs
from organizations.models import ResourceFlow
from tests.matching.random_arrays import WINDOWS, random_pairs
from tests.matching.region import Region

RULE = {name: position for position, name in enumerate(engine.RULES)}
FIELDS = dict(zip(("temperature", "pressure", "purity", "moisture", "ph"), WINDOWS, strict=True))
# Within a soft edge around its limit a rule holds.
EDGES = {
    "temperature": p.TEMPERATURE_EDGE_K,
    "purity": p.PERCENT_EDGE_POINTS,
    "moisture": p.PERCENT_EDGE_POINTS,
    "ph": p.PH_EDGE,
}


def matches(arrays) -> np.ndarray:
    return ~np.isnan(score_pairs(*arrays, p.DEFAULT_WEIGHTS)[:, COLUMN["score"]])


@pytest.mark.parametrize("seed", range(10))
def test_no_rule_fails_for_exactly_the_pairs_that_match(seed):
    arrays = random_pairs(seed, 5_000)
    fits = matches(arrays)
    gaps, _, _ = engine.gaps_of_pairs(*arrays)
    assert fits.tolist() == (gaps == 0).all(axis=1).tolist()
    assert 50 < fits.sum() < 4_000


@pytest.mark.django_db
def test_no_rule_fails_for_exactly_the_matches_of_a_region():
    Region(11, flow_count=90)
    types = loading.load_types()
    found = 0
    for flow in ResourceFlow.objects.active():
        arrays = pairing.pair_up(flow, types, condition="true", parameters=[]).arrays
        fits = matches(arrays)
        gaps, _, _ = engine.gaps_of_pairs(*arrays)
        assert fits.tolist() == (gaps == 0).all(axis=1).tolist()
        found += fits.sum()
    assert found > 20


def give_in(rule: str, gaps, outputs, inputs, contaminants) -> None:
    """Change each pair by its gap: a limit farther, a period longer, a lot smaller, all warmer."""
    if rule == "distance":
        limits = np.minimum(outputs["reach_m"], inputs["reach_m"]) + gaps
        for flows in (outputs, inputs):
            flows["reach_m"] = np.maximum(flows["reach_m"], limits)
    elif rule == "validity":
        days = gaps.astype(np.int32)
        output_is_first = outputs["valid_to_day"] < inputs["valid_from_day"]
        outputs["valid_to_day"] += np.where(output_is_first, days, 0).astype(np.int32)
        inputs["valid_to_day"] += np.where(output_is_first, 0, days).astype(np.int32)
    elif rule == "quantity":
        lots = np.maximum(outputs["min_quantity_per_year"], inputs["min_quantity_per_year"]) - gaps
        for flows in (outputs, inputs):
            flows["min_quantity_per_year"] = np.minimum(flows["min_quantity_per_year"], lots)
    elif rule == "contaminants":
        for flow, gap in zip(inputs, gaps, strict=True):
            contaminants["mg_per_kg"][flow["contaminants_start"] : flow["contaminants_end"]] *= gap
    else:
        for field in FIELDS[rule]:
            outputs[field] -= gaps


def still_fails(rule: str, by, pairs) -> list[bool]:
    outputs, inputs, places, types, contaminants = (array.copy() for array in pairs)
    give_in(rule, by, outputs, inputs, contaminants)
    gaps, _, _ = engine.gaps_of_pairs(outputs, inputs, places, types, contaminants)
    return (gaps[:, RULE[rule]] != 0).tolist()


@pytest.mark.parametrize("rule", ["distance", "validity", "quantity", "contaminants", *FIELDS])
def test_giving_in_by_the_gap_makes_a_rule_hold_and_by_less_does_not(rule):
    outputs, inputs, places, types, contaminants = random_pairs(21, 20_000)
    gaps, _, _ = engine.gaps_of_pairs(outputs, inputs, places, types, contaminants)
    fails = np.isfinite(gaps).all(axis=1) & (gaps[:, RULE[rule]] != 0)
    count = fails.sum()
    assert count > 100
    pairs = (outputs[fails], inputs[fails], places[:count], types, contaminants)
    by = gaps[fails, RULE[rule]]
    # Over the soft edge of a window a rule holds before the limit is reached.
    edges = np.zeros(count)
    if rule == "pressure":
        limits = np.where(by < 0, pairs[1]["pressure_min_bar"], pairs[1]["pressure_max_bar"])
        edges = np.sign(by) * p.PRESSURE_EDGE_SHARE * limits
    elif rule in EDGES:
        edges = np.sign(by) * EDGES[rule]
    # The last bits differ where something is computed the other way round; days are whole.
    more, less = (0, 1) if rule == "validity" else (by * 1e-6, by * 1e-6)
    assert still_fails(rule, by - edges + more, pairs) == [False] * count
    assert still_fails(rule, by - edges - less, pairs) == [True] * count


def test_a_lot_without_shared_time_is_measured_as_if_all_were_shared():
    arrays = random_pairs(31, 5_000)
    outputs, inputs, *_ = arrays
    gaps, _, facts = engine.gaps_of_pairs(*arrays)
    apart = (gaps[:, RULE["months"]] == 1) & np.isfinite(gaps).all(axis=1)
    assert apart.sum() > 100
    most = np.minimum(outputs["quantity_per_year"], inputs["quantity_per_year"])
    assert facts[apart, engine.QUANTITY_PER_YEAR].tolist() == most[apart].tolist()


def test_near_pairs_fail_few_rules_by_little_in_a_total_order():
    arrays = random_pairs(41, 20_000)
    gaps, bounds, facts = engine.gaps_of_pairs(*arrays)
    shares = np.divide(np.abs(gaps), bounds, out=np.zeros_like(gaps), where=gaps != 0)
    expected = sorted(
        (int(failed), shares[place].sum(), facts[place, engine.DISTANCE_M], place)
        for place, failed in enumerate((gaps != 0).sum(axis=1))
        if 1 <= failed <= 2 and shares[place].max() <= 1
    )
    near = engine.near_pairs(*arrays)
    assert near.places.tolist() == [place for *_, place in expected]
    assert near.gaps.tolist() == gaps[near.places].tolist()
    assert len(near) > 500


@pytest.mark.django_db
def test_a_flow_that_is_paused_meanwhile_has_no_pairs():
    Region(51, flow_count=20)
    flow = ResourceFlow.objects.active().filter(direction="output").first()
    ResourceFlow.objects.filter(pk=flow.pk).update(status="paused")
    pairs = pairing.pair_up(flow, loading.load_types(), condition="true", parameters=[])
    assert pairs.other_ids == []
    assert len(engine.near_pairs(*pairs.arrays)) == 0
