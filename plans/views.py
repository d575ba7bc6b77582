"""Pages of exchange plans: asked for, watched, read, compared, and turned into proposals."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from organizations import permissions as access
from organizations.models import Organization
from plans import services
from plans.curves import curves_of
from plans.forms import PlanForm, PlantForm, ProposeForm, SupposedFlows, initial_of
from plans.models import Objective, Plan, PlannedExchange, PlanRule
from plans.permissions import may_plan
from plans.services.proposing import suggested_price
from plans.services.supposing import Plant, plants_in
from plans.shares import organizations_told_of, shares_of
from turash.charts.sankey import Sankey, sankey_of
from turash.errors import DomainError
from turash.forms import add_errors

PLANS_SHOWN = 50
EXCHANGES_SHOWN = 50
FLOWS_SHOWN = 15
SHARES_SHOWN = 50
ON_MAP = 500
MOST_COMPARED = 12


@login_required
def plan_list(request: HttpRequest) -> HttpResponse:
    """The plans that the reader may see, with those to compare to be ticked."""
    plans = Plan.objects.visible_to(request.user).for_display()
    return render(
        request,
        "plans/plan_list.html",
        {"plans": plans[:PLANS_SHOWN], "can_plan": _may_plan_at_all(request)},
    )


def _may_plan_at_all(request: HttpRequest) -> bool:
    return request.user.is_facilitator or _editable(request).exists()


def _editable(request: HttpRequest) -> Any:
    return Organization.objects.editable_by(request.user).order_by("name", "pk")


@login_required
def plan_create(request: HttpRequest) -> HttpResponse:
    """Ask for a plan; `?scenario_of=` begins with the parameters of another."""
    access.require(
        _may_plan_at_all(request),
        _("Who edits an organization's flows plans for it; facilitators plan for all."),
    )
    origin = _origin(request)
    form = PlanForm(
        request.POST or None,
        initial=initial_of(origin) if origin else {},
        organizations=_editable(request),
        user=request.user,
    )
    plant, flows = PlantForm(request.POST or None), SupposedFlows(request.POST or None)
    # Posted by hand, the flows of a plant may be missing.
    if request.method == "POST" and "form-TOTAL_FORMS" not in request.POST:
        flows = SupposedFlows(None)
    forms = [form, plant, *([flows] if flows.is_bound else [])]
    # All of them, so that all tell at once what is wrong.
    if request.method == "POST" and not [one for one in forms if not one.is_valid()]:
        try:
            plan = services.request_plan(
                actor=request.user,
                scenario_of=origin,
                plants=_plants(origin, plant, flows),
                **form.cleaned_data,
            )
        except (ValidationError, DomainError) as error:
            add_errors(form, error)
        else:
            return redirect("plans:plan-detail", plan.pk)
    return render(
        request,
        "plans/plan_form.html",
        {"form": form, "plant": plant, "flows": flows, "origin": origin},
        status=200 if request.method == "GET" else 400,
    )


def _plants(origin: Plan | None, plant: PlantForm, flows: Any) -> list[Plant] | None:
    """Return the plants of a scenario: its origin's, and the one that is added, if any."""
    values = plant.cleaned_data
    if not values["plant_name"]:
        return None
    rows = flows.cleaned_data if flows.is_bound else []
    added: Plant = {
        "name": values["plant_name"],
        "location": Point(values["plant_longitude"], values["plant_latitude"], srid=4326),
        "flows": [row for row in rows if row.get("resource_type")],
    }
    return [*(plants_in(origin) if origin else []), added]


def _origin(request: HttpRequest) -> Plan | None:
    key = request.GET.get("scenario_of", "")
    if not key:
        return None
    try:
        return get_object_or_404(Plan.objects.visible_to(request.user).for_display(), pk=UUID(key))
    except ValueError:
        return None


