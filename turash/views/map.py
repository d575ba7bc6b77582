"""The map of everything the viewer may see, the same as lists, and the balance of an area."""

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from maps import arcs, balance, sights
from maps.filters import Filter
from maps.models import Count
from maps.places import Box, parse_box
from matching.models import Match, MatchCluster
from organizations.models import ResourceFlow, ResourceType
from turash.api.geometry import line
from turash.api.problem_details import json_problem
from turash.figures import figure

CLUSTERS_SHOWN = 100
SCORES = ("0.5", "0.6", "0.7", "0.8", "0.9")
SIDES = ("west", "south", "east", "north")


def page(request: HttpRequest) -> HttpResponse:
    """
    Everything the viewer may see, on a map and as lists.

    What is shown of it, where, and the chosen area are in the address.
    """
    chosen = Filter.of_form(request.GET.dict())
    area = _area(request)
    clusters = list(_clusters(request, chosen)[:CLUSTERS_SHOWN])
    query = urlencode(chosen.query)
    return render(
        request,
        "turash/map.html",
        {
            "chosen": chosen,
            "directions": ResourceFlow.Direction.choices,
            "families": ResourceType.Family.choices,
            "types": ResourceType.objects.order_by("code"),
            "scores": SCORES,
            "min_score": chosen.query.get("min_score", ""),
            "sight": sights.look(request.user, chosen, area),
            "sides": [(name, _SIDE_LABELS[name](), _text(area, name)) for name in SIDES],
            "area": json.dumps(area) if area else "",
            "balance": balance.of_area(area, request.user, chosen) if area else None,
            "clusters": clusters,
            "computed_at": clusters[0].computed_at if clusters else None,
            "counted_at": Count.objects.values_list("counted_at", flat=True).first(),
            "view": request.GET.get("at", "")[:100],
            "query": query,
            "tiles": tiles(query),
        },
    )


_SIDE_LABELS = {
    "west": lambda: _("West"),
    "south": lambda: _("South"),
    "east": lambda: _("East"),
    "north": lambda: _("North"),
}


def _text(area: Box | None, side: str) -> str:
    return f"{area[SIDES.index(side)]:g}" if area else ""


def _area(request: HttpRequest) -> Box | None:
    """Return the chosen box; None where there is none, or its numbers are none."""
    return parse_box(",".join(request.GET.get(name, "") for name in SIDES))


def places() -> list[list[float]]:
    """Return where the sites lie that anybody may see [longitude, latitude]; of many the first."""
    sight = sights.look(AnonymousUser(), Filter())
    return [[round(degrees, 3) for degrees in site.location.coords] for site in sight.sites]


def tiles(query: str = "") -> str:
    """Return the address of tiles of flows, with places for the numbers."""
    address = reverse("maps:tile", args=[0, 0, 0]).replace("0/0/0", "{z}/{x}/{y}")
    return f"{address}?layers=cells,sites{'&' if query else ''}{query}"


def data(request: HttpRequest) -> HttpResponse:
    """
    Matches in the `bbox` as lines, and clusters of matches as areas (GeoJSON).

    By `direction` (matches of those flows), `family`, `resource_type` and `min_score`.
    """
    chosen, box = Filter.of_form(request.GET.dict()), None
    if request.GET.get("bbox"):
        box = parse_box(request.GET["bbox"])
        if box is None:
            return _wrong_box()
    features = [_match_feature(match) for match in arcs.best_matches(request.user, chosen, box)]
    clusters = _clusters(request, chosen)[:CLUSTERS_SHOWN]
    features += [_cluster_feature(cluster) for cluster in clusters]
    return JsonResponse({"type": "FeatureCollection", "features": features})


def in_sight(request: HttpRequest) -> HttpResponse:
    """The list of sites in the `bbox`: a part of the page."""
    box = parse_box(request.GET.get("bbox", ""))
    if box is None:
        return _wrong_box()
    sight = sights.look(request.user, Filter.of_form(request.GET.dict()), box)
    return render(request, "turash/_sights.html", {"sight": sight})


def _wrong_box() -> HttpResponse:
    remedy = _("bbox: give west,south,east,north in degrees, such as 10.9,55.6,11.2,55.8.")
    return json_problem(400, detail=remedy)


def _clusters(request: HttpRequest, chosen: Filter) -> Any:
    clusters = MatchCluster.objects.visible_to(request.user).select_related("resource_type")
    if chosen.family:
        clusters = clusters.filter(resource_type__family=chosen.family)
    if chosen.resource_type:
        clusters = clusters.of_type(chosen.resource_type)
    return clusters.order_by("-savings_eur_per_year", "pk")


def _match_feature(match: Match) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": line(match.output.location.coords, match.input.location.coords),
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
