"""No set of partners does better than the chosen one: all others are tried, one by one."""

import itertools
import math
import random
from types import SimpleNamespace

import numpy as np
import pytest

from matching.engine import arrays
from matching.engine.arrays import AT_LEAST, COLUMN, FLOW, PIPE, RESOURCE_TYPE, TRUCK, WINDOW
from matching.engine.parameters import MOST_TOGETHER, TOGETHER_CANDIDATES
from matching.engine.scoring import distance_of_pair_m
from matching.engine.together import best_together
from organizations.hours import HoursOfWeek
from tests.matching.reference import ANNUITY, DAYS, _transport
from tests.matching.region import WEEKS

TYPES = {
    "ash": ("truck", TRUCK, WINDOW, 60.0, 1.0, math.nan),
    "heat": ("pipe", PIPE, AT_LEAST, 45.0, math.nan, 1.0),
}
# How far partners are spread, in degrees of latitude: pipes pay for shorter ways than trucks.
SPREAD = {"ash": 0.05, "heat": 0.005}
# Hours of a year in each hour of the week and month.
CELL_HOURS = np.outer(np.full(168, 8760 / 168), np.array(DAYS) / 365)
MONTHS = [range(1, 13), range(1, 4), range(3, 9)]


def type_array(name: str) -> np.ndarray:
    _, mode, rule, price, tonnes, pipe = TYPES[name]
    return np.array([(1, mode, rule, price, 0.2, tonnes, pipe, 50_000.0)], dtype=RESOURCE_TYPE)


def flow(number: int, amount: float, **fields) -> np.void:
    """A flow of an organization of its own, all year round unless told."""
    row = np.zeros(1, dtype=FLOW)
    for name in FLOW.names:
        if name.endswith(("_c", "_bar", "_pct")) or name in ("ph_min", "ph_max"):
            row[name] = math.nan
    row["organization_low"], row["quantity_per_year"] = number, amount
    row["cost_eur_per_unit"], row["reach_m"] = math.nan, math.inf
    row["valid_from_day"], row["valid_to_day"] = -(2**31), 2**31 - 1
    hours, months = fields.pop("week", "Mon-Sun"), fields.pop("months", range(1, 13))
    on = HoursOfWeek.parse(hours)
    bits = sum(1 << hour for hour in range(168) if hour in on)
    for word in range(3):
        row[f"hours_{word}"] = bits >> 64 * word & (1 << 64) - 1
    row["months"] = sum(1 << month - 1 for month in months)
    row["latitude"], row["longitude"] = fields.pop("place", (55.68, 11.09))
    for name, value in fields.items():
        row[name] = value
    return row[0]


def runs(row: np.void) -> np.ndarray:
    """Whether a flow runs, by hour of the week and month."""
    bits = sum(int(row[f"hours_{word}"]) << 64 * word for word in range(3))
    week = np.array([bits >> hour & 1 for hour in range(168)])
    year = np.array([int(row["months"]) >> month & 1 for month in range(12)])
    return np.outer(week, year).astype(bool)


def rate(row: np.void) -> np.ndarray:
    on = runs(row)
    return on * row["quantity_per_year"] / CELL_HOURS[on].sum()


