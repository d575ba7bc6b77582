"""A part of a plan: solved, valued, and split between those who make it possible."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Q

from matching.engine.arrays import COLUMN
from matching.planning import (
    Options,
    Problem,
    RobustSolution,
    Samples,
    Solution,
    Split,
    draw,
    proportional_split,
    shapley_split,
    solve_part,
    solve_robustly,
)
from matching.planning.fairness import saved_by_sharing
from plans.candidates import OUTCOME, YEARLY_SHARE
from plans.choices import Choices, Facts, note
from plans.models import Plan, PlannedExchange, PlannedFlow, PlanPart, PlanShare
from plans.problems import Posed, paid_anyway, pose
from plans.sides import Pair
from plans.valuing import value

ROWS_AT_ONCE = 5000
# Splitting the gain may take as long as a part, and not longer than a good part of a task's time.
SPLITTING_LIMIT_S = 20.0
# There are many coalitions, and none is ever formed: each gets a moment.
COALITION = Options(time_limit_s=1.0, gap=1e-3)


@dataclass(frozen=True)
class Outcome:
    """The exchanges that are chosen, with what they bring, by `OUTCOME`, at their quantities."""

    rows: list[int]
    quantities: list[float]
    figures: dict[str, list[float]]


@dataclass(frozen=True)
class Solved:
    """What a part comes to, not saved yet."""

    figures: dict[str, Any]  # of the part
    choices: Choices
    chosen: Outcome
    chosen_shares: np.ndarray | None  # of uncertain amounts
    flows: list[PlannedFlow]
    shares: list[PlanShare]

    def save(self, part: PlanPart) -> None:
        """Write it down, over what an earlier attempt may have left."""
        PlannedExchange.objects.filter(part=part).filter(quantity_per_year__gt=0).update(
            quantity_per_year=0.0
        )
        keys = [self.choices.keys[row] for row in self.chosen.rows]
        note(PlannedExchange, keys, quantity_per_year=self.chosen.quantities, **self.chosen.figures)
        if self.chosen_shares is not None:
            note(PlannedExchange, self.choices.keys, chosen_share=self.chosen_shares.tolist())
        note(
            PlannedFlow,
            [row.pk for row in self.flows],
            used_per_year=[row.used_per_year for row in self.flows],
            price=[row.price for row in self.flows],
        )
        PlanShare.objects.filter(part=part).delete()
        PlanShare.objects.bulk_create(self.shares, batch_size=ROWS_AT_ONCE)


def solve(plan: Plan, part: PlanPart, choices: Choices) -> Solved:
    """Return the best quantities of a part, and what follows from them."""
    facts = choices.facts(plan)
    rows = PlannedFlow.objects.filter(plan=plan).filter(
        Q(declared_flow__in=facts) | Q(supposed_flow__in=facts)
    )
    flows = {row.flow_id: row for row in rows}
    available = {key: row.available_per_year for key, row in flows.items()}
    posed = pose(plan, choices, available, facts)
    options = Options(time_limit_s=float(plan.time_limit_s))
    robust = None
    if plan.sample_count:
        robust = _solve_robustly(plan, posed, choices, facts, options)
        solution = robust.solution
    else:
        solution = solve_part(posed.problem, options)
    chosen = _value(plan, choices, solution.quantities)
    _note_use(posed, solution, flows)
    saved = float(_spared(posed.problem, solution.quantities).sum())
    return Solved(
        {
            "value": solution.value,
            "bound": solution.bound,
            "budget_price": solution.budget_price,
            "trench_saving_eur": saved,
            "trench_saving_eur_per_year": saved * YEARLY_SHARE,
            "sample_values": [] if robust is None else robust.values.tolist(),
            "expected_bound": None if robust is None else robust.bound,
        },
        choices,
        chosen,
        None if robust is None else robust.chosen_shares,
        list(flows.values()),
        _shares(part, choices, chosen, facts, posed.problem, solution),
    )


def _solve_robustly(
    plan: Plan, posed: Posed, choices: Choices, facts: dict[UUID, Facts], options: Options
) -> RobustSolution:
    """Choose what holds best over samples of what flows turn out to have."""
    drawn, spreads = [], []
    for keys in (posed.outputs, posed.inputs):
        spread = np.array([facts[key].spread for key in keys])
        spreads.append(spread)
        drawn.append(draw(spread, [key.int for key in keys], plan.sample_count))
    return solve_robustly(
        posed.problem,
        Samples(*drawn),
        (spreads[0], spreads[1]),
        paid=paid_anyway(plan, choices),
        options=options,
    )


def _value(plan: Plan, choices: Choices, quantities: np.ndarray) -> Outcome:
    """Return the exchanges that are chosen, with what they bring at their quantities."""
    rows = np.flatnonzero(quantities > 0).tolist()
    pairs = [Pair(choices.output_ids[row], choices.input_ids[row]) for row in rows]
    amounts = quantities[rows].tolist()
    valued = value(plan, pairs, amounts)
    kept = [number for number, figures in enumerate(valued) if figures is not None]
    return Outcome(
        [rows[number] for number in kept],
        [amounts[number] for number in kept],
        {name: [float(valued[number][COLUMN[name]]) for number in kept] for name in OUTCOME},  # type: ignore[index]
    )


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


def _spared(problem: Problem, quantities: np.ndarray) -> np.ndarray:
    """Return what each chosen pipe need not invest, because it shares trenches [EUR]."""
    trenches = problem.trenches
    if trenches is None:
        return np.zeros(len(problem))
    return saved_by_sharing(trenches, trenches.investment, quantities > 0)


def _shares(
    part: PlanPart,
    choices: Choices,
    chosen: Outcome,
    facts: dict[UUID, Facts],
    problem: Problem,
    solution: Solution,
) -> list[PlanShare]:
    """Return what each organization has of the part; those with no part in it are left out."""
    sides = [
        (facts[output].organization_id, facts[input_].organization_id)
        for output, input_ in zip(choices.output_ids, choices.input_ids, strict=True)
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
    if part.plan.sample_count:
        # What is chosen may be worth less than the best with amounts as stated: in proportion.
        total = float(np.nansum(split.gains))
        scale = solution.value / total if total > 0 else 0.0
        split = Split(split.gains * scale, split.standard_errors * scale)
    avoided, invested = np.zeros(len(organizations)), np.zeros(len(organizations))
    spared = _spared(problem, solution.quantities)
    for place, row in enumerate(chosen.rows):
        ours, theirs = (number[key] for key in sides[row])
        avoided[ours] += chosen.figures["avoided_disposal_eur_per_year"][place]
        avoided[theirs] += chosen.figures["avoided_purchase_eur_per_year"][place]
        # Who pays what is for the two to agree on; each half, until then.
        invested[[ours, theirs]] += (chosen.figures["investment_eur"][place] - spared[row]) / 2
    declared = {fact.organization_id for fact in facts.values() if fact.is_declared}
    return [
        PlanShare(
            part=part,
            organization_id=key if key in declared else None,
            supposed_site_id=None if key in declared else key,
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
