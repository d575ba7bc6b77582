"""Solve a problem: exactly where it is linear, else within a time and with a stated gap."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import highspy
import numpy as np

from matching.planning.greedy import greedy
from matching.planning.model import Model
from matching.planning.parts import parts_of
from matching.planning.problem import SAME, Problem

Progress = Callable[[int, int], None]  # (exchanges looked at, exchanges in all)
Status = highspy.HighsModelStatus
DEVEX = 1
FEASIBLE = highspy.SolutionStatus.kSolutionStatusFeasible


@dataclass(frozen=True)
class Options:
    """How long a part with switches may take [s], and what share of its worth may be missed."""

    time_limit_s: float = 60.0
    gap: float = 1e-4


@dataclass(frozen=True)
class Solution:
    """
    What a plan does, and proof of how good it is.

    `value` is at most `bound`, and no plan is worth more than that. Prices are what one more unit
    of a flow would add to the value, with the exchanges that are on as they are; 0 where some is
    left.
    """

    quantities: np.ndarray  # of each exchange
    value: float
    bound: float
    output_prices: np.ndarray  # worth per unit
    input_prices: np.ndarray
    load_prices: np.ndarray  # of each substance and input, per unit of load
    budget_price: float  # worth per EUR

    @property
    def gap(self) -> float:
        """The share of the bound by which the value may fall short of the best."""
        return max(0.0, self.bound - self.value) / max(abs(self.bound), 1e-12)


@dataclass(frozen=True)
class _Answer:
    """What HiGHS has found: quantities (None: nothing) and a bound on the value."""

    quantities: np.ndarray | None
    bound: float
    duals: np.ndarray


def solve(
    problem: Problem, options: Options | None = None, progress: Progress | None = None
) -> Solution:
    """
    Return the quantities that are worth most, part by part.

    :raises Impossible: what must be exchanged does not fit.
    """
    problem.check()
    parts = parts_of(problem)
    solution = nothing(problem)
    total, done = sum(map(len, parts)), 0
    for rows in parts:
        solution = add(problem, solution, rows, solve_part(problem.of(rows), options))
        done += len(rows)
        if progress:
            progress(done, total)
    return solution


def nothing(problem: Problem) -> Solution:
    """Return the plan in which nobody exchanges anything."""
    outputs, inputs = len(problem.available), len(problem.needed)
    return Solution(
        np.zeros(len(problem)), 0.0, 0.0, np.zeros(outputs), np.zeros(inputs),
        np.zeros(problem.most_load.shape), 0.0,
    )  # fmt: skip


def add(problem: Problem, whole: Solution, rows: np.ndarray, part: Solution) -> Solution:
    """Return a solution with that of a part, which shares no flow with what it has, added."""
    quantities = whole.quantities.copy()
    quantities[rows] = part.quantities
    return Solution(
        quantities,
        whole.value + part.value,
        whole.bound + part.bound,
        whole.output_prices + part.output_prices,
        whole.input_prices + part.input_prices,
        whole.load_prices + part.load_prices,
        whole.budget_price + part.budget_price,
    )


def solve_part(problem: Problem, options: Options | None = None) -> Solution:
    """
    Return the best quantities of a problem, taken as a whole.

    With shared trenches the plan without sharing is found first, in half of the time: the result is
    never worse. Nor is it worse than `greedy`, whatever the time limit.

    :raises Impossible: what must be exchanged does not fit.
    """
    options = options or Options()
    best = greedy(problem)
    if problem.trenches is not None:
        options = replace(options, time_limit_s=options.time_limit_s / 2)
        alone = solve_part(problem.without_sharing(), options).quantities
        best = max(best, alone, key=problem.value)
    model = Model(problem)
    if not len(model.switched):
        return _finish(problem, best, None)
    found = _run(model, options)
    if found.quantities is not None:
        best = max(best, _settle(problem, found.quantities), key=problem.value)
    return _finish(problem, best, found.bound)


def _finish(problem: Problem, start: np.ndarray, bound: float | None) -> Solution:
    """
    Fill what is on as well as can be, which is linear; that tells the prices, too.

    `bound` None: nothing is switched, and what is found is the best.
    """
    chosen = problem if bound is None else _with_switches(problem, start > 0)
    model = Model(chosen)
    answer = _run(model, Options(time_limit_s=np.inf))
    quantities = start
    if answer.quantities is not None:
        quantities = max(start, _settle(problem, answer.quantities), key=problem.value)
    value = problem.value(quantities)
    return Solution(
        quantities,
        value,
        max(value, answer.bound if bound is None else bound),
        *_prices(problem, model, answer.duals),
    )


def _with_switches(problem: Problem, on: np.ndarray) -> Problem:
    """Return the problem with its switches as they are: what is on keeps to its lot."""
    lower, upper = problem.bounds
    switched = problem.is_switched & (lower <= 0)
    nothing_fixed = np.zeros(len(problem))
    left = problem.budget
    if np.isfinite(left):
        units = np.where(on, 1.0, 0.0)
        left -= problem.invested(units) - float(problem.investment @ units)
    return replace(
        problem,
        most=np.where(switched & ~on, 0.0, upper),
        floor=np.where(switched & on, problem.least, lower),
        least=nothing_fixed,
        fixed=nothing_fixed,
        fixed_investment=nothing_fixed,
        budget=max(left, 0.0),
        trenches=None,
    )


def _run(model: Model, options: Options) -> _Answer:
    """Let HiGHS work on a model."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)  # noqa: FBT003  # their signature
    highs.setOptionValue("threads", 1)
    model.load_into(highs)
    if len(model.switched):
        highs.setOptionValue("time_limit", options.time_limit_s)
        highs.setOptionValue("mip_rel_gap", options.gap)
        # Without a start: HiGHS 1.16 can lose costs when its presolve reduces one, and then takes
        # for proven what is not.
    else:
        # Of flows and exchanges there is little to reduce, and weights that are not quite the
        # steepest edge cost less than they spare: of a million exchanges a sixth of the time.
        highs.setOptionValue("presolve", "off")
        highs.setOptionValue("simplex_dual_edge_weight_strategy", DEVEX)
    highs.run()
    info, solution = highs.getInfo(), highs.getSolution()
    unit = model.scale.worth * model.scale.quantity
    status = highs.getModelStatus()
    if status not in (Status.kOptimal, Status.kTimeLimit):
        raise RuntimeError(f"HiGHS ended with {highs.modelStatusToString(status)}.")
    bound = info.mip_dual_bound if len(model.switched) else info.objective_function_value
    quantities = None
    if info.primal_solution_status == FEASIBLE:
        quantities = np.array(solution.col_value[: model.count]) * model.scale.quantity
    return _Answer(
        quantities, -bound * unit - _cost_of_what_must_be(model), np.array(solution.row_dual)
    )


