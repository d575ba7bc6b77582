"""What plans do when something happened."""

from collections.abc import Iterable
from uuid import UUID

from django.urls import reverse

from plans.models import Plan
from turash.events.catalogue import PlanFinished
from turash.events.registry import handles
from turash.mail.subjects import titles_of
from turash.realtime.services import notify


@titles_of("plan")
def titles(plan_ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(Plan.objects.filter(pk__in=plan_ids).values_list("pk", "name"))


@handles(PlanFinished)
def tell_about_plan(event: PlanFinished) -> None:
    plan = Plan.objects.filter(pk=event.plan_id).first()
    # Who asked for a plan of all sees it on its page.
    if plan is not None and plan.organization_id is not None:
        notify(
            event,
            organization_ids=[plan.organization_id],
            kind="plan",
            subject_id=event.plan_id,
            url=reverse("plans:plan-detail", args=[event.plan_id]),
        )
