"""Pages that show several apps: landing, dashboard, map, tokens, errors."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from knox.models import AuthToken

from matching.models import Match
from organizations.models import Organization, ResourceFlow, ResourceType, Site
from proposals.models import Proposal
from turash.api.problem_details import is_api, json_problem

FLOWS_ON_DASHBOARD = 50
MATCHES_ON_DASHBOARD = 10
PROPOSALS_ON_DASHBOARD = 20
SITES_ON_MAP = 2000
MATCHES_ON_MAP = 500


def landing(request: HttpRequest) -> HttpResponse:
    """What Turash is, and what it has found so far."""
    totals = Match.objects.filter(output_rank=1, savings_eur_per_year__gt=0).aggregate(
        savings=Sum("savings_eur_per_year"), co2=Sum("co2_avoided_t_per_year")
    )
    return render(
        request,
        "turash/landing.html",
        {
            "organizations": Organization.objects.count(),
            "flows": ResourceFlow.objects.active().count(),
            "matches": Match.objects.count(),
            **totals,
        },
    )


@login_required
def dashboard(request: HttpRequest) -> HttpResponse:
    """What concerns me; with htmx the part of it that changes."""
    organizations = Organization.objects.of_member(request.user)
    keys = list(organizations.values_list("pk", flat=True))
    flows = (
        ResourceFlow.objects.filter(organization__in=keys)
        .for_display()
        .annotate(
            match_count=Count(
                "output_matches", filter=Q(output_matches__output_rank__isnull=False), distinct=True
            )
            + Count(
                "input_matches", filter=Q(input_matches__input_rank__isnull=False), distinct=True
            )
        )
        .order_by("-created_at", "pk")
    )
    matches = (
        Match.objects.filter(
            Q(output__organization__in=keys) | Q(input__organization__in=keys)
        )
        .visible_to(request.user)
        .not_dismissed_by(keys)
        .for_display()
        .order_by("-found_at", "-score", "pk")
    )
    template = "turash/_dashboard.html" if request.htmx else "turash/dashboard.html"
    return render(
        request,
        template,
        {
            "organizations": organizations.annotate(
                site_count=Count("sites", distinct=True)
            ).order_by("name", "pk")[:50],
            "flows": flows[:FLOWS_ON_DASHBOARD],
            "matches": matches[:MATCHES_ON_DASHBOARD],
            "waiting": Proposal.objects.filter(
                to_organization__in=keys, status="pending"
            ).for_display()[:PROPOSALS_ON_DASHBOARD],
        },
    )


def map_page(request: HttpRequest) -> HttpResponse:
    """Everything the viewer may see, on a map and as a table."""
    return render(
        request,
        "turash/map.html",
        {
            "families": ResourceType.Family.choices,
            "sites": _sites_on_map(request)[:100],
        },
    )


def map_data(request: HttpRequest) -> HttpResponse:
    """Sites as points and matches as lines (GeoJSON), by `direction` and `family`."""
    sites = _sites_on_map(request)[:SITES_ON_MAP]
    matches = (
        Match.objects.visible_to(request.user)
        .select_related("output__resource_type", "input")
        .order_by("-score", "pk")
    )
    family = request.GET.get("family", "")
    if family:
        matches = matches.filter(output__resource_type__family=family)
    features = [_site_feature(site) for site in sites] + [
        _match_feature(match) for match in matches[:MATCHES_ON_MAP]
    ]
    return JsonResponse({"type": "FeatureCollection", "features": features})


def _sites_on_map(request: HttpRequest) -> Any:
    flows = ResourceFlow.objects.visible_to(request.user).active()
    direction, family = request.GET.get("direction", ""), request.GET.get("family", "")
    if direction in ResourceFlow.Direction.values:
        flows = flows.filter(direction=direction)
    if family in ResourceType.Family.values:
        flows = flows.filter(resource_type__family=family)
    visible = Q(resource_flows__in=flows)
    return (
        Site.objects.visible_to(request.user)
        .select_related("organization")
        .annotate(
            outputs=Count(
                "resource_flows", filter=visible & Q(resource_flows__direction="output")
            ),
            inputs=Count("resource_flows", filter=visible & Q(resource_flows__direction="input")),
        )
        .filter(Q(outputs__gt=0) | Q(inputs__gt=0))
        .order_by("organization__name", "name", "pk")
    )


def _site_feature(site: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [site.location.x, site.location.y]},
        "properties": {
            "kind": "site",
            "name": site.name,
            "organization": site.organization.name,
            "outputs": site.outputs,
            "inputs": site.inputs,
            "url": f"/organizations/{site.organization_id}",
        },
    }


def _match_feature(match: Match) -> dict[str, Any]:
    ends = [[flow.location.x, flow.location.y] for flow in (match.output, match.input)]
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": ends},
        "properties": {
            "kind": "match",
            "name": match.output.resource_type.label,
            "score": round(match.score, 3),
            "url": f"/matches/{match.pk}",
        },
    }


@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    """Tokens for the API; a new one is shown once, in the answer to its making."""
    made = ""
    if request.method == "POST":
        _row, made = AuthToken.objects.create(request.user)
    rows = AuthToken.objects.filter(user=request.user).order_by("-created", "pk")[:100]
    return render(request, "turash/tokens.html", {"tokens": rows, "made": made})


@login_required
@require_POST
def token_revoke(request: HttpRequest, token_key: str) -> HttpResponse:
    AuthToken.objects.filter(user=request.user, token_key=token_key).delete()
    messages.success(request, _("The token works no more."))
    return redirect("tokens")


def _error(request: HttpRequest, status: int, detail: str = "") -> HttpResponse:
    """A problem for callers of the API, a page for people."""
    if is_api(request):
        return json_problem(status, detail=detail)
    return render(request, "turash/error.html", {"status": status, "detail": detail}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 403, str(exception)[:300])


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return _error(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    detail = _("The form has expired. Go back, reload the page and send it again.")
    return _error(request, 403, detail)