class Case:
    """A flow with a few possible partners, all at random."""

    def __init__(self, seed: int, kind: str, *, count: int, has_lots: bool) -> None:
        pick = random.Random(seed)
        self.kind, self.is_output = kind, pick.random() < 0.5
        self.hub = flow(0, 1000, week=pick.choice(WEEKS[:2]), months=pick.choice(MONTHS[:2]))
        if pick.random() < 0.3:
            self.hub["min_quantity_per_year"] = pick.choice([300, 600, 1000])
        self.partners = [
            flow(
                1 + number,
                amount := pick.choice([50, 150, 200, 350, 600, 900]),
                week=pick.choice(WEEKS[:4]),
                months=pick.choice(MONTHS),
                place=(55.68 + pick.random() * SPREAD[kind], 11.09),
                min_quantity_per_year=amount * pick.choice([0, 0, 0.3, 0.7]) if has_lots else 0,
                cost_eur_per_unit=pick.choice([math.nan, 10.0, 25.0]),
                valid_from_day=pick.choice([-(2**31)] * 5 + [20_000]),
                valid_to_day=pick.choice([2**31 - 1] * 5 + [19_000]),
            )
            for number in range(count)
        ]
        self.types = type_array(kind)

    def chosen(self):
        hub, partners = np.array([self.hub]), np.array(self.partners)
        pairs = np.zeros((len(partners), 2), dtype=np.int64)
        pairs[:, 1 if self.is_output else 0] = np.arange(len(partners))
        sides = (hub, partners) if self.is_output else (partners, hub)
        nothing = np.zeros(0, dtype=arrays.CONTAMINANT)
        return best_together(*sides, pairs, self.types, nothing, is_output=self.is_output)

    def savings(self, number: int, quantity: float, peak: float) -> float:
        """What a partner's part saves [EUR/a], by the formulas of docs/matching.md."""
        partner = self.partners[number]
        output, input_ = (self.hub, partner) if self.is_output else (partner, self.hub)
        name, _, rule, price, tonnes, pipe = TYPES[self.kind]
        kind = SimpleNamespace(
            transport=name, tonnes_per_unit=tonnes, pipe_mw_per_unit_per_hour=pipe,
            temperature_rule="window" if rule == WINDOW else "at_least",
        )  # fmt: skip
        anyhow = SimpleNamespace(methods=[])
        investment, running, _ = _transport(
            anyhow, anyhow, kind, quantity, quantity / peak, distance_of_pair_m(output, input_)
        )
        paid = input_["cost_eur_per_unit"], output["cost_eur_per_unit"]
        purchase = price if math.isnan(paid[0]) else paid[0]
        disposal = 0.0 if math.isnan(paid[1]) else paid[1]
        return quantity * (purchase + disposal) - running - investment * (0.01 + ANNUITY)

    def fill(self, order) -> list[tuple[float, float]] | None:
        """(quantity, peak) of each in this order; None where a rule does not hold."""
        everybody = [self.hub, *(self.partners[number] for number in order)]
        if max(f["valid_from_day"] for f in everybody) > min(f["valid_to_day"] for f in everybody):
            return None
        left, parts = rate(self.hub), []
        for number in order:
            taken = np.minimum(left, rate(self.partners[number]))
            quantity = (taken * CELL_HOURS).sum()
            lot = self.partners[number]["min_quantity_per_year"]
            if quantity < 1e-6 or quantity < lot * (1 - 1e-9):
                return None
            left = left - taken
            parts.append((quantity, taken.max()))
        total = sum(quantity for quantity, _ in parts)
        return parts if total >= self.hub["min_quantity_per_year"] * (1 - 1e-9) else None

    def saved(self, order) -> float:
        parts = self.fill(order)
        if parts is None:
            return -math.inf
        return sum(self.savings(n, *part) for n, part in zip(order, parts, strict=True))

    def by_saving_per_unit(self) -> list[int]:
        """The partners that share time with the flow, in the order of the documentation."""

        def per_unit(number: int) -> float:
            taken = np.minimum(rate(self.hub), rate(self.partners[number]))
            quantity = (taken * CELL_HOURS).sum()
            return self.savings(number, quantity, taken.max()) / quantity

        sharing = [n for n, f in enumerate(self.partners) if (runs(f) & runs(self.hub)).any()]
        return sorted(sharing, key=per_unit, reverse=True)


def check(case: Case, most: float) -> bool:
    """Compare with the best of all other ways; returns whether there is a combination."""
    found = case.chosen()
    if found is None:
        best_alone = max((case.saved([n]) for n in range(len(case.partners))), default=-math.inf)
        assert most <= best_alone + 0.02 or most == -math.inf
        return False
    parts = found.results[:, COLUMN["quantity_per_year"]]
    # It is one of the ways that were tried: it keeps every rule …
    again = case.fill(found.places.tolist())
    assert parts == pytest.approx([quantity for quantity, _ in again])
    # … and saves what it says, which is the most.
    saved = found.whole[COLUMN["savings_eur_per_year"]]
    assert saved == pytest.approx(case.saved(found.places.tolist()), abs=0.01)
    assert saved == pytest.approx(most, abs=0.02)
    assert parts.sum() <= case.hub["quantity_per_year"] * (1 + 1e-9)
    return True


@pytest.mark.parametrize("batch", range(10))
def test_where_trucks_are_paid_by_the_tonne_no_way_to_share_saves_more(batch):
    found = 0
    for seed in range(batch * 12, batch * 12 + 12):
        case = Case(seed, "ash", count=5, has_lots=False)
        orders = itertools.chain.from_iterable(
            itertools.permutations(range(5), size) for size in range(1, 6)
        )
        found += check(case, max(case.saved(order) for order in orders))
    assert found >= 2


@pytest.mark.parametrize("kind", ["ash", "heat"])
@pytest.mark.parametrize("batch", range(5))
def test_no_other_set_saves_more(batch, kind):
    found = 0
    for seed in range(batch * 12, batch * 12 + 12):
        case = Case(seed, kind, count=8, has_lots=True)
        order = case.by_saving_per_unit()
        sets = itertools.chain.from_iterable(
            itertools.combinations(order, size) for size in range(1, MOST_TOGETHER + 1)
        )
        found += check(case, max((case.saved(one) for one in sets), default=-math.inf))
    assert found >= 2


def test_of_many_the_most_promising_are_compared():
    case = Case(1, "ash", count=0, has_lots=False)
    case.hub = flow(0, 1000)
    case.partners = [flow(1 + number, 10 + number) for number in range(TOGETHER_CANDIDATES * 3)]
    found = case.chosen()
    assert sorted(found.places) == list(range(31, 36))
