"""The heat cascade: published cases, a network flow that needs no cascade, and laws that hold."""

import re

import numpy as np
import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from matching.engine.heat_recovery import STREAM, cascade

CASES = settings.BASE_DIR.parent / "shared/data/heat_recovery"
# Minimum hot and cold utility as published with the cases (Letsios, Kouyialis, Misener 2018).
PUBLISHED = {
    "4sp1": (345.9, 747.5),
    "6sp1": (0, 5956),
    "6sp-gg1": (0, 0),
    "7sp2": (2175.53, 0),
    "8sp1": (1942, 112.5),
    "10sp1": (0, 6497970),
    "12sp1": (105554.01, 0),
    "balanced5": (307, 60),
    "balanced10": (474, 197),
    "large_scale0": (7772.59, 23413.67),
}


def streams(*rows: tuple[float, float, float]) -> np.ndarray:
    return np.array(list(rows), dtype=STREAM)


def read(name: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Read a case: sources, sinks (temperatures and heat capacity flow), ΔTmin."""
    sides: dict[str, list] = {"HS": [], "CS": []}
    approach = 0.0
    for line in (CASES / f"{name}.dat").read_text().splitlines():
        kind, *numbers = line.split() or [""]
        if kind == "DTmin":
            approach = float(numbers[0])
        elif found := re.fullmatch(r"(HS|CS)\d+", kind):
            start, end, capacity = map(float, numbers)
            sides[found[1]].append((start, end, abs(start - end) * capacity))
    return streams(*sides["HS"]), streams(*sides["CS"]), approach


@pytest.mark.skipif(not CASES.is_dir(), reason="The published cases are not part of the project.")
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_utilities_are_reproduced(name):
    sources, sinks, approach = read(name)
    found = cascade(sources, sinks, min_approach_k=approach)
    hot, cold = PUBLISHED[name]
    assert found.hot_utility_mw == pytest.approx(hot, rel=1e-6, abs=0.01)
    assert found.cold_utility_mw == pytest.approx(cold, rel=1e-6, abs=0.01)


def test_the_pinch_of_a_textbook_case():
    # Linnhoff and others, "A User Guide on Process Integration": 20 and 60 kW, 90 and 80 °C.
    sources = streams((170, 60, 330), (150, 30, 180))
    sinks = streams((20, 135, 230), (80, 140, 240))
    found = cascade(sources, sinks, min_approach_k=10)
    assert found.hot_utility_mw == pytest.approx(20)
    assert found.cold_utility_mw == pytest.approx(60)
    assert found.pinch_c == 85
    assert found.recovered_mw == pytest.approx(450)


def test_heat_at_one_level_serves_a_need_that_is_colder_by_the_approach():
    steam, need = streams((120, 120, 5)), streams((110, 110, 3))
    assert cascade(steam, need, min_approach_k=10).recovered_mw == 3
    assert cascade(steam, need, min_approach_k=10.1).recovered_mw == 0


def test_without_streams_nothing_is_needed():
    found = cascade(streams(), streams(), min_approach_k=10)
    assert (found.hot_utility_mw, found.cold_utility_mw, found.pinch_c) == (0, 0, None)


@pytest.mark.parametrize(
    ("sources", "sinks", "approach"),
    [
        (streams((50, 60, 1)), streams(), 10),
        (streams(), streams((60, 50, 1)), 10),
        (streams((60, 50, -1)), streams(), 10),
        (streams(), streams(), -1),
    ],
)
def test_what_cannot_be_is_refused(sources, sinks, approach):
    with pytest.raises(ValueError, match=r"cannot|negative"):
        cascade(sources, sinks, min_approach_k=approach)


levels = st.integers(0, 40).map(lambda number: number * 10.0)
powers = st.integers(0, 50).map(float)


def side(*, is_source: bool):
    def record(ends: tuple[float, float], power: float) -> tuple[float, float, float]:
        return (*sorted(ends, reverse=is_source), power)

    rows = st.lists(st.builds(record, st.tuples(levels, levels), powers), max_size=6)
    return rows.map(lambda rows: streams(*rows))


@given(side(is_source=True), side(is_source=False), st.sampled_from([0.0, 10.0, 20.0]))
def test_energy_is_kept_and_more_approach_recovers_no_more(sources, sinks, approach):
    found = cascade(sources, sinks, min_approach_k=approach)
    given_off, needed = sources["power_mw"].sum(), sinks["power_mw"].sum()
    assert found.recovered_mw + found.hot_utility_mw == pytest.approx(needed)
    assert found.recovered_mw + found.cold_utility_mw == pytest.approx(given_off)
    assert -1e-9 <= found.recovered_mw <= min(given_off, needed) + 1e-9
    wider = cascade(sources, sinks, min_approach_k=approach + 10)
    assert wider.recovered_mw <= found.recovered_mw + 1e-9


def best_by_hand(sources: np.ndarray, sinks: np.ndarray, approach: float) -> float:
    """
    The most that slices of 10 K can exchange: each need, the warmest first, takes from the coldest
    sources that are warm enough, which leaves the warmer ones to the others.
    """

    def slices(rows: np.ndarray) -> list[list[float]]:
        found = []
        for supply, target, power in rows:
            count = int(abs(supply - target) / 10) or 1
            step = (target - supply) / count
            found += [
                [supply + number * step, target - (count - 1 - number) * step, power / count]
                for number in range(count)
            ]
        return found

    given_off = sorted(slices(sources), key=lambda one: one[1])
    recovered = 0.0
    for start, end, needed in sorted(slices(sinks), key=lambda one: -one[1]):
        for one in given_off:
            # Both ends of two slices of equal height are apart alike.
            fits = one[1] >= start + approach and one[0] >= end + approach
            if fits and needed > 0:
                taken = min(needed, one[2])
                one[2] -= taken
                needed -= taken
                recovered += taken
    return recovered


@given(side(is_source=True), side(is_source=False), st.sampled_from([0.0, 10.0, 20.0]))
def test_it_recovers_what_a_search_slice_by_slice_does(sources, sinks, approach):
    found = cascade(sources, sinks, min_approach_k=approach)
    assert found.recovered_mw == pytest.approx(best_by_hand(sources, sinks, approach), abs=1e-6)
