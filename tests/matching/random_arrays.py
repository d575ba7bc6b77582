"""Pairs of flows at random, as the kernels read them; many of them nearly fit."""

import numpy as np

from matching.engine.arrays import AT_LEAST, AT_MOST, CONTAMINANT, FLOW, RESOURCE_TYPE, WINDOW

WEEK = np.uint64(2**63 - 1)
WINDOWS = {
    ("temperature_min_c", "temperature_max_c"): (40, 120),
    ("pressure_min_bar", "pressure_max_bar"): (1, 12),
    ("purity_min_pct", "purity_max_pct"): (60, 99),
    ("moisture_min_pct", "moisture_max_pct"): (5, 60),
    ("ph_min", "ph_max"): (4, 10),
}


def random_pairs(seed: int, count: int) -> tuple[np.ndarray, ...]:
    """Outputs, inputs, pairs of them, types and contaminants."""
    random = np.random.default_rng(seed)
    outputs, inputs = _flows(random, count, 0), _flows(random, count, 2)
    contaminants = np.zeros(4 * count, dtype=CONTAMINANT)
    contaminants["substance"] = np.tile([0, 1], 2 * count)
    contaminants["mg_per_kg"] = random.integers(1, 20, 4 * count)
    for number, flows in enumerate((outputs, inputs)):
        flows["contaminants_start"] = 2 * (np.arange(count) + number * count)
        flows["contaminants_end"] = flows["contaminants_start"]
        flows["contaminants_end"] += random.choice([0, 0, 1, 2], count).astype(np.int32)
    types = np.zeros(3, dtype=RESOURCE_TYPE)
    types["subtree_end"] = [2, 2, 3]
    types["temperature_rule"] = [AT_LEAST, AT_MOST, WINDOW]
    types["reach_m"] = 30_000
    pairs = np.stack([np.arange(count), np.arange(count)], axis=1)
    return outputs, inputs, pairs, types, contaminants


def _flows(random: np.random.Generator, count: int, organization: int) -> np.ndarray:
    flows = np.zeros(count, dtype=FLOW)
    # A few of the same owner on both sides.
    flows["organization_low"] = organization + random.integers(0, 3, count)
    flows["type"] = random.integers(0, 3, count)
    flows["latitude"] = 55 + random.random(count) * 0.1
    flows["longitude"] = 11 + random.random(count) * 0.1
    flows["reach_m"] = random.choice([4_000, 8_000, 30_000], count)
    flows["quantity_per_year"] = random.integers(1, 1000, count)
    lots = random.choice([0, 0, 0.3, 0.9], count)
    flows["min_quantity_per_year"] = flows["quantity_per_year"] * lots
    for number in range(3):
        flows[f"hours_{number}"] = random.choice(
            np.array([WEEK, WEEK, 0xFF, 0xFF00], dtype=np.uint64), count
        )
    flows["months"] = random.choice([4095, 4095, 4095, 0b111, 0b111000], count)
    flows["valid_from_day"] = random.choice([-(2**31), -(2**31), 20_800], count)
    flows["valid_to_day"] = 2**31 - 1
    ends = random.random(count) < 0.3
    flows["valid_to_day"][ends] = 20_800 + random.integers(-200, 200, ends.sum())
    flows["valid_from_day"][ends] = -(2**31)
    for (low, high), limits in WINDOWS.items():
        values = np.sort(random.uniform(*limits, (count, 2)), axis=1)
        values[random.random(count) < 0.6] = np.nan
        values[random.random(count) < 0.2, 0] = np.nan
        values[random.random(count) < 0.2, 1] = np.nan
        flows[low], flows[high] = values.T
    flows["hazardous"] = random.random(count) < 0.3
    flows["cost_eur_per_unit"] = np.nan
    return flows
