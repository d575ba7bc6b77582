"""Pages and fragments of matches and runs, and the button that computes clusters."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from matching import accounts, comparison, explanations, services
from matching.chains import find_chains
from matching.charts.cash import cash_flow_of
from matching.charts.hours import overlap_of
from matching.charts.temperature import temperature_of
from matching.disclosure import as_seen_from
from matching.forms import DismissalForm
from matching.models import Match, MatchingRun, RematchRequest
from matching.near_misses import find_near_misses
from matching.pairing import MOST_CANDIDATES
from matching.together import find_combination
from matching.uncertainty import outlook_of, ranges_of
from matching.unknowns import unknowns_of
from organizations import permissions
from organizations.disclosure import Viewpoint
from organizations.models import Organization, ResourceFlow
from organizations.services import note_seen
from turash.errors import DomainError

RUNS_SHOWN = 20
NEAR_MISSES_SHOWN = 10
CHAINS_SHOWN = 5


@login_required
def panel(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """The matches of a flow, as a fragment of its page."""
    flow = _flow(request, flow_id)
    matches = list(
        Match.seen.best_of_flow(flow.pk)
        .visible_to(request.user)
        .not_dismissed_by([flow.organization_id])
        .for_display()
    )
    matches = as_seen_from(Viewpoint(request.user), matches)
    ranges = ranges_of(matches)
    return render(
        request,
        "matching/_panel.html",
        {
            "flow": flow,
            "matches": [
                _as_seen_from(match, flow.organization_id) | {"ranges": ranges[match.pk]}
                for match in matches
            ],
            "can_propose": permissions.can_manage(request.user, flow.organization_id),
            "can_dismiss": permissions.can_edit_resources(request.user, flow.organization_id),
            "form": DismissalForm(auto_id=False),
            "is_waiting": RematchRequest.objects.filter(pk=flow.pk).exists(),
        },
    )


@login_required
def near_misses(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Who nearly fits a flow and what stands in the way, as a fragment of its page."""
    flow = _flow(request, flow_id)
    found = find_near_misses(flow, viewer=request.user)
    return render(
        request,
        "matching/_near_misses.html",
        {
            "flow": flow,
            "page": Paginator(found, NEAR_MISSES_SHOWN).get_page(request.GET.get("page")),
            "most": MOST_CANDIDATES if found.is_cut_off else None,
        },
    )


