"""The exchanges that a plan can choose from: the matches of its region, and what is fixed."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

import numpy as np
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from matching.engine import parameters as p
from matching.engine.arrays import COLUMN, MODES, PIPE, WINDOW
from matching.loading import TypeTable
from matching.models import Match, MatchDismissal
from organizations.models import ResourceFlow, ResourceType
from plans import mixing, valuing, what_if
from plans.choices import Choices
from plans.models import Plan, PlannedExchange, PlanRule, SupposedFlow
from plans.sides import Pair, Sides, load, supposed_of
from proposals.models import Proposal
from proposals.states import RESERVING

QUANTITY, DISTANCE = COLUMN["quantity_per_year"], COLUMN["distance_m"]
INVESTMENT, SAVINGS = COLUMN["investment_eur"], COLUMN["savings_eur_per_year"]
# Flows that match nothing, of which a plan says what is left.
MOST_UNMATCHED = 5000
# What one euro of investment costs a year: the annuity and maintenance.
YEARLY_SHARE = (
    p.INTEREST_RATE / (1 - (1 + p.INTEREST_RATE) ** -p.LIFETIME_YEARS)
) + p.MAINTENANCE_SHARE_PER_YEAR


@dataclass(frozen=True)
class Candidates:
    """What a plan chooses from and what is fixed, and what each flow has or needs a year."""

    choices: Choices
    contracts: list[PlannedExchange]
    available: dict[UUID, float]
    missing: list[PlanRule]  # rules about what must be, of pairs that are no match any more
    are_too_many: bool = False


def matches_of(plan: Plan) -> QuerySet[Match]:
    """
    Return the matches that a plan looks at, without those that one of the sides has dismissed.

    Of an organization: those that its members see.
    """
    if plan.organization_id is None:
        matches = Match.objects.all()
    else:
        matches = Match.seen.of_organizations([plan.organization_id])
    flows = plan.flows().order_by().values("pk")
    matches = matches.filter(output__in=flows, input__in=flows)
    if plan.resource_type is not None:
        code = plan.resource_type.code
        matches = matches.filter(
            Q(output__resource_type__code=code)
            | Q(output__resource_type__code__startswith=f"{code}.")
        )
    if plan.max_distance_km is not None:
        matches = matches.filter(distance_m__lte=plan.max_distance_km * 1000)
    dismissed = MatchDismissal.objects.filter(output=OuterRef("output"), input=OuterRef("input"))
    return matches.filter(~Exists(dismissed)).order_by()


def candidates_of(plan: Plan, *, most: int) -> Candidates:
    """
    Return what a plan chooses from, in the order of the flows' numbers.

    In a fixed number of queries, and some for each flow that is supposed. Nothing where there are
    more than `most`.
    """
    rules = {
        (rule.output_id, rule.input_id): rule
        for rule in plan.rules.select_related("output", "input")
    }
    rows = matches_of(plan).order_by("output__number", "input__number")
    seen = list(rows.values_list("output_id", "input_id")[: most + 1])
    never = {ids for ids, rule in rules.items() if rule.kind == PlanRule.Kind.NEVER}
    matches = [Pair(*ids) for ids in seen if ids not in never]
    mixed = [pair for pair in mixing.pairs_of(plan) if (pair.output_id, pair.input_id) not in never]
    flows = supposed_of(plan)
    supposed = [Pair(*ids) for ids in what_if.pairs_of(plan, flows)]
    if len(matches) + len(mixed) + len(supposed) > most:
        return Candidates(Choices(), [], {}, [], are_too_many=True)
    must = {ids for ids, rule in rules.items() if rule.kind == PlanRule.Kind.MUST}
    freed = what_if.freed_by(plan)
    available: dict[UUID, float] = {}
    choices = Choices()
    for pairs, of, is_mixed in ((matches, (), False), (mixed, (), True), (supposed, flows, False)):
        if pairs:
            sides = load(
                (pair.output_id for pair in pairs), (pair.input_id for pair in pairs),
                supposed=of, freed=freed, viewer=plan.readers,
            )  # fmt: skip
            choices += _valued(
                plan, pairs, sides, must, available,
                is_mixed=is_mixed, are_matches=pairs is matches,
            )  # fmt: skip
    # With those of pairs that are excluded.
    rest = {key for ids in seen for key in ids} | set(_first_flows(plan, without=available))
    available = _left_of(plan, rest - available.keys(), flows, freed) | available
    found = set(zip(choices.output_ids, choices.input_ids, strict=True))
    missing = [rules[ids] for ids in must - found]
    return Candidates(choices, list(_contracts(plan)), available, missing)


def _first_flows(plan: Plan, *, without: Collection[UUID]) -> Iterator[UUID]:
    """
    Yield flows of the region that match nothing, up to `MOST_UNMATCHED`, the oldest first.

    Of a plan for an organization: its own.
    """
    flows = plan.flows()
    if plan.organization_id is not None:
        flows = flows.filter(organization=plan.organization_id)
    if plan.resource_type is not None:
        flows = flows.filter(
            resource_type__in=ResourceType.objects.subtree(plan.resource_type.code)
        )
    keys = flows.order_by("number").values_list("pk", flat=True).iterator()
    return islice((key for key in keys if key not in without), MOST_UNMATCHED)


def _left_of(
    plan: Plan, keys: Collection[UUID], supposed: list[SupposedFlow], freed: dict[UUID, float]
) -> dict[UUID, float]:
    """Return what flows without an exchange have or need, and those that are supposed."""
    sides = load(keys, keys, supposed=supposed, freed=freed, viewer=plan.readers)
    return {
        key: float(side.array["quantity_per_year"][place])
        for side in (sides.outputs, sides.inputs)
        for key, place in side.place_of.items()
    }


def _valued(
    plan: Plan,
    pairs: list[Pair],
    sides: Sides,
    must: set[tuple[UUID, UUID]],
    available: dict[UUID, float],
    *,
    is_mixed: bool,
    are_matches: bool,
) -> Choices:
    """Return the pairs that match as choices; notes in `available` what their flows have."""
    present, places = sides.pair_up(pairs)
    if is_mixed:
        mixing.forget_contaminants(sides)
    results = valuing.scored(sides, places, any_lot=are_matches)
    is_match = ~np.isnan(results[:, COLUMN["score"]])
    if plan.max_distance_km is not None:
        is_match &= results[:, DISTANCE] <= plan.max_distance_km * 1000
    results, places = results[is_match], places[is_match]
    kept = [present[number] for number in np.flatnonzero(is_match).tolist()]
    outputs, inputs = sides.outputs.array[places[:, 0]], sides.inputs.array[places[:, 1]]
    results = valuing.with_prices_of(plan, results, sides.types, outputs["type"])
    growing = _investment_that_grows(results, outputs, sides.types)
    fixed_investment = results[:, INVESTMENT] - growing
    fixed = fixed_investment * YEARLY_SHARE
    if not plan.has_fixed_costs:
        growing, fixed_investment = results[:, INVESTMENT], np.zeros(len(results))
        fixed = np.zeros(len(results))
    quantity = results[:, QUANTITY]
    least = np.maximum(outputs["min_quantity_per_year"], inputs["min_quantity_per_year"])
    least = np.maximum(least, quantity * plan.min_share_pct / 100)
    amounts = zip(
        kept, outputs["quantity_per_year"].tolist(), inputs["quantity_per_year"].tolist(),
        strict=True,
    )  # fmt: skip
    for pair, has, needs in amounts:
        available.setdefault(pair.output_id, has)
        available.setdefault(pair.input_id, needs)
    return Choices(
        [pair.output_id for pair in kept],
        [pair.input_id for pair in kept],
        [MODES[number] for number in results[:, COLUMN["transport"]].astype(int).tolist()],
        [(pair.output_id, pair.input_id) in must for pair in kept],
        [is_mixed] * len(kept),
        {
            "distance_m": results[:, DISTANCE],
            "most_per_year": quantity,
            "least_per_year": np.minimum(least, quantity),
            "eur_per_unit": (results[:, SAVINGS] + fixed) / quantity,
            "co2_t_per_unit": results[:, COLUMN["co2_avoided_t_per_year"]] / quantity,
            "fixed_eur_per_year": fixed,
            "investment_eur_per_unit": growing / quantity,
            "fixed_investment_eur": fixed_investment,
        },
    )


def _investment_that_grows(
    results: np.ndarray, outputs: np.ndarray, types: TypeTable
) -> np.ndarray:
    """Return what heat exchangers take of each investment [EUR]; the pipe is there or is not."""
    kinds = types.array[outputs["type"]]
    capacity_mw = (results[:, QUANTITY] / results[:, COLUMN["shared_hours_per_year"]]) * kinds[
        "pipe_mw_per_unit_per_hour"
    ]
    sink = np.where(
        capacity_mw < p.SMALL_SINK_MW,
        p.SMALL_SINK_EXCHANGER_EUR_PER_MW,
        p.SINK_EXCHANGER_EUR_PER_MW,
    )
    exchangers = (p.SOURCE_EXCHANGER_EUR_PER_MW + sink) * capacity_mw
    has_some = (results[:, COLUMN["transport"]] == PIPE) & (kinds["temperature_rule"] != WINDOW)
    exchangers = np.where(has_some & ~np.isnan(exchangers), exchangers, 0.0)
    return np.minimum(exchangers, results[:, INVESTMENT])


def _contracts(plan: Plan) -> Iterator[PlannedExchange]:
    """Yield what is under contract between flows of the region, with its quantity."""
    flows = ResourceFlow.objects.filter(pk__in=plan.flows().order_by().values("pk"))
    contracts = (
        Proposal.objects.filter(
            status__in=RESERVING,
            quantity__isnull=False,
            resource__in=flows,
            counterpart__in=flows,
        )
        .annotate(of_type=F("resource__resource_type__code"))
        .select_related("resource", "counterpart")
        .order_by("pk")
    )
    if plan.organization_id is not None:
        contracts = contracts.filter(
            Q(from_organization=plan.organization_id) | Q(to_organization=plan.organization_id)
        )
    if plan.resource_type is not None:
        code = plan.resource_type.code
        contracts = contracts.filter(Q(of_type=code) | Q(of_type__startswith=f"{code}."))
    found = list(contracts)
    pairs = [Pair(*contract.pair) for contract in found]  # type: ignore[arg-type]  # has both
    quantities = [float(contract.quantity or 0) for contract in found]
    for contract, pair, quantity, row in zip(
        found, pairs, quantities, valuing.value(plan, pairs, quantities), strict=True
    ):
        if row is not None:
            exchange = PlannedExchange(
                plan=plan,
                declared_output_id=pair.output_id,
                declared_input_id=pair.input_id,
                is_contracted=True,
                proposal=contract,
                distance_m=row[DISTANCE],
                transport=MODES[int(row[COLUMN["transport"]])],
                most_per_year=quantity,
                eur_per_unit=row[SAVINGS] / quantity,
                co2_t_per_unit=row[COLUMN["co2_avoided_t_per_year"]] / quantity,
                fixed_eur_per_year=0.0,
                investment_eur_per_unit=0.0,
                fixed_investment_eur=0.0,
            )
            set_outcome(exchange, quantity, row)
            yield exchange


OUTCOME = (
    "avoided_purchase_eur_per_year", "avoided_disposal_eur_per_year", "savings_eur_per_year",
    "co2_avoided_t_per_year", "investment_eur",
)  # fmt: skip


def set_outcome(exchange: PlannedExchange, quantity: float, row: np.ndarray) -> None:
    """Note a quantity [canonical units per year] and what it brings, by `COLUMNS`."""
    exchange.quantity_per_year = quantity
    for name in OUTCOME:
        setattr(exchange, name, float(row[COLUMN[name]]))
