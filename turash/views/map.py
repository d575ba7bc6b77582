"""The map of everything the viewer may see, and its data."""

import math
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from matching.models import Match, MatchCluster
from organizations.models import ResourceFlow, ResourceType, Site
from turash.api.problem_details import json_problem
from turash.figures import figure

SITES_IN_LIST = 200
SITES_ON_MAP = 2000
MATCHES_ON_MAP = 500
CLUSTERS_SHOWN = 100

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Filter:
    """What to show; unknown values mean all."""

    direction: str = ""
    family: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        direction, family = request.GET.get("direction", ""), request.GET.get("family", "")
        return cls(
            direction=direction if direction in ResourceFlow.Direction.values else "",
            family=family if family in ResourceType.Family.values else "",
        )


def page(request: HttpRequest) -> HttpResponse:
    """Everything the viewer may see, on a map and as a list."""
    chosen = Filter.of(request)
    sites = _sites(request, chosen)
    clusters = list(_clusters(request, chosen)[:CLUSTERS_SHOWN])
    return render(
        request,
        "turash/map.html",
        {
            "chosen": chosen,
            "directions": ResourceFlow.Direction.choices,
            "families": ResourceType.Family.choices,
            "sites": sites[:SITES_IN_LIST],
            "site_count": sites.count(),
            "clusters": clusters,
            "computed_at": clusters[0].computed_at if clusters else None,
        },
    )


def data(request: HttpRequest) -> HttpResponse:
    """
    Sites as points, matches as lines and clusters of matches as areas (GeoJSON).

    By `direction` (sites), `family` and `bbox` (sites).

    `is_complete` is false where there are more sites than are sent; ask for a smaller box then.
    """
    chosen = Filter.of(request)
    sites, matches = _sites(request, chosen), _matches(request, chosen)
    if request.GET.get("bbox"):
        box = _box(request.GET["bbox"])
        if box is None:
            remedy = _("bbox: give west,south,east,north in degrees, such as 10.9,55.6,11.2,55.8.")
            return json_problem(400, detail=remedy)
        sites = sites.in_bbox(*box)
    found = list(sites[: SITES_ON_MAP + 1])
    features = [_site_feature(site) for site in found[:SITES_ON_MAP]]
    features += [_match_feature(match) for match in matches[:MATCHES_ON_MAP]]
    clusters = _clusters(request, chosen)[:CLUSTERS_SHOWN]
    features += [_cluster_feature(cluster) for cluster in clusters]
    return JsonResponse(
        {
            "type": "FeatureCollection",
            "features": features,
            "is_complete": len(found) <= SITES_ON_MAP,
        }
    )


def _box(text: str) -> Box | None:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        return None
    fits = -180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90
    return (west, south, east, north) if fits and math.isfinite(west + east) else None


def _sites(request: HttpRequest, chosen: Filter) -> Any:
    flows = ResourceFlow.objects.visible_to(request.user).active()
    if chosen.direction:
        flows = flows.filter(direction=chosen.direction)
    if chosen.family:
        flows = flows.filter(resource_type__family=chosen.family)
    shown = Q(resource_flows__in=flows)
    return (
        Site.objects.visible_to(request.user)
        .select_related("organization")
        .annotate(
            outputs=Count("resource_flows", filter=shown & Q(resource_flows__direction="output")),
            inputs=Count("resource_flows", filter=shown & Q(resource_flows__direction="input")),
        )
        .filter(Q(outputs__gt=0) | Q(inputs__gt=0))
        .order_by("organization__name", "name", "pk")
    )


def _matches(request: HttpRequest, chosen: Filter) -> Any:
    matches = Match.seen.of_viewer(request.user).select_related(
        "output__resource_type", "output__organization", "input__organization"
    )
    if chosen.family:
        matches = matches.filter(output__resource_type__family=chosen.family)
    return matches.order_by("-score", "pk")


def _clusters(request: HttpRequest, chosen: Filter) -> Any:
    clusters = MatchCluster.objects.visible_to(request.user).select_related("resource_type")
    if chosen.family:
        clusters = clusters.filter(resource_type__family=chosen.family)
    return clusters.order_by("-savings_eur_per_year", "pk")


def _site_feature(site: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [site.location.x, site.location.y]},
        "properties": {
            "id": str(site.pk),
            "title": site.organization.name,
            "text": site.name,
            "outputs": site.outputs,
            "inputs": site.inputs,
            "url": reverse("organizations:organization-detail", args=[site.organization_id]),
        },
    }


def _match_feature(match: Match) -> dict[str, Any]:
    ends = [[flow.location.x, flow.location.y] for flow in (match.output, match.input)]
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": ends},
        "properties": {
            "title": match.output.resource_type.label,
            "text": f"{match.output.organization} → {match.input.organization}",
            "score": round(match.score, 2),
            "url": reverse("matching:match-detail", args=[match.pk]),
        },
    }


def _cluster_feature(cluster: MatchCluster) -> dict[str, Any]:
    matches = ngettext("%d match", "%d matches", cluster.match_count) % cluster.match_count
    organizations = cluster.organization_count
    parties = ngettext("%d organization", "%d organizations", organizations) % organizations
    savings, co2 = cluster.savings_eur_per_year, cluster.co2_avoided_t_per_year
    return {
        "type": "Feature",
        "geometry": {"type": "MultiPolygon", "coordinates": cluster.area.coords},
        "properties": {
            "id": str(cluster.pk),
            "title": cluster.name,
            "text": f"{matches}, {parties}",
            "figures": _("%(savings)s EUR and %(co2)s t CO₂ a year")
            % {"savings": figure(savings), "co2": figure(co2)},
        },
    }