@login_required
def together(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """What more than two can do together for a flow, as a fragment of its page."""
    flow = _flow(request, flow_id)
    combination = find_combination(flow, viewer=request.user)
    chains = find_chains(flow, viewer=request.user)[:CHAINS_SHOWN]
    return render(
        request,
        "matching/_together.html",
        {
            "flow": flow,
            "combination": combination,
            "chains": [(chain, explanations.scores(chain.whole)) for chain in chains],
            "factors": explanations.scores(combination.whole) if combination else [],
        },
    )


@login_required
def match_detail(request: HttpRequest, match_id: UUID) -> HttpResponse:
    """A match; who has it before them while it is lost is told so."""
    viewpoint = Viewpoint(request.user)
    found = as_seen_from(
        viewpoint,
        Match.seen.with_id(match_id)
        .visible_to(request.user)
        .for_display()
        .prefetch_related("output__contaminants", "input__contaminants"),
    )
    if not found:
        if request.htmx:
            return render(request, "matching/_lost.html")
        raise Http404
    match = found[0]
    flows = [match.output, match.input]
    note_seen(viewpoint, flows)
    ranges, scenarios = outlook_of(match)
    editable = {
        flow.pk
        for flow in flows
        if permissions.can_edit_resources(request.user, flow.organization_id)
    }
    return render(
        request,
        "matching/match_detail.html",
        {
            "match": match,
            "ranges": ranges,
            "factors": explanations.factors(match),
            "costs": accounts.costs(match),
            "emissions": accounts.emissions(match),
            "pairs": comparison.compare(match),
            "overlap": overlap_of(match),
            "temperature": temperature_of(match),
            "cash": cash_flow_of(scenarios),
            "unknowns": unknowns_of(match),
            "editable": editable,
            "own_flows": [
                flow
                for flow in flows
                if permissions.can_read_matching(request.user, flow.organization_id)
            ],
            "can_dismiss": bool(editable),
            # A proposal is about the flow of the other side.
            "proposable": [
                theirs
                for ours, theirs in (flows, flows[::-1])
                if permissions.can_manage(request.user, ours.organization_id)
            ],
            "places": _places(match),
            "form": DismissalForm(),
        },
    )


def _places(match: Match) -> dict[str, object]:
    """Both sites and the line between them, as GeoJSON."""
    features: list[dict[str, object]] = []
    for flow in (match.output, match.input):
        is_output = flow.pk == match.output_id
        features.append(
            {
                "type": "Feature",
                "geometry": {
                    "type": "Point",
                    "coordinates": [flow.location.x, flow.location.y],
                },
                "properties": {
                    "title": flow.organization.name,
                    "text": flow.site.name,
                    "outputs": int(is_output),
                    "inputs": int(not is_output),
                },
            }
        )
    ends = [[flow.location.x, flow.location.y] for flow in (match.output, match.input)]
    line = {"type": "LineString", "coordinates": ends}
    features.append({"type": "Feature", "geometry": line, "properties": {}})
    return {"type": "FeatureCollection", "features": features}


@login_required
@require_POST
def match_dismiss(request: HttpRequest, match_id: UUID) -> HttpResponse:
    match = get_object_or_404(Match.seen.with_id(match_id).visible_to(request.user).for_display())
    form = DismissalForm(request.POST)
    if not form.is_valid():
        if "reason" in form.errors:
            messages.error(request, _("Say why, so that better matches can be found."))
        else:
            messages.error(request, " ".join(form.errors["category"]))
        return redirect("matching:match-detail", match.pk)
    sides = [match.output, match.input]
    own = [f for f in sides if permissions.can_edit_resources(request.user, f.organization_id)]
    permissions.require(bool(own))
    for flow in own:
        try:
            services.dismiss_match(
                actor=request.user,
                match=match,
                organization=flow.organization,
                reason=form.cleaned_data["reason"],
                category=form.cleaned_data["category"],
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("matching:match-detail", match.pk)
    messages.success(request, _("You will not see this match again."))
    return redirect("organizations:flow-detail", own[0].pk)


@login_required
@require_POST
def clusters_compute(request: HttpRequest) -> HttpResponse:
    services.request_clusters(actor=request.user)
    messages.success(request, _("The areas will be computed in a moment."))
    return redirect("map")


def _as_seen_from(match: Match, organization_id: UUID) -> dict[str, object]:
    ours, theirs = match.output, match.input
    if ours.organization_id != organization_id:
        ours, theirs = theirs, ours
    return {"match": match, "ours": ours, "theirs": theirs, "factors": explanations.scores(match)}


@login_required
def run_list(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    """The latest runs of an organization, and the button for another."""
    organization = _organization(request, organization_id)
    runs = MatchingRun.objects.filter(organization=organization).select_related("requested_by")
    return render(
        request,
        "matching/run_list.html",
        {
            "organization": organization,
            "runs": runs[:RUNS_SHOWN],
            "can_run": services.may_run(request.user, organization.pk),
        },
    )


@login_required
@require_POST
def run_request(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    organization = _organization(request, organization_id)
    try:
        run = services.request_run(actor=request.user, organization=organization)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("matching:run-list", organization.pk)
    return redirect("matching:run-detail", run.pk)


@login_required
def run_detail(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """How far a run has got; the fragment asks for itself until the run is over."""
    runs = MatchingRun.objects.visible_to(request.user).select_related("organization", "root_type")
    run = get_object_or_404(runs, pk=run_id)
    return render(
        request,
        "matching/_run.html" if request.htmx else "matching/run_detail.html",
        {
            "run": run,
            "counts": run.partitions.count_by_status(),
            "can_cancel": run.is_unfinished and services.may_run(request.user, run.organization_id),
        },
    )


@login_required
@require_POST
def run_cancel(request: HttpRequest, run_id: UUID) -> HttpResponse:
    run = get_object_or_404(MatchingRun.objects.visible_to(request.user), pk=run_id)
    try:
        services.cancel_run(actor=request.user, run_id=run.pk)
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("matching:run-detail", run.pk)


def _flow(request: HttpRequest, flow_id: UUID) -> ResourceFlow:
    """The flow, for those who read its matches."""
    flows = ResourceFlow.objects.visible_to(request.user).select_related("resource_type")
    flow = get_object_or_404(flows, pk=flow_id)
    permissions.require(permissions.can_read_matching(request.user, flow.organization_id))
    return flow


def _organization(request: HttpRequest, organization_id: UUID) -> Organization:
    """The organization, for those who read its matches."""
    organizations = Organization.objects.visible_to(request.user)
    organization = get_object_or_404(organizations, pk=organization_id)
    permissions.require(permissions.can_read_matching(request.user, organization.pk))
    return organization
