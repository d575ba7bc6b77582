"""Everything that has changed, whichever row; also of rows that are gone."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from turash.admin_bases import ReadOnlyAdmin
from turash.history import past
from turash.history.models import Change


class TableFilter(admin.SimpleListFilter):
    """The tables of the admin; asking the history for its tables would read all of it."""

    title = _("table")
    parameter_name = "table"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple]:
        models = sorted(
            (model for model in past.restorable_models()), key=lambda model: model._meta.label
        )
        return [(model._meta.db_table, model._meta.verbose_name_plural) for model in models]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Change]:
        return queryset.filter(table=self.value()) if self.value() else queryset


class WhileActingFilter(admin.SimpleListFilter):
    title = _("acting for others")
    parameter_name = "acting"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple]:
        return [("yes", _("Yes"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Change]:
        return queryset.exclude(acting_id=None) if self.value() == "yes" else queryset


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    list_display = ["happened_at", "operation", "what", "row", "who", "via"]
    list_filter = ["operation", TableFilter, WhileActingFilter]
    search_fields = ["row_id"]
    search_help_text = _("Id of a row")
    ordering = ["-pk"]
    fields = [
        "happened_at", "operation", "what", "row", "who", "via", "acting_id", "database_role",
        "changes",
    ]  # fmt: skip

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """By whole ids: there are as many rows as there were changes."""
        term = search_term.strip().replace("\0", "")
        return (queryset.filter(row_id=term) if term else queryset), False

    @admin.display(description=_("table"))
    def what(self, change: Change) -> str:
        return past.verbose_name_of(change.table)

    @admin.display(description=_("row"))
    def row(self, change: Change) -> SafeString | str:
        try:
            options = past.model_of(change.table)._meta
            name = f"admin:{options.app_label}_{options.model_name}_history"
            return format_html(
                '<a href="{}">{}</a>', reverse(name, args=[change.row_id]), change.row_id
            )
        except (LookupError, NoReverseMatch):
            return change.row_id

    @admin.display(description=_("who"))
    def who(self, change: Change) -> str | None:
        return change.actor_name or change.actor_id  # type: ignore[attr-defined]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Change]:
        actors = get_user_model()._base_manager.filter(pk=OuterRef("actor_id"))
        return super().get_queryset(request).annotate(actor_name=Subquery(actors.values("email")))
