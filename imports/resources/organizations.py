"""Organizations."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters.utils import translate_validation

from imports.columns import Choice, Column
from imports.resources.base import Context, Resource, Row, one_by_one
from imports.resources.owners import SOURCE, ExternalId, key_column
from organizations.api.filters import OrganizationFilter
from organizations.models import Organization, User, Visibility
from organizations.models.stage import Stage
from organizations.services import bulk


class OrganizationResource(Resource):
    name = "organizations"
    label = gettext_lazy("Organizations")
    about = gettext_lazy("Who imports a new organization owns it.")
    model = Organization
    columns = (
        key_column(),
        ExternalId(
            name="external_id",
            longest=200,
            example="ERP-7",
            about=gettext_lazy(
                "Your own id of it; a later file with the same id changes the same row."
            ),
        ),
        Column(name="slug", longest=80, about=gettext_lazy("Short name; made from the name.")),
        Column(name="name", longest=200, is_required=True, example="Kalundborg Works"),
        Choice(name="subtype", choices=Organization.Subtype.values, example="business"),
        Column(name="sector", longest=8, example="35.11", about=gettext_lazy("NACE Rev. 2 code.")),
        Column(name="description", longest=5000),
        Column(name="website", longest=200, example="https://example.org"),
        Choice(name="visibility", choices=Visibility.values, example="public"),
        Choice(
            name="figures_from",
            choices=Stage.values,
            example="matched",
            about=gettext_lazy("From which stage on others see exact figures."),
        ),
    )

    def may_import(self, actor: User, organization: Organization | None) -> bool:
        return organization is None

    def is_taken(self, name: str) -> bool:
        return name not in ("id", "slug", "external_id")

    def resolve(self, context: Context, rows: Sequence[Row]) -> None:
        found = Organization.objects.all()
        if not context.actor.is_facilitator:
            found = Organization.objects.managed_by(context.actor)
        if context.writes:
            found = found.select_for_update(no_key=True, of=("self",))
        by_id = found.in_bulk({r.values["id"] for r in rows if "id" in r.values and not r.errors})
        sources = {
            _scoped(context, row): row
            for row in one_by_one(rows)
            if "external_id" in row.values and "id" not in row.values
        }
        by_source = {
            one.external_id: one
            for one in found.filter(source=SOURCE, external_id__in=list(sources))
        }
        names = {
            str(row.values["name"])
            for row in one_by_one(rows)
            if "name" in row.values and not {"id", "external_id"} & row.values.keys()
        }
        by_name: dict[str, list[Organization]] = {}
        for one in found.filter(name__in=names):
            by_name.setdefault(one.name, []).append(one)
        for row in one_by_one(rows):
            if "id" in row.values:
                row.stored = by_id.get(row.values["id"])
                if row.stored is None:
                    row.refuse("id", _(
                        "There is no such row that you may change; leave the id empty if it is new."
                    ))  # fmt: skip
            elif "external_id" in row.values:
                row.stored = by_source.get(_scoped(context, row))
            else:
                fitting = by_name.get(str(row.values.get("name")), [])
                if len(fitting) > 1:
                    row.refuse(
                        "id", _("Several rows are named alike; give the id of the one you mean.")
                    )
                row.stored = fitting[0] if fitting else None

    def key_of(self, row: Row) -> tuple:
        if row.stored is not None:
            return ("stored", row.stored.pk)
        if "external_id" in row.values:
            return ("external", row.values["external_id"])
        return ("name", row.values.get("name"))

    def complete(self, context: Context, row: Row, wanted: Organization) -> None:
        given = row.values.get("external_id")
        if given and wanted.source in ("", SOURCE):
            wanted.source, wanted.external_id = SOURCE, _scoped(context, row)

    def check(self, row: Row) -> None:
        bulk.check_row(row.wanted)

    def write(self, context: Context, rows: Sequence[Row], *, announce: bool) -> None:
        new = [row.wanted for row in rows if row.stored is None]
        changed = [row.wanted for row in rows if row.stored is not None]
        bulk.write_organizations(
            actor=context.actor,
            new=new,
            changed=changed,
            fields=fields_of(self, rows),
            announce=announce,
        )

    def visible(self, viewer: Any) -> Any:
        return Organization.objects.visible_to(viewer)

    def filtered(self, request: Any, queryset: Any) -> Any:
        return filtered(OrganizationFilter, request, queryset)


def _scoped(context: Context, row: Row) -> str:
    """Ids are each user's own: those of others are not taken over by guessing them."""
    return f"{context.actor.pk}/{row.values['external_id']}"


def fields_of(resource: Resource, rows: Sequence[Row]) -> set[str]:
    """Return the model's fields behind the columns that change in some row."""
    names = {name for row in rows for name in row.changes}
    fields = {resource.by_name[name].attribute or name for name in names if resource.is_taken(name)}
    return fields | ({"source", "external_id"} if "external_id" in names else set())


def filtered(filter_class: Any, request: Any, queryset: Any) -> Any:
    """
    Apply the query parameters of a list of the API.

    :raises rest_framework.exceptions.ValidationError: one of them makes no sense.
    """
    found = filter_class(getattr(request, "GET", request), queryset=queryset, request=request)
    if not found.is_valid():
        raise translate_validation(found.errors)
    return found.qs
