"""A part of a plan: solved, valued, and split between those who make it possible."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import prefetch_related_objects

from matching.planning import (
    Options,
    Problem,
    Solution,
    proportional_split,
    shapley_split,
    solve_part,
)
from plans.candidates import OUTCOME, YEARLY_SHARE, set_outcome
from plans.models import Plan, PlannedExchange, PlannedFlow, PlanPart, PlanShare
from plans.problems import Posed, pose
from plans.valuing import value

ROWS_AT_ONCE = 5000
# Splitting the gain may take as long as a part, and not longer than a good part of a task's time.
SPLITTING_LIMIT_S = 20.0
# There are many coalitions, and none is ever formed: each gets a moment.
COALITION = Options(time_limit_s=1.0, gap=1e-3)


@dataclass(frozen=True)
class Solved:
    """What a part comes to, not saved yet."""

    figures: dict[str, Any]  # of the part
    exchanges: list[PlannedExchange]  # those that are chosen
    flows: list[PlannedFlow]
    shares: list[PlanShare]

    def save(self, part: PlanPart) -> None:
        """Write it down, over what an earlier attempt may have left."""
        PlannedExchange.objects.filter(part=part).update(quantity_per_year=0.0)
        PlannedExchange.objects.bulk_update(
            self.exchanges, ["quantity_per_year", *OUTCOME], batch_size=ROWS_AT_ONCE
        )
        PlannedFlow.objects.bulk_update(
            self.flows, ["used_per_year", "price"], batch_size=ROWS_AT_ONCE
        )
        PlanShare.objects.filter(part=part).delete()
        PlanShare.objects.bulk_create(self.shares)


def load_flows(exchanges: Sequence[PlannedExchange]) -> None:
    """Load the flows of exchanges, in two queries."""
    prefetch_related_objects(exchanges, "output", "input")


def solve(plan: Plan, part: PlanPart, exchanges: list[PlannedExchange]) -> Solved:
    """Return the best quantities of a part, and what follows from them."""
    load_flows(exchanges)
    keys = {exchange.output_id for exchange in exchanges} | {
        exchange.input_id for exchange in exchanges
    }
    flows = {row.flow_id: row for row in PlannedFlow.objects.filter(plan=plan, flow__in=keys)}
    available = {key: row.available_per_year for key, row in flows.items()}
    posed = pose(plan, exchanges, available)
    options = Options(time_limit_s=float(plan.time_limit_s))
    solution = solve_part(posed.problem, options)
    chosen = _value(plan, exchanges, solution.quantities)
    _note_use(posed, solution, flows)
    saved = _trench_investment(posed.problem, solution.quantities)
    return Solved(
        {
            "value": solution.value,
            "bound": solution.bound,
            "budget_price": solution.budget_price,
            "trench_saving_eur": saved,
            "trench_saving_eur_per_year": saved * YEARLY_SHARE,
        },
        chosen,
        list(flows.values()),
        _shares(part, exchanges, chosen, posed.problem, solution),
    )


def _value(
    plan: Plan, exchanges: list[PlannedExchange], quantities: np.ndarray
) -> list[PlannedExchange]:
    """Return the exchanges that are chosen, with what they bring at their quantities."""
    chosen = [exchanges[row] for row in np.flatnonzero(quantities > 0)]
    amounts = quantities[quantities > 0].tolist()
    for exchange, amount, row in zip(chosen, amounts, value(plan, chosen, amounts), strict=True):
        if row is not None:
            set_outcome(exchange, amount, row)
    return [exchange for exchange in chosen if exchange.quantity_per_year > 0]


def _note_use(posed: Posed, solution: Solution, flows: dict[UUID, PlannedFlow]) -> None:
    for keys, side, prices in (
        (posed.outputs, posed.problem.output, solution.output_prices),
        (posed.inputs, posed.problem.input, solution.input_prices),
    ):
        used = np.bincount(side, weights=solution.quantities, minlength=len(keys))
        for key, amount, price in zip(keys, used, prices, strict=True):
            flow = flows[key]
            flow.used_per_year = min(float(amount), flow.available_per_year)
            flow.price = float(price)


def _trench_investment(problem: Problem, quantities: np.ndarray) -> float:
    """Return what the chosen pipes need not invest, because they share trenches [EUR]."""
    alone = problem.without_sharing()
    return alone.invested(quantities) - problem.invested(quantities)


def _shares(
    part: PlanPart,
    exchanges: list[PlannedExchange],
    chosen: list[PlannedExchange],
    problem: Problem,
    solution: Solution,
) -> list[PlanShare]:
    """Return what each organization has of the part; those with no part in it are left out."""
    sides = [
        (exchange.output.organization_id, exchange.input.organization_id) for exchange in exchanges
    ]
    organizations = list(dict.fromkeys(key for pair in sides for key in pair))
    number = {key: place for place, key in enumerate(organizations)}
    suppliers = np.zeros(len(problem.available), dtype=np.int64)
    recipients = np.zeros(len(problem.needed), dtype=np.int64)
    for row, (supplier, recipient) in enumerate(sides):
        suppliers[problem.output[row]] = number[supplier]
        recipients[problem.input[row]] = number[recipient]
    proportional = proportional_split(problem, solution, suppliers, recipients)
    split = shapley_split(
        problem, suppliers, recipients, options=COALITION, limit_s=SPLITTING_LIMIT_S
    )
    avoided, invested = np.zeros(len(organizations)), np.zeros(len(organizations))
    for exchange in chosen:
        ours = number[exchange.output.organization_id]
        theirs = number[exchange.input.organization_id]
        avoided[ours] += exchange.avoided_disposal_eur_per_year
        avoided[theirs] += exchange.avoided_purchase_eur_per_year
        # Who pays what is for the two to agree on; each half, until then.
        invested[[ours, theirs]] += exchange.investment_eur / 2
    return [
        PlanShare(
            part=part,
            organization_id=key,
            avoided_eur=avoided[place],
            investment_eur=invested[place],
            proportional=proportional[place],
            shapley=_known(split.gains[place]),
            variance=_known(split.standard_errors[place] ** 2),
        )
        for place, key in enumerate(organizations)
        if avoided[place] or invested[place] or proportional[place] or split.gains[place] > 0
    ]


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
