"""Lists of the admin whose files can be imported again: they are written by their resources."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from imports import exporting
from imports.models import Import
from imports.resources import EXPORTED, Resource
from turash.admin_exports import exporters, importers


def _register(resource: Resource) -> None:
    def export(request: HttpRequest, rows: Any, kind: str) -> HttpResponseBase:
        keys = rows.order_by().values("pk")
        return exporting.response_of(
            request, resource, resource.visible(request.user).filter(pk__in=keys), kind
        )

    def page() -> str:
        return f"{reverse('imports:import-list')}?resource={resource.name}"

    exporters[resource.model] = export
    importers[resource.model] = page


for one in EXPORTED.values():
    _register(one)
importers[Import] = lambda: reverse("imports:import-list")