def _cost_of_what_must_be(model: Model) -> float:
    """Fixed costs that have no switch; their segments of trenches are in the model."""
    problem, must = model.problem, model.lower > 0
    fixed = problem.fixed
    if problem.trenches is not None:
        fixed = fixed - problem.trenches.own(problem.trenches.cost, len(problem))
    return float(fixed[must].sum())


def _settle(problem: Problem, quantities: np.ndarray) -> np.ndarray:
    """Bring quantities that are right but for a solver's tolerance within all limits."""
    lower, upper = problem.bounds
    quantities = np.clip(quantities, lower, upper)
    quantities[quantities < SAME * upper] = 0.0
    least = np.where(lower > 0, 0.0, problem.least)
    # A lot that is short of by a hair is one; a hair of a lot is none.
    is_close = quantities >= least * (1 - 1e-6)
    quantities = np.where(is_close, np.maximum(quantities, np.where(quantities > 0, least, 0)), 0.0)
    for side, limits, weights in (
        (problem.output, problem.available, None),
        (problem.input, problem.needed, None),
        *((problem.input, most, load) for most, load in problem.loads),
    ):
        amounts = quantities if weights is None else quantities * weights
        sums = np.bincount(side, weights=amounts, minlength=len(limits))
        share = np.divide(limits, sums, out=np.ones(len(limits)), where=sums > limits)
        quantities = quantities * share[side]
    return quantities


def _prices(
    problem: Problem, model: Model, duals: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    outputs, inputs = np.zeros(len(problem.available)), np.zeros(len(problem.needed))
    loads, budget = np.zeros(problem.most_load.shape), 0.0
    if len(duals):
        duals = np.maximum(-duals, 0.0) * model.scale.worth
        outputs[model.outputs] = duals[model.output_rows]
        inputs[model.inputs] = duals[model.input_rows]
        for of_substance, (flows, rows) in zip(loads, model.loaded, strict=True):
            of_substance[flows] = duals[rows]
        if model.budget_row is not None:
            budget = float(duals[model.budget_row]) * model.scale.quantity / model.budget_unit
    return outputs, inputs, loads, budget
