"""Asking for a plan, or for another scenario of one."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from matching.models import Match
from organizations import permissions as access
from organizations.models import Organization, ResourceFlow, User
from plans.models import Objective, Plan, PlanRule
from plans.permissions import may_plan
from plans.readers import readers_of
from plans.services import supposing as what_if
from plans.services.supposing import Plant
from turash import rate_limits
from turash.events.queue import enqueue
from turash.figures import figure

# Plans of one organization that its members may ask for.
LIMIT = rate_limits.Limit("plan", burst=40, refill=timedelta(minutes=1))
MOST_RULES = 200
# Of the name of a plan in that of its scenarios.
LONGEST_ORIGIN = 60
ENERGY_FACTORS = (0.6, 0.8, 1.2, 1.4)
CO2_FACTORS = (0.5, 2.0, 4.0)
RADIUS_FACTORS = (0.5, 0.75, 2.0)


@transaction.atomic
def request_plan(
    *,
    actor: User,
    name: str,
    organization: Organization | None = None,
    scenario_of: Plan | None = None,
    must: Sequence[UUID] | None = None,
    never: Sequence[UUID] | None = None,
    closed: Sequence[UUID] | None = None,
    plants: Sequence[Plant] | None = None,
    **parameters: Any,
) -> Plan:
    """
    Have workers compute a plan; `parameters` are those of `Plan.PARAMETERS`, the others default.

    `must` and `never` are matches that have to exchange all they can, or nothing. `closed` are
    organizations, sites or flows that it does without, `plants` those that are supposed to come. Of
    a plan that is a scenario of another what is not given is as in the other.

    :raises PermissionDenied: the actor may not edit the organization's flows, or asks for a plan of
        all without being a facilitator.
    :raises ValidationError: a parameter is wrong, or a match is none that the organization sees.
    :raises TooManyRequests: members of the organization have asked too often.
    """
    access.require(
        may_plan(actor, organization.pk if organization else None),
        _("Who edits an organization's flows plans for it; facilitators plan for all."),
    )
    rules = _rules(organization, must or (), never or ())
    if scenario_of is not None:
        parameters = scenario_of.parameters() | parameters
        given = [kind for kind, ids in (("must", must), ("never", never)) if ids is not None]
        rules = _inherited(scenario_of, organization, but=given) | rules
    plan = Plan(
        name=name,
        organization=organization,
        scenario_of=scenario_of,
        requested_by=actor,
        **parameters,
    )
    plan.full_clean()
    if organization is not None and not actor.is_facilitator:
        rate_limits.spend(LIMIT, organization.pk)
    plan.save(force_insert=True)
    PlanRule.objects.bulk_create(
        PlanRule(plan=plan, output_id=output_id, input_id=input_id, kind=kind)
        for (output_id, input_id), kind in rules.items()
    )
    what_if.suppose(plan, closed, plants)
    enqueue("plans.tasks.plan_parts", plan_id=plan.pk)
    return plan


@transaction.atomic
def change_plan(
    *,
    actor: User,
    plan: Plan,
    must: Sequence[UUID] = (),
    never: Sequence[UUID] = (),
    closed: Sequence[UUID] = (),
) -> Plan:
    """
    Have a scenario of a plan computed with more rules, or without somebody, and all else as it is.

    :raises PermissionDenied: the actor could not have requested the plan.
    :raises ValidationError: see `request_plan`.
    :raises TooManyRequests: members of the organization have asked too often.
    """
    rules = _rules(plan.organization, must, never)
    scenario = request_plan(
        actor=actor,
        name=f"{plan.name[:LONGEST_ORIGIN]}: {_('changed')}",
        organization=plan.organization,
        scenario_of=plan,
        closed=[*what_if.closed_in(plan), *closed] if closed else None,
    )
    for (output_id, input_id), kind in rules.items():
        scenario.rules.update_or_create(
            output_id=output_id, input_id=input_id, defaults={"kind": kind}
        )
    return scenario


@transaction.atomic
def vary_plan(*, actor: User, plan: Plan) -> list[Plan]:
    """
    Have scenarios of a plan computed that tell how it hangs on prices and the radius.

    Energy, CO2 (where it counts) and the largest distance by the factors above; of a plan without
    a largest distance by that of what it has chosen, where that is known.

    :raises PermissionDenied: the actor could not have requested the plan.
    :raises TooManyRequests: members of the organization have asked too often.
    """
    return [
        request_plan(
            actor=actor,
            name=f"{plan.name[:LONGEST_ORIGIN]}: {label}",
            organization=plan.organization,
            scenario_of=plan,
            **changes,
        )
        for label, changes in _variations(plan)
    ]


def _variations(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    for factor in ENERGY_FACTORS:
        pct = min(plan.energy_price_pct * factor, 1000.0)
        yield _("energy at %d %%") % round(pct), {"energy_price_pct": pct}
    if plan.objective == Objective.MIX:
        for factor in CO2_FACTORS:
            price = min(plan.co2_price_eur_per_t * factor, 100_000.0)
            yield _("CO2 at %d EUR/t") % round(price), {"co2_price_eur_per_t": price}
    radius = plan.max_distance_km
    if radius is None:
        farthest = plan.exchanges.chosen().aggregate(Max("distance_m"))["distance_m__max"]
        radius = farthest / 1000 if farthest else None
    if radius is not None:
        for factor in RADIUS_FACTORS:
            km = min(max(radius * factor, 0.1), 20_040.0)
            yield _("up to %s km") % figure(km), {"max_distance_km": km}


def _inherited(
    origin: Plan, organization: Organization | None, *, but: Sequence[str]
) -> dict[tuple[UUID, UUID], str]:
    """Return the rules of a plan of other kinds, as far as readers of its scenario know them."""
    rules = {
        (rule.output_id, rule.input_id): rule.kind for rule in origin.rules.exclude(kind__in=but)
    }
    if organization is None or organization.pk == origin.organization_id:
        return rules
    flows = ResourceFlow.objects.filter(pk__in={key for pair in rules for key in pair})
    seen = set(flows.visible_to(readers_of(organization)).values_list("pk", flat=True))
    return {pair: kind for pair, kind in rules.items() if seen.issuperset(pair)}


def _rules(
    organization: Organization | None, must: Sequence[UUID], never: Sequence[UUID]
) -> dict[tuple[UUID, UUID], str]:
    """
    Return the rule of each pair of flows, of matches that the plan's readers see.

    :raises ValidationError: by the name of the argument that is wrong.
    """
    rules: dict[tuple[UUID, UUID], str] = {}
    readers = readers_of(organization)
    for kind, match_ids in ((PlanRule.Kind.MUST, must), (PlanRule.Kind.NEVER, never)):
        if len(match_ids) > MOST_RULES:
            raise ValidationError({kind: _("At most %d matches can be given.") % MOST_RULES})
        for match_id in match_ids:
            pair = (
                Match.seen.with_id(match_id)
                .visible_to(readers)
                .values_list("output_id", "input_id")
                .first()
            )
            if pair is None:
                raise ValidationError({kind: _("There is no match %s.") % match_id})
            if rules.setdefault(pair, kind) != kind:
                raise ValidationError({kind: _("The match %s cannot be both.") % match_id})
    return rules