@login_required
def plan_detail(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """
    How far a plan has got, or what it says.

    With htmx the fragment that asks for itself, and when the plan is finished for all (`?whole`).
    """
    plan = _plan(request, plan_id)
    context: dict[str, Any] = {
        "plan": plan,
        "can_plan": may_plan(request.user, plan.organization_id),
    }
    if request.htmx and "whole" not in request.GET:
        return render(request, "plans/_progress.html", context)
    if plan.is_finished:
        context |= _result(request, plan)
    return render(request, "plans/plan_detail.html", context)


def _result(request: HttpRequest, plan: Plan) -> dict[str, Any]:
    rows = plan.exchanges.chosen().for_display().best_first()
    page = Paginator(rows, EXCHANGES_SHOWN).get_page(request.GET.get("page"))
    drawn = list(rows[:ON_MAP])
    senders = Organization.objects.managed_by(request.user).order_by("name", "pk")
    own = set(senders.values_list("pk", flat=True))
    flows = plan.flows_of_plan.for_display()
    told = organizations_told_of(request.user)
    left = flows.filter(left_per_year__gt=0).order_by("-left_per_year", "pk")
    if told is not None:
        left = left.of_organizations(told)
    return {
        "page": page,
        "exchanges": [
            {
                "row": row,
                "price": suggested_price(row),
                "is_proposable": not row.is_contracted
                and row.proposal_id is None
                and row.match_id is not None
                and not row.is_mixed
                and bool(own & {row.output.organization_id, row.input.organization_id}),
                "can_be_ruled": not row.is_contracted and row.match_id and not row.is_mixed,
            }
            for row in page
        ],
        "senders": senders,
        "places": _places(drawn),
        "sankey": _sankey(plan, drawn),
        "priced": flows.filter(price__gt=0)[:FLOWS_SHOWN],
        "left_over": left.outputs()[:FLOWS_SHOWN],
        "unmet": left.inputs()[:FLOWS_SHOWN],
        "shares": shares_of(plan, viewer=request.user)[:SHARES_SHOWN],
        "closures": plan.closures.select_related("organization", "site", "flow"),
        "plants": plan.supposed_sites.prefetch_related("flows__resource_type"),
        "rules": plan.rules.select_related("output", "input"),
    }


def _sankey(plan: Plan, rows: list[PlannedExchange]) -> Sankey | None:
    is_co2 = plan.objective == Objective.CO2
    return sankey_of(
        (
            row.output.organization.name,
            row.input.organization.name,
            row.co2_avoided_t_per_year if is_co2 else row.savings_eur_per_year,
        )
        for row in rows
    )


def _places(rows: list[PlannedExchange]) -> dict[str, Any]:
    """The sites and the lines between them, as GeoJSON."""
    sites: dict[tuple, dict[str, Any]] = {}
    lines = []
    for row in rows:
        ends = []
        for flow, kind in ((row.output, "outputs"), (row.input, "inputs")):
            coordinates = list(flow.location.coords)
            ends.append(coordinates)
            feature = sites.setdefault(
                (flow.organization_id, *coordinates),
                {
                    "type": "Feature",
                    "geometry": {"type": "Point", "coordinates": coordinates},
                    "properties": {
                        "title": flow.organization.name,
                        "text": flow.site.name,
                        "outputs": 0,
                        "inputs": 0,
                    },
                },
            )
            feature["properties"][kind] += 1
        line = {"type": "LineString", "coordinates": ends}
        title = f"{row.output.organization} → {row.input.organization}"
        properties = {"title": row.output.resource_type.label, "text": title}
        lines.append({"type": "Feature", "geometry": line, "properties": properties})
    return {"type": "FeatureCollection", "features": [*sites.values(), *lines]}


@login_required
@require_POST
def plan_cancel(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    plan = _plan(request, plan_id)
    try:
        services.cancel_plan(actor=request.user, plan_id=plan.pk)
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("plans:plan-detail", plan.pk)


@login_required
@require_POST
def plan_propose(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Propose the exchanges that are ticked, with the plan's quantities and prices."""
    plan = _plan(request, plan_id)
    senders = Organization.objects.managed_by(request.user)
    chosen = plan.exchanges.proposable_by(senders.values("pk")).for_display()
    form = ProposeForm(request.POST, senders=senders, matches=[row.match_id for row in chosen])
    if not form.is_valid():
        messages.error(request, _("Choose exchanges, and the organization that proposes them."))
        return redirect("plans:plan-detail", plan.pk)
    try:
        proposed = services.propose_exchanges(
            actor=request.user,
            plan=plan,
            organization=form.cleaned_data["from_organization"],
            match_ids=form.cleaned_data["match_ids"],
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("plans:plan-detail", plan.pk)
    count = len(proposed.proposals)
    if count:
        text = ngettext("%d proposal is on its way.", "%d proposals are on their way.", count)
        messages.success(request, text % count)
    for reason in dict.fromkeys(proposed.refused.values()):
        messages.warning(request, reason)
    return redirect("plans:plan-detail", plan.pk)


@login_required
@require_POST
def plan_vary(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Have the plan computed for other prices and radii, and show them side by side."""
    plan = _plan(request, plan_id)
    try:
        scenarios = services.vary_plan(actor=request.user, plan=plan)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("plans:plan-detail", plan.pk)
    keys = "&".join(f"plan={one.pk}" for one in [plan, *scenarios])
    return redirect(f"{reverse('plans:plan-compare')}?{keys}")


@login_required
@require_POST
def plan_change(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Solve again: with what is ticked as a must, without it, or without an organization."""
    plan = _plan(request, plan_id)
    keys = [key for key in map(_uuid, request.POST.getlist("match_ids")) if key]
    closed = [key for key in map(_uuid, request.POST.getlist("closed")) if key]
    rule = request.POST.get("rule")
    if not closed and not (keys and rule in PlanRule.Kind.values):
        messages.error(request, _("Tick exchanges first."))
        return redirect("plans:plan-detail", plan.pk)
    changes = {"closed": closed} if closed else {str(rule): keys}
    try:
        scenario = services.change_plan(actor=request.user, plan=plan, **changes)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        return redirect("plans:plan-detail", scenario.pk)
    return redirect("plans:plan-detail", plan.pk)


@login_required
def compare(request: HttpRequest) -> HttpResponse:
    """Plans side by side: `?plan=…&plan=…`."""
    wanted = request.GET.getlist("plan")
    keys = [key for key in map(_uuid, wanted) if key is not None][:MOST_COMPARED]
    visible = Plan.objects.visible_to(request.user).for_display()
    found = visible.prefetch_related(
        "closures__organization", "closures__site", "closures__flow", "supposed_sites", "rules"
    ).in_bulk(keys)
    plans = [found[key] for key in dict.fromkeys(keys) if key in found]
    template = "plans/_comparison.html" if request.htmx else "plans/compare.html"
    return render(
        request,
        template,
        {
            "plans": plans,
            "curves": curves_of(plans),
            "is_waiting": any(plan.is_unfinished for plan in plans),
            "query": request.GET.urlencode(),
        },
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _plan(request: HttpRequest, plan_id: UUID) -> Plan:
    plans = Plan.objects.visible_to(request.user).for_display()
    return get_object_or_404(plans, pk=plan_id)
