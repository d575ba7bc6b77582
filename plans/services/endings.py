"""How plans end: finished when all parts are done, failed, or cancelled."""

import logging
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from matching.planning import worst_of
from organizations import permissions as access
from organizations.models import User
from plans.models import Plan, PlanPart
from plans.permissions import may_plan
from turash.errors import DomainError
from turash.events.catalogue import PlanFinished
from turash.events.publishers import publish

logger = logging.getLogger(__name__)
LONGEST_ERROR = 2000


class PlanIsOver(DomainError):
    """The plan has ended already."""

    code = "plan_is_over"


def lock_plan(plan_id: UUID) -> Plan:
    """Return a plan that nobody else changes until the transaction ends."""
    return Plan.objects.select_for_update(no_key=True, of=("self",)).get(pk=plan_id)


@transaction.atomic
def cancel_plan(*, actor: User, plan_id: UUID) -> Plan:
    """
    End a plan that waits or is worked on; its workers stop soon.

    :raises Plan.DoesNotExist: there is no such plan.
    :raises PermissionDenied: the actor could not have requested it.
    :raises PlanIsOver: it has ended already.
    """
    plan = lock_plan(plan_id)
    access.require(may_plan(actor, plan.organization_id))
    if not plan.is_unfinished:
        raise PlanIsOver(_("The plan is over already."))
    _end(plan, Plan.Status.CANCELLED)
    return plan


@transaction.atomic
def fail_plan(plan_id: UUID, reason: str) -> None:
    """End a plan that cannot be completed, unless it is over."""
    plan = lock_plan(plan_id)
    if plan.is_unfinished:
        logger.error("Plan %s failed: %s", plan.pk, reason)
        plan.error = reason[:LONGEST_ERROR]
        _end(plan, Plan.Status.FAILED)


def finish(plan: Plan) -> None:
    """Sum up a locked plan whose parts are all done, and announce it."""
    sums = plan.parts.aggregate(
        value=Sum("value", default=0.0),
        bound=Sum("bound", default=0.0),
        trench_saving=Sum("trench_saving_eur_per_year", default=0.0),
        trench_investment=Sum("trench_saving_eur", default=0.0),
        # With a budget there is one part.
        budget_price=Max("budget_price"),
    )
    if plan.sample_count:
        _sum_up_samples(plan)
    chosen = plan.exchanges.chosen()
    outcome = chosen.aggregate(
        savings=Sum("savings_eur_per_year", default=0.0),
        co2=Sum("co2_avoided_t_per_year", default=0.0),
        investment=Sum("investment_eur", default=0.0),
    )
    plan.value, plan.bound = sums["value"], sums["bound"]
    if plan.budget_eur is not None:
        plan.budget_price = sums["budget_price"] or 0.0
    plan.exchange_count = chosen.count()
    plan.trench_saving_eur_per_year = sums["trench_saving"]
    plan.savings_eur_per_year = outcome["savings"] + sums["trench_saving"]
    plan.co2_avoided_t_per_year = outcome["co2"]
    plan.investment_eur = outcome["investment"] - sums["trench_investment"]
    _end(plan, Plan.Status.FINISHED)
    publish(PlanFinished(plan_id=plan.pk))


def _sum_up_samples(plan: Plan) -> None:
    """Add up what the parts are worth in each sample; of those that all have had time for."""
    rows = list(plan.parts.values_list("sample_values", "expected_bound"))
    # Parts draw the same for the same flow, and share none.
    plan.sampled_count = min((len(values) for values, _bound in rows), default=plan.sample_count)
    sums = np.zeros(plan.sampled_count)
    for values, _bound in rows:
        sums += values[: plan.sampled_count]
    plan.expected_value, plan.worst_value = float(sums.mean()), worst_of(sums)
    plan.expected_bound = max(sum(bound or 0.0 for _values, bound in rows), plan.expected_value)


def _end(plan: Plan, status: Plan.Status) -> None:
    # Waits for what a worker is writing; after that the worker finds its part taken away.
    plan.parts.open().update(status=PlanPart.Status.CANCELLED, finished_at=timezone.now())
    plan.status = status
    plan.finished_at = timezone.now()
    plan.save()
