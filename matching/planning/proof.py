"""Proof that a solution is the best: what its prices say that no plan can be worth more than."""

import numpy as np

from matching.planning.problem import Problem
from matching.planning.solving import Solution


def priced_limit(problem: Problem, solution: Solution) -> float:
    """
    Return what all limits are worth at the prices of a solution.

    By weak duality no quantities are worth more, fixed costs aside: where this equals the value of
    a problem without switches, nothing better exists, whoever found it.
    """
    lower, upper = problem.bounds
    left = (
        problem.worth
        - solution.output_prices[problem.output]
        - solution.input_prices[problem.input]
        - (solution.load_prices[:, problem.input] * problem.load).sum(axis=0)
        - solution.budget_price * problem.investment
    )
    limits = 0.0
    for prices, amounts in (
        (solution.output_prices, problem.available),
        (solution.input_prices, problem.needed),
        (solution.load_prices.ravel(), problem.most_load.ravel()),
        (np.array([solution.budget_price]), np.array([problem.budget])),
    ):
        counts = prices > 0
        limits += float(prices[counts] @ amounts[counts])
    return limits + float(np.where(left > 0, left * upper, left * lower).sum())
