"""Problems at random, and the best plan by trying out every set of switches with another solver."""

import itertools
from dataclasses import replace

import numpy as np
from scipy.optimize import linprog

from matching.planning import Problem, Trenches


def random_problem(seed: int, *, has_switches: bool = True, size: int = 8) -> Problem:
    """A few flows and exchanges with whole numbers, so that ties and full flows are common."""
    random = np.random.default_rng(seed)
    outputs, inputs = random.integers(1, max(2, size // 2), 2)
    count = int(random.integers(1, size))

    def some(most: int, share: float = 1.0) -> np.ndarray:
        return random.integers(0, most, count) * (random.random(count) < share) * 1.0

    problem = Problem(
        available=random.integers(1, 20, outputs),
        needed=random.integers(1, 20, inputs),
        output=random.integers(0, outputs, count),
        input=random.integers(0, inputs, count),
        most=some(20),
        worth=random.integers(-3, 12, count),
        floor=some(5, 0.15),
        investment=some(5),
        budget=random.choice([np.inf, np.inf, 100.0]),
        load=[some(3, 0.5), some(2, 0.3)],
        most_load=random.choice([np.inf, 20.0], (2, inputs)),
    )
    if not has_switches:
        return problem
    fixed = some(60, 0.6)
    investment = fixed * 5
    trenches = None
    if random.random() < 0.5:
        segments = int(random.integers(1, 4))
        pairs = np.unique(
            np.c_[random.integers(0, segments, 5), random.integers(0, count, 5)], axis=0
        )
        cost = random.integers(1, 30, segments) * 1.0
        trenches = Trenches(cost, cost * 5, pairs[:, 0], pairs[:, 1])
        fixed = fixed + trenches.own(trenches.cost, count)
        investment = investment + trenches.own(trenches.investment, count)
    return replace(
        problem,
        least=some(8, 0.4),
        fixed=fixed,
        fixed_investment=investment,
        trenches=trenches,
    )


def limits_of(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """All limits but fixed investments as rows of a matrix and their right-hand sides."""
    numbers = [(problem.output == n) * 1.0 for n in range(len(problem.available))]
    numbers += [(problem.input == n) * 1.0 for n in range(len(problem.needed))]
    for load in problem.load:
        numbers += [(problem.input == n) * load for n in range(len(problem.needed))]
    limits = np.concatenate([problem.available, problem.needed, problem.most_load.ravel()])
    return np.array([*numbers, problem.investment]), np.append(limits, problem.budget)


def best_by_trial(problem: Problem) -> float | None:
    """The value of the best plan: a linear programme for every set of switches; None: no plan."""
    lower, upper = problem.bounds
    if (lower > upper).any():
        return None
    switched = np.flatnonzero(problem.is_switched & (lower <= 0))
    matrix, limits = limits_of(problem)
    best = None
    for choice in itertools.product([False, True], repeat=len(switched)):
        on = lower > 0
        on[switched] = choice
        free = on.copy()
        free[~problem.is_switched] = True
        least = np.where(on, np.minimum(np.maximum(lower, problem.least), upper), 0.0)
        # What is on has its costs, also where nothing goes over: a unit of each tells them.
        units = np.where(on, 1.0, 0.0)
        fixed = problem.worth @ units - problem.value(units)
        right = limits.copy()
        right[-1] -= problem.invested(units) - problem.investment @ units
        found = linprog(
            -problem.worth,
            A_ub=matrix[np.isfinite(right)],
            b_ub=right[np.isfinite(right)],
            bounds=list(zip(least, np.where(free, upper, 0.0), strict=True)),
        )
        if found.status == 0 and (best is None or -found.fun - fixed > best):
            best = -found.fun - fixed
    return best
