"""A plan's exchanges as the kernel takes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from matching.planning import Problem, Trenches
from matching.planning.corridors import TRENCH_EUR_PER_M, find_trenches
from plans.candidates import YEARLY_SHARE
from plans.models import Objective, Plan, PlannedExchange


@dataclass(frozen=True)
class Posed:
    """The problem, and whose flows its numbers are."""

    problem: Problem
    outputs: list[UUID]
    inputs: list[UUID]


def pose(
    plan: Plan, exchanges: Sequence[PlannedExchange], available: Mapping[UUID, float]
) -> Posed:
    """
    Return the problem of exchanges, whose flows are loaded where trenches are shared.

    `available`: what each flow has or needs [canonical units per year].
    """
    outputs = list(dict.fromkeys(exchange.output_id for exchange in exchanges))
    inputs = list(dict.fromkeys(exchange.input_id for exchange in exchanges))
    output_at, input_at = ({key: i for i, key in enumerate(side)} for side in (outputs, inputs))

    def column(name: str) -> np.ndarray:
        return np.array([getattr(exchange, name) for exchange in exchanges], dtype=float)

    most, must = column("most_per_year"), column("must_be") > 0
    fixed, fixed_investment = column("fixed_eur_per_year"), column("fixed_investment_eur")
    # In CO2 alone pipes cost nothing but what the budget says.
    eur, co2 = _weights(plan)
    trenches = _trenches(plan, exchanges, eur) if plan.shares_trenches else None
    if trenches is not None:
        # Never more than the pipe as a whole, to which the trench belongs.
        fixed = np.maximum(fixed, _own(trenches, len(exchanges)) * YEARLY_SHARE)
        fixed_investment = np.maximum(fixed_investment, _own(trenches, len(exchanges)))
    problem = Problem(
        available=np.array([available[key] for key in outputs]),
        needed=np.array([available[key] for key in inputs]),
        output=np.array([output_at[exchange.output_id] for exchange in exchanges], dtype=np.int64),
        input=np.array([input_at[exchange.input_id] for exchange in exchanges], dtype=np.int64),
        most=most,
        worth=eur * column("eur_per_unit") + co2 * column("co2_t_per_unit"),
        least=column("least_per_year"),
        floor=np.where(must, most * (1 - 1e-9), 0.0),
        fixed=eur * fixed,
        investment=column("investment_eur_per_unit"),
        fixed_investment=fixed_investment,
        budget=np.inf if plan.budget_eur is None else float(plan.budget_eur),
        trenches=trenches,
    )
    return Posed(problem, outputs, inputs)


def _weights(plan: Plan) -> tuple[float, float]:
    """What a euro and a tonne of CO2 count."""
    return {
        Objective.VALUE: (1.0, 0.0),
        Objective.CO2: (0.0, 1.0),
        Objective.MIX: (1.0, plan.co2_price_eur_per_t),
    }[Objective(plan.objective)]


def _own(trenches: Trenches, count: int) -> np.ndarray:
    return trenches.own(trenches.investment, count)


def _trenches(plan: Plan, exchanges: Sequence[PlannedExchange], eur: float) -> Trenches | None:
    """Return what pipes can share; in proportional costs there is no trench of its own."""
    if not plan.has_fixed_costs:
        return None
    rows = np.array(
        [
            row
            for row, exchange in enumerate(exchanges)
            if exchange.transport == "pipe" and exchange.fixed_investment_eur > 0
        ],
        dtype=np.int64,
    )
    if len(rows) < 2:
        return None
    starts, ends = (
        np.array([getattr(exchanges[row], side).location.coords for row in rows])
        for side in ("output", "input")
    )
    return find_trenches(starts, ends, rows, cost_per_m=TRENCH_EUR_PER_M * YEARLY_SHARE * eur)
