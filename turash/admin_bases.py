"""What the admin pages of all apps share."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import widgets
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Field, ForeignKey, Model, Q
from django.forms import BaseModelForm
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from turash.admin_exports import FORMATS, MOST_XLSX_ROWS, exporters, importers, listed
from turash.admin_history import HistoryMixin
from turash.admin_pages import ObjectPagesMixin
from turash.admin_saved_filters import filter_of, offered
from turash.errors import DomainError, InvalidInput
from turash.forms import add_errors


class AutocompleteSelect(widgets.AutocompleteSelect):
    """Django's, which would fail on a value that is no key when it shows it again."""

    def optgroups(self, name: str, value: Sequence[str], attrs: Any = None) -> list:
        key = self.choices.queryset.model._meta.pk
        return super().optgroups(name, [one for one in value if _is_key(key, one)], attrs)


def _is_key(key: Field, value: str) -> bool:
    try:
        key.to_python(value)
    except ValidationError:
        return False
    return True


class AutocompleteMixin:
    """For admins and inlines with `autocomplete_fields`."""

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            kwargs["widget"] = AutocompleteSelect(db_field, self.admin_site)  # type: ignore[attr-defined]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]


# A list tells how long it is only up to here; who looks for more narrows it by filters.
MOST_COUNTED = 10_000
# Of each field that is searched, as many rows are found at most.
MOST_FOUND = 5_000


class BoundedPaginator(Paginator):
    """Counts no further than anybody turns pages: to count a million rows takes longer than one."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return rows.order_by().values("pk")[: MOST_COUNTED + 1].count()


@admin.action(description=gettext_lazy("Export the chosen (CSV)"), permissions=["act"])
def export_chosen(model_admin: Any, request: HttpRequest, queryset: Any) -> HttpResponseBase:
    """Answer with the chosen rows, all that match the filter too; read while they are sent."""
    return model_admin.exported(request, queryset, "csv")


class BoundedAdmin(ObjectPagesMixin, HistoryMixin, AutocompleteMixin, admin.ModelAdmin):
    """Pages stay small and quick, however many rows there are."""

    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    # Whether every searched field has an index of its own; together, as one condition, none helps.
    searches_by_index = False

    # Roles that use the actions of rows that nobody edits by hand, beside facilitators.
    act_roles: tuple[str, ...] = ()

    def get_urls(self) -> list:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        view = self.admin_site.admin_view(self.export_view)
        return [path("export.<slug:kind>", view, name=name), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Tell the list where its rows go out as files, and where files go in."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_export"
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        exports = [(kind.upper(), reverse(name, args=[kind]) + query) for kind in FORMATS]
        pages = importers.get(self.model, []) if self.has_act_permission(request) else []
        extra_context = {
            "exports": exports,
            "import_pages": [(label, address()) for label, address in pages],
            "counts_to": MOST_COUNTED,
            **self._filters(request),
            **(extra_context or {}),
        }
        return super().changelist_view(request, extra_context)

    def _filters(self, request: HttpRequest) -> dict[str, Any]:
        """What the list offers beside its filters; a popup is no place for it."""
        if "_popup" in request.GET:
            return {}
        user: Any = request.user
        return {
            "saved_filters": offered(request, self.model),
            "filter_now": "" if user.only_reads else filter_of(request.GET),
            "listed": self.model._meta.label_lower,
        }

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """Answer with the rows of the list, as it is filtered, of all pages."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if kind not in FORMATS:
            raise Http404
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect("../")
        if kind == "xlsx" and rows.order_by()[: MOST_XLSX_ROWS + 1].count() > MOST_XLSX_ROWS:
            text = _("An XLSX file takes at most %d rows: filter them, or take CSV.")
            self.message_user(request, text % MOST_XLSX_ROWS, messages.ERROR)
            return HttpResponseRedirect("./")
        return self.exported(request, rows, kind)

    def exported(self, request: HttpRequest, rows: Any, kind: str) -> HttpResponseBase:
        if self.model in exporters:
            return exporters[self.model](request, rows, kind)
        return listed(self, request, rows, kind)

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Who may use actions on rows that nobody edits by hand."""
        user: Any = request.user
        return user.is_facilitator or not user.roles.isdisjoint(self.act_roles)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Django's, or where there are many rows each field by itself, by its index."""
        words = sorted(search_term.replace("\0", "").split(), key=len, reverse=True)
        if not self.searches_by_index or not words:
            return super().get_search_results(request, queryset, search_term)
        longest, *others = words
        found = [
            self.model._base_manager.filter(**{_lookup(field): longest})
            .order_by()
            .values("pk")[:MOST_FOUND]
            for field in self.get_search_fields(request)
        ]
        queryset = queryset.filter(pk__in=found[0].union(*found[1:]))
        for word in others:
            narrower = Q()
            for field in self.get_search_fields(request):
                narrower |= Q(**{_lookup(field): word})
            queryset = queryset.filter(narrower)
        return queryset, False

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple:
        """Computed rows go with what they are about, though nobody deletes them by themselves."""
        to_delete, counts, missing_permissions, protected = super().get_deleted_objects(
            objs, request
        )
        computed = {
            model._meta.verbose_name
            for model, model_admin in self.admin_site._registry.items()
            if isinstance(model_admin, ReadOnlyAdmin)
        }
        return to_delete, counts, missing_permissions - computed, protected


def _lookup(field: str) -> str:
    """How a searched field is looked up: whole where it is written with "=" in front."""
    return f"{field[1:]}__exact" if field.startswith("=") else f"{field}__icontains"


class ReadOnlyAdmin(BoundedAdmin):
    """Rows that the system writes: people look at them, and use actions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class CheckedForm(BaseModelForm):
    """A model form that shows what the service would refuse, before the service is called."""

    def check(self) -> None:
        """
        Bring the instance into the state that the service stores, and check it.

        :raises ValidationError: the service would refuse it.
        """
        self.instance.full_clean()

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        try:
            self.check()
        except (ValidationError, InvalidInput, DomainError) as error:
            add_errors(self, error)
