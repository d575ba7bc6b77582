"""Laws of plans: possible, the best, proven, whatever the order and the parts."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from matching.planning import (
    Impossible,
    Options,
    Problem,
    Samples,
    Trenches,
    draw,
    parts_of,
    proportional_split,
    shapley_split,
    solve,
    solve_part,
    solve_robustly,
    worst_of,
)
from matching.planning.corridors import find_trenches
from matching.planning.greedy import greedy
from matching.planning.proof import priced_limit
from tests.plans.problems import best_by_trial, limits_of, random_problem

EXACTLY = Options(gap=0.0)
seeds = st.integers(0, 2**32)


def assert_possible(problem: Problem, quantities: np.ndarray) -> None:
    lower, upper = problem.bounds
    assert (quantities >= lower * (1 - 1e-9)).all()
    assert (quantities <= upper * (1 + 1e-9)).all()
    assert ((quantities == 0) | (quantities >= problem.least * (1 - 1e-9))).all()
    matrix, limits = limits_of(problem)
    assert (matrix[:-1] @ quantities <= limits[:-1] * (1 + 1e-9)).all()
    assert problem.invested(quantities) <= problem.budget * (1 + 1e-9)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_a_plan_is_possible_and_no_other_is_worth_more(seed):
    problem = random_problem(seed)
    best = best_by_trial(problem)
    if best is None:
        with pytest.raises(Impossible):
            solve(problem)
        return
    found = solve(problem, EXACTLY)
    assert_possible(problem, found.quantities)
    assert found.value == pytest.approx(problem.value(found.quantities), abs=1e-9)
    assert found.value == pytest.approx(best, abs=1e-6)
    assert found.bound == pytest.approx(best, abs=1e-6)
    simple = greedy(problem)
    assert_possible(problem, simple)
    assert problem.value(simple) <= found.value + 1e-9


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_prices_prove_a_linear_plan(seed):
    problem = random_problem(seed, has_switches=False, size=40)
    try:
        found = solve(problem)
    except Impossible:
        return
    assert_possible(problem, found.quantities)
    assert priced_limit(problem, found) == pytest.approx(found.value, rel=1e-9, abs=1e-7)
    # A flow of which something is left has no price.
    for side, limits, prices in (
        (problem.output, problem.available, found.output_prices),
        (problem.input, problem.needed, found.input_prices),
    ):
        left = limits - np.bincount(side, found.quantities, len(limits))
        assert prices[left > 1e-6 * limits] == pytest.approx(0, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_neither_order_nor_parts_matter(seed):
    problem = random_problem(seed, size=20)
    try:
        found = solve(problem, EXACTLY)
    except Impossible:
        return
    order = np.random.default_rng(seed).permutation(len(problem))
    other = solve(problem.of(order), EXACTLY)
    assert other.value == pytest.approx(found.value, abs=1e-6)
    assert solve_part(problem, EXACTLY).value == pytest.approx(found.value, abs=1e-6)
    parts = parts_of(problem)
    assert sorted(itertools.chain(*parts)) == sorted(problem.worthwhile)
    for one, two in itertools.combinations(parts, 2):
        assert not set(problem.output[one]) & set(problem.output[two])
        assert not set(problem.input[one]) & set(problem.input[two])


def chain(count: int = 300, seed: int = 1) -> Problem:
    """One large component of switched exchanges, which takes a solver some time."""
    random = np.random.default_rng(seed)
    flows = count // 5
    return Problem(
        available=random.uniform(5, 20, flows),
        needed=random.uniform(5, 20, flows),
        output=random.integers(0, flows, count),
        input=random.integers(0, flows, count),
        most=np.full(count, 15.0),
        worth=random.uniform(1, 10, count),
        fixed=random.uniform(10, 60, count),
        least=random.uniform(0, 6, count),
    )


def test_out_of_time_a_plan_is_possible_not_worse_than_greedy_and_says_its_gap():
    problem = chain()
    hasty = solve(problem, Options(time_limit_s=0.0, gap=0.0))
    assert_possible(problem, hasty.quantities)
    assert hasty.value >= problem.value(greedy(problem)) - 1e-9
    patient = solve(problem, Options(time_limit_s=60.0, gap=0.02))
    assert patient.gap <= 0.02 + 1e-9
    assert hasty.value - 1e-6 <= patient.bound
    assert patient.value <= hasty.bound + 1e-6


@settings(max_examples=5, deadline=None)
@given(seeds)
def test_a_robust_choice_is_possible_and_on_average_not_worse_than_the_best_as_stated(seed):
    problem = random_problem(seed, size=6)
    try:
        stated = solve_part(problem, EXACTLY)
    except Impossible:
        return
    random = np.random.default_rng(seed)
    spreads = random.random(len(problem.available)) / 2, random.random(len(problem.needed)) / 2
    keys = [
        list(range(start, start + len(spread)))
        for start, spread in zip((0, 99), spreads, strict=True)
    ]
    samples = Samples(*(draw(spread, key, 10) for spread, key in zip(spreads, keys, strict=True)))
    assert np.abs(samples.outputs - 1).max(axis=0) == pytest.approx(spreads[0], rel=0.2)
    found = solve_robustly(problem, samples, spreads, options=EXACTLY)
    assert_possible(problem, found.solution.quantities)
    assert found.solution.value == pytest.approx(problem.value(found.solution.quantities), abs=1e-9)
    assert found.solution.value <= stated.value + 1e-6
    assert worst_of(found.values) <= found.expected <= found.bound + 1e-9
    assert found.expected >= delivered(problem, stated.quantities, samples).mean() - 1e-6
    # What is agreed is delivered as well as can be, and costs what is fixed whatever comes.
    assert found.values == pytest.approx(
        delivered(problem, found.solution.quantities, samples), abs=1e-6
    )


def delivered(problem: Problem, chosen: np.ndarray, samples: Samples) -> np.ndarray:
    """What a choice is worth in each sample, by SciPy."""
    matrix, _limits = limits_of(problem)
    on = np.where(chosen > 0, 1.0, 0.0)
    fixed = problem.worth @ on - problem.value(on)
    by_flow = np.minimum(problem.available[problem.output], problem.needed[problem.input])
    values = []
    for outputs, inputs in zip(samples.outputs, samples.inputs, strict=True):
        right = np.concatenate(
            [
                problem.available * outputs,
                problem.needed * inputs,
                (problem.most_load * inputs).ravel(),
            ]
        )
        scale = np.minimum(outputs[problem.output], inputs[problem.input])
        most = np.where(problem.most >= by_flow, np.inf, problem.most * scale)
        is_finite = np.isfinite(right)
        best = linprog(
            -problem.worth,
            A_ub=matrix[:-1][is_finite],
            b_ub=right[is_finite],
            bounds=list(zip(np.zeros(len(chosen)), np.minimum(chosen, most), strict=True)),
        )
        values.append(-best.fun - fixed)
    return np.array(values)


def test_progress_comes_part_by_part():
    problem = Problem(
        available=[10, 10, 10], needed=[5, 5, 5], output=[0, 1, 2], input=[0, 1, 2],
        most=[9, 9, 9], worth=[1, 2, -1], fixed=[0, 1, 0],
    )  # fmt: skip
    told: list[tuple[int, int]] = []
    found = solve(problem, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]
    assert found.quantities.tolist() == [5, 5, 0]
    assert found.value == 5 + 2 * 5 - 1


def test_what_must_be_never_be_and_cannot_be():
    flows = {"available": [10.0], "needed": [8.0, 8.0], "output": [0, 0], "input": [0, 1]}
    free = Problem(most=[8, 8], worth=[5, 1], **flows)
    assert solve(free).quantities.tolist() == [8, 2]
    assert solve(replace(free, floor=[0, 6])).quantities.tolist() == [4, 6]
    assert solve(replace(free, most=[0, 8])).quantities.tolist() == [0, 8]
    with pytest.raises(Impossible) as caught:
        solve(replace(free, floor=[5, 6]))
    assert caught.value.rows.tolist() == [0, 1]
    with pytest.raises(ValueError, match="negative"):
        replace(free, available=[-1.0])
    with pytest.raises(ValueError, match="known"):
        replace(free, worth=[np.nan, 1])


def test_a_budget_is_spent_where_it_brings_most():
    problem = Problem(
        available=[10.0, 10.0], needed=[10.0, 10.0], output=[0, 1], input=[0, 1],
        most=[10, 10], worth=[4, 3], investment=[20, 10], budget=150.0,
    )  # fmt: skip
    found = solve(problem)
    assert found.quantities == pytest.approx([2.5, 10])
    assert problem.invested(found.quantities) == pytest.approx(150)
    assert found.budget_price == pytest.approx(4 / 20)


class TestTrenches:
    def pipes(self) -> Problem:
        """Two pipes that pay neither alone, but together; a third one pays alone."""
        cost = np.array([60.0])
        return Problem(
            available=[10, 10, 10], needed=[10, 10, 10], output=[0, 1, 2], input=[0, 1, 2],
            most=[10, 10, 10], worth=[7, 6, 9], fixed=[80, 75, 50],
            trenches=Trenches(cost, cost * 10, np.array([0, 0]), np.array([0, 1])),
        )  # fmt: skip

    def test_sharing_makes_possible_what_does_not_pay_alone(self):
        shared = self.pipes()
        assert solve(shared.without_sharing()).value == pytest.approx(40)
        found = solve(shared, EXACTLY)
        assert found.quantities.tolist() == [10, 10, 10]
        assert found.value == pytest.approx(40 + 130 - 80 - 75 + 60)
        assert shared.invested(found.quantities) == -600 + shared.fixed_investment.sum()
        # Both parts know of each other through the trench.
        assert sorted(map(len, parts_of(shared))) in ([3], [1, 2])

    @settings(max_examples=10, deadline=None)
    @given(seeds)
    def test_never_worse_than_without(self, seed):
        random = np.random.default_rng(seed)
        problem = chain(30, seed)
        cost = random.uniform(1, 10, 12)
        pairs = np.unique(np.c_[random.integers(0, 12, 30), random.integers(0, 30, 30)], axis=0)
        trenches = Trenches(cost, cost, pairs[:, 0], pairs[:, 1])
        alone = replace(problem, fixed=problem.fixed + trenches.own(cost, 30))
        shared = replace(alone, trenches=trenches)
        hasty = Options(time_limit_s=0.2)
        assert solve(shared, hasty).value >= solve(alone, hasty).value * (1 - 1e-4) - 1e-9

    def test_corridors_are_found_where_pipes_lie_side_by_side(self):
        metre = 1 / 111_195
        # Along the equator: 1000 m; its middle 400 m, back, 100 m aside; 1000 m across; far away.
        starts = np.array([[0, 0], [700, 100], [500, -500], [0, 9000]]) * metre
        ends = np.array([[1000, 0], [300, 100], [500, 500], [1000, 9000]]) * metre
        rows = np.array([7, 8, 9, 10])
        found = find_trenches(starts, ends, rows, cost_per_m=2.0, investment_per_m=3.0)
        assert found is not None
        assert found.exchange.tolist() == [7, 8]
        assert found.cost == pytest.approx([800], rel=1e-3)
        assert found.investment == pytest.approx([1200], rel=1e-3)
        assert find_trenches(starts[[0, 3]], ends[[0, 3]], rows[:2], cost_per_m=1) is None


class TestSplit:
    def glove(self) -> Problem:
        """One left glove and two right ones: a pair is worth 1 (Shapley: 2/3, 1/6, 1/6)."""
        return Problem(
            available=[1.0], needed=[1.0, 1.0], output=[0, 0], input=[0, 1],
            most=[1, 1], worth=[1, 1],
        )  # fmt: skip

    def test_the_gloves_of_the_textbooks(self):
        split = shapley_split(self.glove(), np.array([0]), np.array([1, 2]))
        assert split.gains == pytest.approx([2 / 3, 1 / 6, 1 / 6], abs=1e-12)
        assert split.standard_errors.tolist() == [0, 0, 0]

    def test_sampled_within_its_error_and_adding_up(self):
        problem = chain(16, seed=3)
        suppliers = np.arange(len(problem.available))
        recipients = len(suppliers) + np.arange(len(problem.needed))
        exact = shapley_split(problem, suppliers, recipients, options=EXACTLY)
        sampled = shapley_split(
            problem, suppliers, recipients, options=EXACTLY, most_exact=1, samples=40, limit_s=60
        )
        value = solve(problem, EXACTLY).value
        assert exact.gains.sum() == pytest.approx(value, abs=1e-6)
        assert sampled.gains.sum() == pytest.approx(value, abs=1e-6)
        assert (exact.gains >= -1e-9).all()
        assert (sampled.standard_errors > 0).any()
        off = np.abs(sampled.gains - exact.gains)
        assert (off <= 5 * sampled.standard_errors + 1e-6).all()
        assert exact.standard_errors.tolist() == [0] * len(exact.gains)

    def test_out_of_time_nothing_is_made_up(self):
        split = shapley_split(self.glove(), np.array([0]), np.array([1, 2]), limit_s=-1)
        assert np.isnan(split.gains).all()
        assert np.isnan(split.standard_errors).all()

    def test_what_a_trench_saves_is_of_those_who_use_it(self):
        one = np.ones(3)
        problem = Problem(
            available=100 * one, needed=100 * one, output=np.arange(3), input=np.arange(3),
            most=100 * one, worth=10 * one, fixed=600 * one,
            trenches=Trenches(np.array([400.0]), np.array([0.0]), np.zeros(2, int), np.arange(2)),
        )  # fmt: skip
        suppliers, recipients = np.arange(3), np.arange(3, 6)
        found = solve_part(problem)
        split = proportional_split(problem, found, suppliers, recipients)
        # The third has no part in the trench, and gains as much as alone.
        assert split == pytest.approx([300, 300, 200] * 2)
        assert split.sum() == pytest.approx(found.value)
        assert shapley_split(problem, suppliers, recipients).gains == pytest.approx(split)

    def test_proportional_gives_each_side_half(self):
        problem = self.glove()
        found = solve(problem)
        split = proportional_split(problem, found, np.array([0]), np.array([1, 2]))
        assert split[0] == pytest.approx(0.5)
        assert sorted(split[1:]) == pytest.approx([0, 0.5])
