"""Where the rows of a list lie: a map above it, and one on the page of a row."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from organizations.models import Organization, ResourceFlow, Site

MAP_VAR = "map"
# More would make the page heavy; the list says that there are more.
MOST_PLACES = 1000
_REMEMBERED = "admin_list_map"


class PlacesChangeList(ChangeList):
    """The map is no filter."""

    def get_filters_params(self, params: Any = None) -> Any:
        return {k: v for k, v in super().get_filters_params(params).items() if k != MAP_VAR}


class PlacesMixin:
    """For admins whose rows lie somewhere; whether the map is shown is kept for the session."""

    def sites_of(self, rows: QuerySet) -> Iterable[tuple[Site, str]]:
        """Return the sites of rows (of flows one each, with the direction), a bounded number."""
        raise NotImplementedError

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PlacesChangeList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        response = super().changelist_view(request, extra_context)  # type: ignore[misc]
        context = getattr(response, "context_data", None)
        if request.method != "GET" or context is None or "cl" not in context or context["is_popup"]:
            return response
        is_shown = request.session.get(_REMEMBERED, False)
        if MAP_VAR in request.GET:
            is_shown = request.GET[MAP_VAR] == "1"
            if request.session.get(_REMEMBERED, False) != is_shown:
                request.session[_REMEMBERED] = is_shown
        changelist = context["cl"]
        context["map_link"] = changelist.get_query_string({MAP_VAR: "0" if is_shown else "1"})
        if is_shown:
            found = list(self.sites_of(changelist.queryset))
            context["map_features"] = features_of(found[:MOST_PLACES])
            places = len(context["map_features"]["features"])
            context["map_note"] = _note(places, has_more=len(found) > MOST_PLACES)
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show where a row lies, beside its form; a site sets its place there."""
        row = kwargs.get("obj")
        if row is not None and not isinstance(row, Site):
            rows = type(row)._default_manager.filter(pk=row.pk)
            found = list(self.sites_of(rows))[:MOST_PLACES]
            if found:
                context["map_features"] = features_of(found)
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]


def _note(count: int, *, has_more: bool) -> str:
    if has_more:
        return _("The first %d places, in the order of the list.") % count
    return ngettext("%d place.", "%d places.", count) % count


def features_of(found: Iterable[tuple[Site, str]]) -> dict[str, Any]:
    """Return a point for each site, coloured by the flows that are meant."""
    sites: dict[Any, Site] = {}
    counts: dict[Any, dict[str, int]] = defaultdict(lambda: {"output": 0, "input": 0})
    for site, direction in found:
        sites[site.pk] = site
        if direction:
            counts[site.pk][direction] += 1
    features = []
    for key, site in sites.items():
        properties: dict[str, Any] = {
            "title": site.name,
            "text": str(site.organization),
            "figures": ", ".join(filter(None, (site.address, site.city))) or site.country,
            "url": reverse("admin:organizations_site_change", args=[key]),
        }
        if key in counts:
            properties |= {"outputs": counts[key]["output"], "inputs": counts[key]["input"]}
            del properties["figures"]
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": list(site.location.coords)},
                "properties": properties,
            }
        )
    return {"type": "FeatureCollection", "features": features}


class SitePlaces(PlacesMixin):
    def sites_of(self, rows: QuerySet[Site]) -> Iterable[tuple[Site, str]]:
        return [(site, "") for site in rows.select_related("organization")[: MOST_PLACES + 1]]


class OrganizationPlaces(PlacesMixin):
    def sites_of(self, rows: QuerySet[Organization]) -> Iterable[tuple[Site, str]]:
        keys = list(rows.values_list("pk", flat=True)[: MOST_PLACES + 1])
        sites = Site.objects.filter(organization__in=keys).select_related("organization")
        return [(site, "") for site in sites.order_by("organization", "pk")[: MOST_PLACES + 1]]


class FlowPlaces(PlacesMixin):
    def sites_of(self, rows: QuerySet[ResourceFlow]) -> Iterable[tuple[Site, str]]:
        flows = rows.select_related("site", "organization")[: MOST_PLACES + 1]
        found = []
        for flow in flows:
            flow.site.organization = flow.organization
            found.append((flow.site, flow.direction))
        return found
