"""Pages of running exchanges and their outcomes."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from rest_framework.exceptions import ValidationError as ApiValidationError

from exchanges import outcomes, permissions, services
from exchanges.chart import Chart, Point, chart_of
from exchanges.csv_reading import read_deliveries
from exchanges.filters import flows_of, months_of
from exchanges.forms import ConfirmForm, DeclarationForm, DeliveryForm, UploadForm
from exchanges.models import Declaration, Delivery
from exchanges.outcomes import DELIVERED, FIGURES, Scope
from exchanges.progress import Month, progress_of
from exchanges.services.reporting import RUNNING
from organizations import permissions as access
from organizations.models import Organization
from proposals.models import Proposal
from turash.errors import DomainError, InvalidInput
from turash.figures import unit
from turash.forms import add_errors

ERRORS_SHOWN = 5


def _proposal(request: HttpRequest, proposal_id: UUID) -> Proposal:
    return get_object_or_404(
        Proposal.objects.visible_to(request.user).for_display(), pk=proposal_id
    )


@login_required
def exchange(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """What goes over, month by month; with htmx the part of the page that changes."""
    return _exchange(request, _proposal(request, proposal_id))


def _exchange(
    request: HttpRequest, proposal: Proposal, status: int = 200, **forms: Any
) -> HttpResponse:
    progress = progress_of(proposal, viewer=request.user, today=timezone.now().date())
    sides = permissions.sides_of(request.user, proposal)
    resource_unit = unit(proposal.resource.resource_type.unit)
    context = {
        "proposal": proposal,
        "unit": resource_unit,
        "progress": progress,
        "chart": _chart_of(progress.months),
        "declarations": Declaration.objects.filter(proposal=proposal)
        .select_related("organization")
        .order_by("-month", "pk"),
        "is_running": proposal.status in RUNNING,
        "can_report": bool(sides) and proposal.status in RUNNING,
        "confirmable": _confirmable(request, progress.months, sides),
        "form": DeliveryForm(unit=resource_unit),
        "upload_form": UploadForm(),
        "declaration_form": DeclarationForm(),
        **forms,
    }
    template = "exchanges/_exchange.html" if request.htmx else "exchanges/exchange.html"
    return render(request, template, context, status=status)


def _confirmable(request: HttpRequest, rows: list[Month], sides: list[UUID]) -> set[UUID]:
    """Deliveries that the reader may confirm: of the other side, said by somebody else."""
    return {
        row.delivery.pk
        for row in rows
        if row.delivery
        and not row.is_confirmed
        and row.delivery.reported_by_id != request.user.pk
        and any(side != row.delivery.reported_for_id for side in sides)
    }


def _chart_of(rows: list[Month]) -> Chart | None:
    return chart_of(
        [
            Point(
                month=row.month,
                reported=row.delivered or 0.0,
                verified=(row.delivered or 0.0) if row.is_confirmed else 0.0,
                planned=row.planned,
            )
            for row in rows
        ]
    )


@login_required
@require_POST
def report(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    proposal = _proposal(request, proposal_id)
    form = DeliveryForm(request.POST, unit=unit(proposal.resource.resource_type.unit))
    if form.is_valid() and _done(form, lambda: services.report_deliveries(
        proposal=proposal, actor=request.user, rows=[services.Reported(**form.cleaned_data)]
    )):  # fmt: skip
        messages.success(request, _("Reported. The other side confirms it."))
        return redirect("exchanges:exchange", proposal.pk)
    return _exchange(request, proposal, 400, form=form)


@login_required
@require_POST
def upload(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    proposal = _proposal(request, proposal_id)
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid() and _done(form, lambda: services.report_deliveries(
        proposal=proposal, actor=request.user, rows=read_deliveries(form.cleaned_data["file"])
    )):  # fmt: skip
        messages.success(request, _("Reported. The other side confirms it."))
        return redirect("exchanges:exchange", proposal.pk)
    return _exchange(request, proposal, 400, upload_form=form)


@login_required
@require_POST
def declare(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    proposal = _proposal(request, proposal_id)
    form = DeclarationForm(request.POST)
    if form.is_valid() and _done(form, lambda: services.declare(
        proposal=proposal, actor=request.user, **form.cleaned_data
    )):  # fmt: skip
        messages.success(request, _("Saved."))
        return redirect("exchanges:exchange", proposal.pk)
    return _exchange(request, proposal, 400, declaration_form=form)


def _done(form: Any, service: Callable[[], Any]) -> bool:
    """Call a service; what it refuses is shown in the form, the rows of a file by their numbers."""
    try:
        service()
    except InvalidInput as error:
        for path, texts in list(error.errors.items())[:ERRORS_SHOWN]:
            field = path if path in form.fields else None
            for text in texts:
                form.add_error(field, text if field else f"{path}: {text}")
        return False
    except (ValidationError, DomainError) as error:
        add_errors(form, error)
        return False
    return True


@login_required
@require_POST
def confirm(request: HttpRequest, proposal_id: UUID, delivery_id: UUID) -> HttpResponse:
    proposal = _proposal(request, proposal_id)
    delivery = get_object_or_404(Delivery, proposal=proposal, pk=delivery_id)
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say which quantity you confirm."))
    else:
        try:
            services.confirm_delivery(delivery=delivery, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            messages.error(request, error.message)
    return redirect("exchanges:exchange", proposal.pk)


@login_required
def outcomes_of_organization(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    """The eight figures of an organization's exchanges."""
    organization = get_object_or_404(
        Organization.objects.visible_to(request.user), pk=organization_id
    )
    access.require(access.can_read_matching(request.user, organization.pk))
    return _outcomes(request, organization=organization)


@login_required
def outcomes_of_region(request: HttpRequest) -> HttpResponse:
    """The eight figures of all exchanges of a region."""
    access.require(request.user.reads_region, _("Only facilitators see the outcomes of a region."))
    return _outcomes(request, organization=None)


def _outcomes(request: HttpRequest, organization: Organization | None) -> HttpResponse:
    errors: dict[str, list[str]] = {}
    try:
        scope = Scope(
            organization_id=organization.pk if organization else None,
            flows=None if organization else flows_of(request.GET, request),
            **months_of(request.GET),
        )
    except InvalidInput as error:
        errors = error.errors
    except ApiValidationError as error:
        errors = {name: [str(text) for text in _as_list(e)] for name, e in error.detail.items()}
    context = {"organization": organization, "errors": errors, "query": request.GET}
    if not errors:
        shown = _chosen(request)
        months = outcomes.months(scope)
        context |= {
            "totals": outcomes.totals(scope),
            "months": [_month_of(row, shown) for row in months],
            "shown": next(figure for figure in FIGURES if figure.key == shown),
            "choices": DELIVERED,
            "chart": chart_of(
                [Point(row["month"], row[shown], row[f"verified_{shown}"]) for row in months]
            ),
            "download": request.GET.urlencode(),
        }
    return render(request, "exchanges/outcomes.html", context, status=400 if errors else 200)


def _as_list(errors: Any) -> list[Any]:
    return errors if isinstance(errors, list) else [errors]


def _chosen(request: HttpRequest) -> str:
    """The figure of the chart."""
    keys = [figure.key for figure in DELIVERED]
    key = request.GET.get("figure", "")
    return key if key in keys else "co2_t"


def _month_of(row: dict[str, Any], key: str) -> dict[str, Any]:
    return {"month": row["month"], "reported": row[key], "verified": row[f"verified_{key}"]}
