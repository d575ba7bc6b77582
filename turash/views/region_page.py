"""The page of the region: who gives and needs what, what is left, who fits whom; and its files."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from maps.region import region_now
from matching.models import MatchCluster
from organizations.models import ResourceType
from turash.charts.style import style
from turash.spreadsheets import CSV_TYPE, csv_file
from turash.views.region_charts import Chart, charts_of

CLUSTERS_SHOWN = 20
SVG_TYPE = "image/svg+xml"


def page(request: HttpRequest) -> HttpResponse:
    """
    The region at a glance, to anybody by what is public; to members their own network, too.

    `?family=` narrows it to one family of resources.
    """
    family = _family(request)
    region = region_now()
    clusters: Any = MatchCluster.objects.visible_to(request.user).select_related("resource_type")
    if family:
        clusters = clusters.filter(resource_type__family=family)
    clusters = list(clusters.order_by("-savings_eur_per_year", "pk")[:CLUSTERS_SHOWN])
    return render(
        request,
        "turash/region.html",
        {
            "charts": charts_of(region, request.user, family),
            "family": family,
            "query": f"?family={family}" if family else "",
            "families": ResourceType.Family.choices,
            "is_by_sector": region.parts == "sector",
            "computed_at": region.computed_at,
            "clusters": clusters,
            "clusters_computed_at": clusters[0].computed_at if clusters else None,
        },
    )


def as_svg(request: HttpRequest, name: str) -> HttpResponse:
    """A drawing as a file of its own, in light colours."""
    chart = _chart(request, name)
    if chart.drawn is None:
        raise Http404
    # An image of its own has a size, for who draws it elsewhere.
    element = format_html("<style>{}</style>", mark_safe(style()))  # noqa: S308  # our own file
    shown = {"drawn": chart.drawn, "name": chart.title, "style": element}
    text = render_to_string(chart.template, shown).strip()
    size = f'width="{float(chart.drawn.width):g}" height="{float(chart.drawn.height):g}" viewBox='
    text = text.replace("viewBox=", size, 1)
    return _file(text.encode(), SVG_TYPE, f"{name}.svg")


def as_csv(request: HttpRequest, name: str) -> HttpResponse:
    """The numbers of a drawing as a table."""
    chart = _chart(request, name)
    return _file(csv_file([chart.header, *chart.rows]), f"{CSV_TYPE}; charset=utf-8", f"{name}.csv")


def _family(request: HttpRequest) -> str:
    family = request.GET.get("family", "")
    return family if family in ResourceType.Family.values else ""


def _chart(request: HttpRequest, name: str) -> Chart:
    for chart in charts_of(region_now(), request.user, _family(request)):
        if chart.name == name:
            return chart
    raise Http404


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type)
    response["Content-Disposition"] = f'attachment; filename="turash-{name}"'
    return response
