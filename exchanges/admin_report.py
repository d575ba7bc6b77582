"""The admin's page of the report, to read, to print and to take away as a workbook."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError as ApiValidationError

from exchanges.chart import Point, chart_of
from exchanges.outcomes import DELIVERED, FIGURES
from exchanges.report_file import workbook_of
from exchanges.reports import DEFINITIONS, SOURCES, Report, report_of
from organizations import permissions
from turash.errors import InvalidInput
from turash.spreadsheets import XLSX_TYPE

# Each is a page's width; the others are in the tables.
DRAWN = ("co2_t", "savings_eur")


def urls() -> list[URLPattern]:
    view, file = (admin.site.admin_view(one) for one in (report_page, report_file))
    return [
        path("report/", view, name="exchanges_report"),
        path("report.xlsx", file, name="exchanges_report_file"),
    ]


def report_page(request: HttpRequest) -> HttpResponse:
    """The report of the months and the region that the query names."""
    report, errors = _report(request)
    context = admin.site.each_context(request) | {
        "title": _("Report of outcomes"),
        "query": request.GET,
        "errors": errors,
        "report": report,
        "made_at": timezone.now(),
        "download": request.GET.urlencode(),
    }
    if report:
        context |= {
            "charts": _charts(report),
            "heads": FIGURES,
            "definitions": [(figure, DEFINITIONS[figure.key]) for figure in FIGURES],
            "sources": SOURCES,
        }
    return TemplateResponse(
        request, "admin/exchanges/report.html", context, status=400 if errors else 200
    )


def report_file(request: HttpRequest) -> HttpResponse:
    """The same as a workbook."""
    report, _errors = _report(request)
    if report is None:
        return report_page(request)
    name = f"turash-report-{report.first:%Y-%m}-{report.last:%Y-%m}.xlsx"
    return HttpResponse(
        workbook_of(report, made_at=timezone.localtime()),
        content_type=XLSX_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _report(request: HttpRequest) -> tuple[Report | None, dict[str, list[str]]]:
    user: Any = request.user
    permissions.require(user.reads_region, _("Only facilitators see the outcomes of a region."))
    try:
        return report_of(request.GET, request, today=timezone.localdate()), {}
    except InvalidInput as error:
        return None, error.errors
    except ApiValidationError as error:
        detail: Any = error.detail
        return None, {
            name: [str(text) for text in (texts if isinstance(texts, list) else [texts])]
            for name, texts in detail.items()
        }


def _charts(report: Report) -> list[tuple[Any, Any]]:
    charts = []
    for figure in DELIVERED:
        if figure.key not in DRAWN:
            continue
        points = [
            Point(row["month"], row[figure.key], row[f"verified_{figure.key}"])
            for row in report.months
        ]
        chart = chart_of(points)
        if chart:
            charts.append((figure, chart))
    return charts
