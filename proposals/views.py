"""Pages and fragments of proposals."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from matching.disclosure import as_seen_from
from matching.models import Match
from organizations import permissions as access
from organizations.disclosure import Viewpoint
from organizations.models import Organization, ResourceFlow
from proposals import permissions, services
from proposals.board import COLUMNS, ENDED, board, of_column
from proposals.forms import MessageForm, ProposalForm, StepForm
from proposals.models import Proposal
from proposals.negotiation_views import terms_context
from proposals.opening import opening_of
from proposals.querysets import ProposalQuerySet
from proposals.states import Need, Status
from proposals.timeline import timeline_of
from turash.errors import DomainError
from turash.figures import unit
from turash.forms import add_errors

PER_PAGE = 50
# By what the list can be narrowed: a status, or those of the last column of the board.
CHOICES = dict(Status.choices) | {ENDED: COLUMNS[ENDED][0]}
WAY = (
    Status.PENDING,
    Status.ACCEPTED,
    Status.NEGOTIATING,
    Status.CONTRACTED,
    Status.LIVE,
    Status.COMPLETED,
)


def _chosen(request: HttpRequest, own: set[UUID]) -> tuple[ProposalQuerySet, str]:
    """What the tabs of the list and the board choose; an unknown side means both."""
    side = request.GET.get("side", "")
    proposals = Proposal.objects.visible_to(request.user)
    if side == "incoming":
        return proposals.filter(to_organization__in=own), side
    if side == "outgoing":
        return proposals.filter(from_organization__in=own), side
    return proposals, ""


@login_required
def proposal_board(request: HttpRequest) -> HttpResponse:
    """Proposals by state; with htmx the part of the page that changes."""
    own = set(request.user.organizations.values_list("pk", flat=True))
    proposals, side = _chosen(request, own)
    return render(
        request,
        "proposals/_board.html" if request.htmx else "proposals/proposal_board.html",
        {"columns": board(proposals, viewer=request.user), "side": side, "own": own},
    )


@login_required
def proposal_list(request: HttpRequest) -> HttpResponse:
    own = set(request.user.organizations.values_list("pk", flat=True))
    proposals, side = _chosen(request, own)
    status = request.GET.get("status", "")
    if status not in CHOICES:
        status = ""
    if status:
        proposals = of_column(proposals, status)
    proposals = proposals.for_display()
    page = Paginator(proposals.order_by("-created_at", "pk"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    template = "proposals/_list.html" if request.htmx else "proposals/proposal_list.html"
    context = {
        "page": page,
        "own": own,
        "side": side,
        "status": status,
        "statuses": CHOICES.items(),
        "query": "".join(
            f"{key}={value}&" for key, value in (("side", side), ("status", status)) if value
        ),
    }
    return render(request, template, context)


@login_required
def proposal_create(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Propose an exchange of a flow; `?match=` fills in what the match says."""
    resource = get_object_or_404(
        ResourceFlow.objects.visible_to(request.user).for_display(), pk=flow_id
    )
    senders = Organization.objects.managed_by(request.user).exclude(pk=resource.organization_id)
    access.require(
        senders.exists(),
        _("Only owners and managers of another organization can propose an exchange."),
    )
    match = _match_of(request, resource)
    viewpoint = Viewpoint(request.user)
    shown = as_seen_from(viewpoint, [match])[0:1] if match else []
    initial: dict[str, Any] = {}
    if match:
        partners = {match.output.organization_id, match.input.organization_id}
        initial["from_organization"] = senders.filter(pk__in=partners).first()
    if shown:
        initial |= opening_of(shown[0])
    form = ProposalForm(
        request.POST or None,
        senders=senders,
        unit=unit(resource.resource_type.unit),
        initial=initial,
    )
    if request.method == "POST" and form.is_valid():
        try:
            proposal = services.create_proposal(
                actor=request.user,
                to_organization=resource.organization,
                resource=resource,
                direction=resource.direction,
                match=match,
                **form.cleaned_data,
            )
        except (ValidationError, DomainError) as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The proposal is on its way."))
            return redirect("proposals:proposal-detail", proposal.pk)
    return render(
        request,
        "proposals/proposal_form.html",
        {
            "form": form,
            "resource": viewpoint.shown(resource),
            "match": shown[0] if shown else None,
        },
        status=400 if form.errors else 200,
    )


def _match_of(request: HttpRequest, resource: ResourceFlow) -> Match | None:
    text = request.GET.get("match", "")
    try:
        key = UUID(text)
    except ValueError:
        return None
    matches = Match.seen.with_id(key).visible_to(request.user).for_display()
    return next((match for match in matches if resource in (match.output, match.input)), None)


@login_required
def proposal_detail(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """A proposal; with htmx the part of the page that changes."""
    proposal = get_object_or_404(
        Proposal.objects.visible_to(request.user).for_display().prefetch_related("transitions"),
        pk=proposal_id,
    )
    context: dict[str, Any] = {
        "proposal": proposal,
        # What terms become a contract is decided beside the terms.
        "steps": [
            step
            for step in permissions.steps_for(request.user, proposal)
            if Need.SAME_TERMS not in step.needs
        ],
        "stages": _stages(proposal),
        "form": StepForm(),
    }
    if request.htmx:
        return render(request, "proposals/_proposal.html", context)
    context |= terms_context(request, proposal) | {
        "said": proposal.messages.select_related("author", "organization").prefetch_related(
            "attachments"
        ),
        "can_write": bool(permissions.sides_of(request.user, proposal)),
        "message_form": MessageForm(),
        "entries": timeline_of(proposal),
    }
    return render(request, "proposals/proposal_detail.html", context)


def _stages(proposal: Proposal) -> list[dict[str, str]]:
    """The way to a completed exchange, and how far the proposal has come on it."""
    reached = {row.to_status for row in proposal.transitions.all()}
    stages = []
    for status in WAY:
        state = "ahead"
        if status == proposal.status:
            state = "now"
        elif status in reached:
            state = "done"
        stages.append({"label": status.label, "state": state})
    return stages


@login_required
@require_POST
def proposal_move(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    proposal = get_object_or_404(Proposal.objects.visible_to(request.user), pk=proposal_id)
    form = StepForm(request.POST)
    if form.is_valid():
        try:
            services.move_proposal(proposal_id=proposal.pk, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            messages.error(request, error.message)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
    else:
        messages.error(request, _("The comment is too long, or the step is missing."))
    return redirect("proposals:proposal-detail", proposal.pk)
