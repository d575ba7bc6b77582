"""The work on a plan: what it chooses from is read once, its parts are solved by any worker."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from matching.planning import Impossible, parts_of
from organizations.models import ResourceFlow
from plans.candidates import candidates_of
from plans.choices import Choices, of_part
from plans.models import Plan, PlannedExchange, PlannedFlow, PlanPart
from plans.problems import pose
from plans.services.endings import LONGEST_ERROR, fail_plan, finish, lock_plan
from plans.services.solving import Solved, solve
from plans.sides import supposed_of
from turash.events import outbox
from turash.events.queue import enqueue

logger = logging.getLogger(__name__)
Status = PlanPart.Status

MAX_ATTEMPTS = 3
RETRY_PAUSE = timedelta(seconds=10)
# Longer than a task may take: who is silent for so long is gone.
DEAD_AFTER = timedelta(minutes=11)
# Beyond, a plan takes a region or a resource type.
MOST_EXCHANGES = 200_000
ROWS_AT_ONCE = 5000


def plan_parts(plan_id: UUID) -> None:
    """Read what a queued plan chooses from, and have its parts solved; idempotent."""
    attempt = _count_attempt(plan_id)
    if not attempt:
        return
    try:
        _plan(plan_id)
    except Exception as error:
        logger.exception("Reading the matches of plan %s failed", plan_id)
        if attempt < MAX_ATTEMPTS:
            enqueue("plans.tasks.plan_parts", delay=RETRY_PAUSE, plan_id=plan_id)
        else:
            fail_plan(plan_id, _describe(error))


@transaction.atomic
def _count_attempt(plan_id: UUID) -> int:
    """Note that the first step begins, so that one that ends its worker counts; 0: do nothing."""
    plan = lock_plan(plan_id)
    if plan.status != Plan.Status.QUEUED:
        return 0
    if plan.plan_attempts >= MAX_ATTEMPTS:
        fail_plan(plan_id, _("The worker of this step was lost."))
        return 0
    Plan.objects.filter(pk=plan_id).update(plan_attempts=plan.plan_attempts + 1)
    return plan.plan_attempts + 1


@outbox.handling()
@transaction.atomic
def _plan(plan_id: UUID) -> None:
    plan = lock_plan(plan_id)
    if plan.status != Plan.Status.QUEUED:
        return
    candidates = candidates_of(plan, most=MOST_EXCHANGES)
    if candidates.missing:
        names = "; ".join(str(rule) for rule in candidates.missing)
        fail_plan(plan_id, _("This is no match any more: %s") % names)
        return
    if candidates.are_too_many:
        fail_plan(
            plan_id, _("Choose a smaller region: there are more than %d matches.") % MOST_EXCHANGES
        )
        return
    choices = candidates.choices
    facts = choices.facts(plan)
    posed = pose(plan, choices, candidates.available, facts)
    try:
        posed.problem.check()
    except Impossible as error:
        names = _names_of(plan, choices, error.rows)
        fail_plan(plan_id, _("What must be exchanged exceeds what there is: %s") % names)
        return
    rows_of_parts = parts_of(posed.problem)
    parts = PlanPart.objects.bulk_create(
        PlanPart(plan=plan, number=number, exchange_count=len(rows))
        for number, rows in enumerate(rows_of_parts, 1)
    )
    part_of: list[PlanPart | None] = [None] * len(choices)
    for part, rows in zip(parts, rows_of_parts, strict=True):
        for row in rows.tolist():
            part_of[row] = part
    declared = candidates.available.keys() - {flow.pk for flow in supposed_of(plan)}
    choices.store(plan, part_of, declared)
    PlannedExchange.objects.bulk_create(candidates.contracts, batch_size=ROWS_AT_ONCE)
    PlannedFlow.objects.bulk_create(
        (
            PlannedFlow(
                plan=plan,
                declared_flow_id=key if key in declared else None,
                supposed_flow_id=None if key in declared else key,
                available_per_year=amount,
            )
            for key, amount in candidates.available.items()
        ),
        batch_size=ROWS_AT_ONCE,
    )
    plan.status, plan.started_at = Plan.Status.RUNNING, timezone.now()
    plan.total_count = sum(part.exchange_count for part in parts)
    plan.save()
    if not parts:
        finish(plan)
    for part in parts:
        enqueue("plans.tasks.work_part", part_id=part.pk)


def _names_of(plan: Plan, choices: Choices, rows: np.ndarray) -> str:
    """Name the pairs of some choices."""
    pairs = [(choices.output_ids[row], choices.input_ids[row]) for row in rows.tolist()]
    flows = ResourceFlow.objects.in_bulk({key for pair in pairs for key in pair})
    return "; ".join(f"{flows[output]} → {flows[input_]}" for output, input_ in pairs)


def work_part(part_id: int) -> None:
    """Solve a queued part, and sum the plan up if it was the last; idempotent."""
    part = _begin(part_id)
    if part is None:
        return
    try:
        solved = solve(part.plan, part, of_part(part))
        _complete(part, solved)
    except Exception as error:
        logger.exception("Part %s of plan %s failed", part.number, part.plan_id)
        _put_back(part, _describe(error))


@transaction.atomic
def _begin(part_id: int) -> PlanPart | None:
    """Take a queued part; None: somebody else does it, or it is over."""
    part = PlanPart.objects.select_related("plan").filter(pk=part_id).first()
    if part is None:
        return None
    taken = PlanPart.objects.filter(
        pk=part_id, status=Status.QUEUED, attempts=part.attempts
    ).update(status=Status.RUNNING, attempts=part.attempts + 1, updated_at=timezone.now())
    part.attempts += 1
    return part if taken else None


# The queue gets shorter by it: it must not wait for room there.
@outbox.handling()
@transaction.atomic
def _complete(part: PlanPart, solved: Solved) -> None:
    plan = lock_plan(part.plan_id)
    # The number of the attempt is the token of the hold.
    held = PlanPart.objects.filter(pk=part.pk, status=Status.RUNNING, attempts=part.attempts)
    now = timezone.now()
    if not held.update(
        status=Status.DONE, updated_at=now, finished_at=now, error="", **solved.figures
    ):
        logger.info("Part %s of plan %s was taken away", part.number, part.plan_id)
        return
    solved.save(part)
    done = plan.parts.filter(status=Status.DONE).aggregate(sum=Sum("exchange_count"))["sum"]
    plan.done_count = done or 0
    plan.save(update_fields=["done_count"])
    if not plan.parts.open().exists():
        finish(plan)


def _put_back(part: PlanPart, reason: str) -> None:
    """Have a part tried again, or let the plan fail after the last attempt."""
    is_last = part.attempts >= MAX_ATTEMPTS
    with transaction.atomic():
        held = PlanPart.objects.filter(pk=part.pk, status=Status.RUNNING, attempts=part.attempts)
        if not held.update(
            status=Status.FAILED if is_last else Status.QUEUED,
            error=reason,
            updated_at=timezone.now(),
        ):
            return
        if not is_last:
            enqueue("plans.tasks.work_part", delay=RETRY_PAUSE, part_id=part.pk)
    if is_last:
        fail_plan(part.plan_id, reason)


def sweep_plans(now: datetime) -> None:
    """Enqueue again what a crash has left behind, and let fail what it has ended too often."""
    silent = now - DEAD_AFTER
    for plan in Plan.objects.unfinished().order_by("pk"):
        if plan.status == Plan.Status.QUEUED:
            if plan.created_at < silent:
                enqueue("plans.tasks.plan_parts", plan_id=plan.pk)
            continue
        for part in plan.parts.open().filter(updated_at__lt=silent):
            if part.attempts >= MAX_ATTEMPTS:
                fail_plan(plan.pk, _("The worker of part %d was lost.") % part.number)
                break
            _enqueue_again(part, now)


@transaction.atomic
def _enqueue_again(part: PlanPart, now: datetime) -> None:
    same = PlanPart.objects.filter(
        pk=part.pk, status=part.status, attempts=part.attempts, updated_at=part.updated_at
    )
    if same.update(status=Status.QUEUED, updated_at=now):
        enqueue("plans.tasks.work_part", part_id=part.pk)


def prune_plans(before: datetime) -> int:
    """Forget plans that failed or were cancelled before; what is finished is kept."""
    old = Plan.objects.filter(
        status__in=[Plan.Status.FAILED, Plan.Status.CANCELLED], finished_at__lt=before
    )
    return old.delete()[1].get(Plan._meta.label, 0)


def _describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
