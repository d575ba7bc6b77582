"""Sites."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import Point
from django.db.models import Q
from django.utils.translation import gettext_lazy

from imports.columns import Column, Number, YesNo
from imports.resources.base import Context, Resource, Row
from imports.resources.organizations import fields_of, filtered
from imports.resources.owners import (
    OrganizationColumn,
    complete_key,
    external_id,
    find_organizations,
    find_stored,
    key_column,
)
from organizations.api.filters import SiteFilter
from organizations.models import Site
from organizations.services import bulk


class Coordinate(Number):
    """A coordinate of the place [degrees]."""

    def get(self, row: Any) -> Any:
        if row.location is None:
            return None
        return row.location.x if self.name == "longitude" else row.location.y

    def put(self, row: Any, value: Any) -> None:
        """Both together: `complete`."""

    def empty(self, row: Any) -> Any:
        return None


class Country(Column):
    def read(self, text: str, *, decimal_comma: bool) -> Any:
        return super().read(text.upper(), decimal_comma=decimal_comma)


class SiteResource(Resource):
    name = "sites"
    label = gettext_lazy("Sites")
    about = gettext_lazy("A site is found again by id, by your own id, or by its name.")
    model = Site
    has_place = True
    columns = (
        key_column(),
        external_id("SITE-1"),
        OrganizationColumn(
            name="organization",
            longest=200,
            example="kalundborg-works",
            about=gettext_lazy("Short name, name or id; empty if the import is into one."),
        ),
        Column(name="name", longest=200, is_required=True, example="Harbour plant"),
        Column(name="address", longest=300),
        Column(name="postal_code", longest=20, example="4400"),
        Column(name="city", longest=100, example="Kalundborg"),
        Country(name="country", longest=2, example="DK", about=gettext_lazy("ISO 3166-1 code.")),
        Coordinate(name="longitude", unit="°", is_required=True, example=11.09,
                   about=gettext_lazy("WGS 84, east of Greenwich.")),
        Coordinate(name="latitude", unit="°", is_required=True, example=55.68,
                   about=gettext_lazy("WGS 84, north of the equator.")),
        YesNo(name="holds_hazardous_waste_permit", example="false"),
    )  # fmt: skip

    def is_taken(self, name: str) -> bool:
        return name not in ("id", "external_id", "organization", "longitude", "latitude")

    def resolve(self, context: Context, rows: Sequence[Row]) -> None:
        owner_of = find_organizations(context, rows)

        def by_name(queryset: Any, named: Sequence[Row]) -> Iterator[tuple[Row, list[Site]]]:
            owners = {owner_of[row.number].pk for row in named}
            names = {row.values.get("name", "") for row in named}
            known: dict[tuple, list[Site]] = defaultdict(list)
            for site in queryset.filter(organization__in=owners, name__in=names):
                known[site.organization_id, site.name].append(site)
            for row in named:
                yield row, known[owner_of[row.number].pk, row.values.get("name", "")]

        stored = Site.objects.select_related("organization")
        find_stored(context, rows, stored, owner_of, naturally=by_name)
        for row in rows:
            row.values["organization"] = owner_of.get(row.number)

    def key_of(self, row: Row) -> tuple:
        if row.stored is not None:
            return ("stored", row.stored.pk)
        owner = row.values["organization"].pk
        if "external_id" in row.values:
            return ("external", owner, row.values["external_id"])
        return ("name", owner, row.values.get("name"))

    def complete(self, context: Context, row: Row, wanted: Site) -> None:
        if row.stored is None:
            wanted.organization = row.values["organization"]
        if {"longitude", "latitude"} & row.values.keys():
            old = wanted.location
            longitude = row.values.get("longitude", old.x if old else None)
            latitude = row.values.get("latitude", old.y if old else None)
            wanted.location = Point(longitude, latitude, srid=4326)
        complete_key(row, wanted, wanted.organization_id)

    def column_of(self, name: str) -> str:
        return "longitude" if name == "location" else super().column_of(name)

    def check(self, row: Row) -> None:
        bulk.check_row(row.wanted)

    def write(self, context: Context, rows: Sequence[Row], *, announce: bool) -> None:
        fields = fields_of(self, rows)
        if any({"longitude", "latitude"} & row.changes.keys() for row in rows):
            fields.add("location")
        bulk.write_sites(
            actor=context.actor,
            new=[row.wanted for row in rows if row.stored is None],
            changed=[row.wanted for row in rows if row.stored is not None],
            fields=fields,
            announce=announce,
        )

    def visible(self, viewer: Any) -> Any:
        return Site.objects.visible_to(viewer).select_related("organization")

    def filtered(self, request: Any, queryset: Any) -> Any:
        queryset = filtered(SiteFilter, request, queryset)
        return of_organization(request, queryset)

    def place_of(self, row: Site) -> tuple[float, float] | None:
        return row.location.x, row.location.y


def of_organization(request: Any, queryset: Any) -> Any:
    """`?organization=`: the short name or id of one."""
    parameters = getattr(request, "GET", request)
    text = parameters.get("organization", "")
    if not text:
        return queryset
    wanted = Q(organization__slug=text)
    if _is_key(text):
        wanted |= Q(organization=text)
    return queryset.filter(wanted)


def _is_key(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
