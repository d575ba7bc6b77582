"""The plan that takes the best exchange that still fits, one after the other."""

import numpy as np
from numba import njit

from matching.planning.problem import Problem


@njit(cache=True)
def _fill(
    order, output, input_, lower, upper, worth, fixed, least, investment, fixed_investment, load,
    left_available, left_needed, left_load, left_budget,
):  # fmt: skip
    quantities = np.zeros(len(worth))
    for row in order:
        if lower[row] > 0.0:
            quantities[row] = lower[row]
            left_available[output[row]] -= lower[row]
            left_needed[input_[row]] -= lower[row]
            left_load[:, input_[row]] -= lower[row] * load[:, row]
            left_budget -= lower[row] * investment[row] + fixed_investment[row]
    for row in order:
        has_begun = quantities[row] > 0.0
        budget = left_budget - (0.0 if has_begun else fixed_investment[row])
        quantity = min(
            upper[row] - quantities[row], left_available[output[row]], left_needed[input_[row]]
        )
        for substance in range(len(load)):
            if load[substance, row] > 0.0:
                quantity = min(quantity, left_load[substance, input_[row]] / load[substance, row])
        if investment[row] > 0.0:
            quantity = min(quantity, budget / investment[row])
        elif budget < 0.0:
            quantity = 0.0
        gain = worth[row] * quantity - (0.0 if has_begun else fixed[row])
        if quantity <= 0.0 or gain <= 0.0 or quantities[row] + quantity < least[row]:
            continue
        quantities[row] += quantity
        left_available[output[row]] -= quantity
        left_needed[input_[row]] -= quantity
        left_load[:, input_[row]] -= quantity * load[:, row]
        left_budget = budget - quantity * investment[row]
    return quantities


def greedy(problem: Problem) -> np.ndarray:
    """
    Return quantities: what must be, then what gains most per unit, as much as still fits.

    :raises Impossible: what must be exchanged does not fit.
    """
    problem.check()
    lower, upper = problem.bounds
    gain = problem.worth - np.divide(
        problem.fixed, upper, out=np.full(len(upper), np.inf), where=upper > 0
    )
    order = np.argsort(-gain, kind="stable")
    return _fill(
        order, problem.output, problem.input, lower, upper, problem.worth, problem.fixed,
        np.where(lower > 0, 0.0, problem.least), problem.investment, problem.fixed_investment,
        problem.load, problem.available.copy(), problem.needed.copy(), problem.most_load.copy(),
        problem.budget,
    )  # fmt: skip
