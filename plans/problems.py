"""A plan's exchanges as the kernel takes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from matching.planning import Problem, Trenches
from matching.planning.corridors import TRENCH_EUR_PER_M, find_trenches
from plans.candidates import YEARLY_SHARE
from plans.choices import Choices, Facts
from plans.mixing import loads_of
from plans.models import Objective, Plan


@dataclass(frozen=True)
class Posed:
    """The problem, and whose flows its numbers are."""

    problem: Problem
    outputs: list[UUID]
    inputs: list[UUID]


def pose(
    plan: Plan, choices: Choices, available: Mapping[UUID, float], facts: Mapping[UUID, Facts]
) -> Posed:
    """
    Return the problem of exchanges.

    `available`: what each flow has or needs [canonical units per year].
    """
    outputs = list(dict.fromkeys(choices.output_ids))
    inputs = list(dict.fromkeys(choices.input_ids))
    output_at, input_at = ({key: i for i, key in enumerate(side)} for side in (outputs, inputs))
    most, must = choices.most_per_year, np.array(choices.must_be, dtype=bool)
    fixed, fixed_investment = choices.fixed_eur_per_year, choices.fixed_investment_eur
    # In CO2 alone pipes cost nothing but what the budget says.
    eur, co2 = _weights(plan)
    trenches = _trenches(plan, choices, facts, eur) if plan.shares_trenches else None
    if trenches is not None:
        # Never more than the pipe as a whole, to which the trench belongs.
        fixed = np.maximum(fixed, _own(trenches, len(choices)) * YEARLY_SHARE)
        fixed_investment = np.maximum(fixed_investment, _own(trenches, len(choices)))
    needed = np.array([available[key] for key in inputs])
    load, most_load = loads_of(choices, inputs, needed, facts)
    problem = Problem(
        available=np.array([available[key] for key in outputs]),
        needed=needed,
        output=np.array([output_at[key] for key in choices.output_ids], dtype=np.int64),
        input=np.array([input_at[key] for key in choices.input_ids], dtype=np.int64),
        most=most,
        worth=eur * choices.eur_per_unit + co2 * choices.co2_t_per_unit,
        least=choices.least_per_year,
        floor=np.where(must, most * (1 - 1e-9), 0.0),
        fixed=eur * fixed,
        investment=choices.investment_eur_per_unit,
        fixed_investment=fixed_investment,
        budget=np.inf if plan.budget_eur is None else float(plan.budget_eur),
        load=load,
        most_load=most_load,
        trenches=trenches,
    )
    return Posed(problem, outputs, inputs)


def paid_anyway(plan: Plan, choices: Choices) -> np.ndarray:
    """Return what a chosen unit costs though it is not delivered: what was built for it."""
    return _weights(plan)[0] * YEARLY_SHARE * choices.investment_eur_per_unit


def _weights(plan: Plan) -> tuple[float, float]:
    """What a euro and a tonne of CO2 count."""
    return {
        Objective.VALUE: (1.0, 0.0),
        Objective.CO2: (0.0, 1.0),
        Objective.MIX: (1.0, plan.co2_price_eur_per_t),
    }[Objective(plan.objective)]


def _own(trenches: Trenches, count: int) -> np.ndarray:
    return trenches.own(trenches.investment, count)


def _trenches(
    plan: Plan, choices: Choices, facts: Mapping[UUID, Facts], eur: float
) -> Trenches | None:
    """Return what pipes can share; in proportional costs there is no trench of its own."""
    if not plan.has_fixed_costs:
        return None
    is_pipe = np.array([transport == "pipe" for transport in choices.transports], dtype=bool)
    rows = np.flatnonzero(is_pipe & (choices.fixed_investment_eur > 0))
    if len(rows) < 2:
        return None
    starts, ends = (
        np.array([facts[side[row]].place for row in rows])
        for side in (choices.output_ids, choices.input_ids)
    )
    return find_trenches(starts, ends, rows, cost_per_m=TRENCH_EUR_PER_M * YEARLY_SHARE * eur)
