"""Lists of the admin whose files can be imported again: they are written by their resources."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imports import exporting
from imports.models import Import
from imports.resources import EXPORTED, RESOURCES, Resource
from turash.admin_exports import exporters, importers


def _register(resource: Resource) -> None:
    def export(request: HttpRequest, rows: Any, kind: str) -> HttpResponseBase:
        keys = rows.order_by().values("pk")
        return exporting.response_of(
            request, resource, resource.visible(request.user).filter(pk__in=keys), kind
        )

    exporters[resource.model] = export


def _offer(resource: Resource, label: Any) -> None:
    """Have the list of such rows lead to the page that takes files, with the kind chosen."""
    page = lambda: f"{reverse('imports:import-list')}?resource={resource.name}"  # noqa: E731
    importers.setdefault(resource.model, []).append((label, page))


for one in EXPORTED.values():
    _register(one)
    _offer(one, _("Import"))
_offer(RESOURCES["hotmaps"], _("Import Hotmaps"))
importers[Import] = [(_("Import"), lambda: reverse("imports:import-list"))]
