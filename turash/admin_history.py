"""The history of a row in the admin: differences, and the way back."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth import get_user_model
from django.contrib.gis.geos import GEOSException, GEOSGeometry
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Field, ForeignKey, Model
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from turash.errors import DomainError
from turash.forms import add_errors
from turash.history import past
from turash.history.models import Change

PER_PAGE = 30


@dataclass(frozen=True, slots=True)
class Difference:
    """A column, as people read it."""

    label: str
    before: str
    after: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A change with who did it and what differs."""

    change: Change
    actor: Any
    differences: list[Difference]


def entries_of(changes: Iterable[Change]) -> list[Entry]:
    """Return changes as people read them, in a fixed number of queries."""
    changes = list(changes)
    names = _names_of(changes)
    users = get_user_model()
    return [
        Entry(
            change,
            names[users].get(str(change.actor_id)) if change.actor_id else None,
            differences_of(change, names),
        )
        for change in changes
    ]


Names = dict[type[Model], dict[str, str]]


def _names_of(changes: list[Change]) -> Names:
    """Read the names of those who did it, and of all rows that are referred to."""
    wanted: dict[type[Model], set[Any]] = defaultdict(set)
    for change in changes:
        if change.actor_id:
            wanted[get_user_model()].add(str(change.actor_id))
        for column, values in change.changes.items():
            field = _columns(change.table).get(column)
            if isinstance(field, ForeignKey):
                wanted[field.related_model].update(value for value in values if value is not None)
    names: Names = {get_user_model(): {}}
    for model, keys in wanted.items():
        keys.discard(past.MASKED)
        rows = model._base_manager.filter(pk__in=keys)
        names[model] = {str(row.pk): str(row) for row in rows}
    return names


def differences_of(change: Change, names: Names) -> list[Difference]:
    found = []
    columns = _columns(change.table)
    for column, values in change.changes.items():
        field = columns.get(column)
        shown = [_shown(field, value, names) for value in values]
        label = str(field.verbose_name) if field else column
        found.append(Difference(label, shown[0], shown[1] if len(shown) > 1 else None))
    return sorted(found, key=lambda one: one.label)


def _columns(table: str) -> dict[str, Field]:
    try:
        return past.column_names(past.model_of(table))
    except LookupError:
        return {}


def _shown(field: Field | None, value: Any, names: Names) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(field, ForeignKey):
        return names.get(field.related_model, {}).get(str(value), str(value))
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if field is not None and hasattr(field, "geography") and isinstance(value, str):
        try:
            point = GEOSGeometry(value)
        except (GEOSException, ValueError):
            return value
        return f"{point.y:.5f}, {point.x:.5f}" if point.geom_type == "Point" else point.wkt
    if isinstance(value, str) and value.startswith("\\x") and hasattr(field, "from_db_value"):
        return str(field.from_db_value(bytes.fromhex(value[2:]), None, None))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


class HistoryMixin:
    """The history of the database in place of Django's log of the admin."""

    def history_keys(self, object_id: str) -> list[str]:
        """Rows whose history belongs to this one, such as what was merged into it."""
        return [object_id]

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_restore"  # type: ignore[attr-defined]
        return [
            path(
                "<path:object_id>/restore/<int:change_id>/",
                self.admin_site.admin_view(self.restore_view),  # type: ignore[attr-defined]
                name=name,
            ),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def _changes(self, request: HttpRequest, object_id: str) -> Any:
        if not request.user.has_perm("history.view_change"):  # type: ignore[union-attr]
            raise PermissionDenied
        return Change.objects.of(self.model, self.history_keys(unquote(object_id)))  # type: ignore[attr-defined]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        changes = self._changes(request, object_id)
        row = self.get_object(request, unquote(object_id))  # type: ignore[attr-defined]
        if not self.has_view_permission(request, row):  # type: ignore[attr-defined]
            raise PermissionDenied
        if not changes.exists():
            # Rows that the system writes have no history; the admin may have noted an action.
            return super().history_view(request, object_id, extra_context)  # type: ignore[misc]
        page = Paginator(changes, PER_PAGE).get_page(request.GET.get("p"))
        context = self.admin_site.each_context(request) | {  # type: ignore[attr-defined]
            "title": _("History: %s") % (row or unquote(object_id)),
            "opts": self.opts,  # type: ignore[attr-defined]
            "object": row,
            "object_id": object_id,
            "page": page,
            "entries": entries_of(page),
            "can_restore": past.is_restorable(self.model._meta.db_table)  # type: ignore[attr-defined]
            and past.may_restore(request.user, self.model),  # type: ignore[attr-defined]
            "restore_url_name": f"admin:{self.opts.app_label}_{self.opts.model_name}_restore",  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "admin/history.html", context | (extra_context or {}))

    def restore_view(self, request: HttpRequest, object_id: str, change_id: int) -> HttpResponse:
        """Show what would come back, and bring it back."""
        change = get_object_or_404(self._changes(request, object_id), pk=change_id)
        if not past.may_restore(request.user, self.model):  # type: ignore[attr-defined]
            raise PermissionDenied
        form = Form(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                row = past.restore(actor=request.user, change=change)
            except (ValidationError, DomainError) as error:
                add_errors(form, error)
            else:
                messages.success(request, _("“%s” is as it was.") % row)
                name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"  # type: ignore[attr-defined]
                return redirect(reverse(name, args=[quote(row.pk)]))
        context = self.admin_site.each_context(request) | {  # type: ignore[attr-defined]
            "title": _("Restore the state before this change"),
            "opts": self.opts,  # type: ignore[attr-defined]
            "object_id": object_id,
            "form": form,
            "entry": entries_of([change])[0],
            "differences": _way_back(change),
        }
        status = 400 if form.errors else 200
        return TemplateResponse(request, "admin/restore.html", context, status=status)


def _way_back(change: Change) -> list[Difference]:
    """What differs between now and then."""
    now = past.state_at(change.table, change.row_id, _never()) or {}
    then = past.state_before(change) or {}
    differing = {
        name: [now.get(name), value]
        for name, value in then.items()
        if now.get(name) != value and name != "updated_at"
    }
    virtual = Change(table=change.table, row_id=change.row_id, changes=differing)
    return differences_of(virtual, _names_of([virtual]))


def _never() -> int:
    """The id of a change after all there are."""
    return 2**63 - 1
