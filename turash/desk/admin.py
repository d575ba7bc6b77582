"""Actions on many rows: begun in a list, looked at here while workers do them."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from turash.admin_bases import ReadOnlyAdmin
from turash.admin_pages import ObjectPage
from turash.desk import services
from turash.desk.kinds import Kind, kinds, may_use
from turash.desk.models import BulkAction
from turash.desk.services.bulk import Outcome
from turash.errors import DomainError

# A page's worth of rows is done while one waits; more by workers.
MOST_AT_ONCE = 50


def action_of(kind: Kind) -> Callable:
    """Return the action of a list that does this to the chosen rows."""

    @admin.action(description=kind.label, permissions=["change" if kind.permission else "act"])
    def act(
        model_admin: Any, request: HttpRequest, queryset: QuerySet[Model]
    ) -> HttpResponse | None:
        return start(model_admin, request, queryset, kind)

    act.__name__ = kind.name
    return act


def start(
    model_admin: Any, request: HttpRequest, queryset: QuerySet, kind: Kind
) -> HttpResponse | None:
    """Do it to few rows now; to many by workers, whose progress the answer leads to."""
    if not may_use(request.user, kind):
        raise PermissionDenied
    keys = list(queryset.order_by("pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    if len(keys) <= MOST_AT_ONCE:
        with transaction.atomic():
            outcome = services.perform(kind, request.user, keys)
            for row in outcome.changed:
                model_admin.log_change(request, row, str(kind.label))
        _tell(model_admin, request, kind, outcome)
        return None
    try:
        bulk = services.request_bulk_action(actor=request.user, kind=kind, rows=queryset)
    except DomainError as error:
        model_admin.message_user(request, error.message, messages.ERROR)
        return None
    return redirect("admin:desk_bulkaction_change", bulk.pk)


def _tell(model_admin: Any, request: HttpRequest, kind: Kind, outcome: Outcome) -> None:
    for _key, name, why in outcome.failures:
        model_admin.message_user(request, f"{name}: {why}", messages.WARNING)
    count = len(outcome.changed)
    if count or not outcome.failures:
        level = messages.SUCCESS if count else messages.WARNING
        model_admin.message_user(request, kind.told(count), level)


@admin.register(BulkAction)
class BulkActionAdmin(ReadOnlyAdmin):
    """The page of one that works shows itself again."""

    change_form_template = "admin/desk/bulkaction/change_form.html"
    object_pages = (
        ObjectPage(
            "cancel",
            _("Cancel"),
            "cancel_page",
            lambda request, bulk: request.user.is_facilitator and bulk.is_unfinished,
        ),
    )
    list_display = [
        "created_at", "what", "status", "progress", "changed_count", "failed_count",
        "requested_by", "finished_at",
    ]  # fmt: skip
    list_select_related = ["requested_by"]
    list_filter = ["status"]
    search_fields = ["requested_by__email", "action", "error"]
    search_help_text = _("E-mail address of who asked, action or text of the error")
    date_hierarchy = "created_at"
    ordering = ["-pk"]
    fields = [
        "what", "requested_by", "status", "created_at", "started_at", "updated_at", "finished_at",
        "error",
    ]  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkAction]:
        # Keys by the thousand are the workers' business.
        return super().get_queryset(request).defer("keys")

    @admin.display(description=_("action"), ordering="action")
    def what(self, bulk: BulkAction) -> str:
        kind = kinds.get(bulk.action)
        return f"{kind.model._meta.verbose_name_plural}: {kind.label}" if kind else bulk.action

    @admin.display(description=_("rows done"))
    def progress(self, bulk: BulkAction) -> str:
        done, total = (number_format(n, force_grouping=True) for n in _counts(bulk))
        return f"{bulk.percent} % ({done} / {total})"

    def render_change_form(
        self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        bulk = kwargs.get("obj")
        if bulk is not None:
            kind = kinds.get(bulk.action)
            context["what"] = self.what(bulk)
            context["failures"] = [
                (_address(kind, key), name or key, why) for key, name, why in bulk.failures
            ]
            context["may_cancel"] = request.user.is_facilitator and bulk.is_unfinished  # type: ignore[union-attr]
            context["cancel_url"] = self.page_url("cancel", bulk)
            context["list_url"] = _list_address(kind)
        return super().render_change_form(request, context, *args, **kwargs)

    def cancel_page(self, request: HttpRequest, bulk: BulkAction) -> HttpResponse:
        """Stop it: the rows that are done stay as they are."""
        if request.method == "POST":
            try:
                services.cancel_bulk_action(actor=request.user, bulk_id=bulk.pk)
            except DomainError as error:
                self.message_user(request, error.message, messages.WARNING)
            return redirect("admin:desk_bulkaction_change", bulk.pk)
        return self.show_page(
            request, bulk, title=_("Cancel"), form=forms.Form(), submit=_("Stop the action"),
            intro=_("No further rows are done. Those that are done stay as they are."),
        )  # fmt: skip


def _counts(bulk: BulkAction) -> tuple[int, int]:
    return bulk.done_count, bulk.total_count


def _list_address(kind: Kind | None) -> str:
    if kind is None:
        return ""
    options = kind.model._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_changelist")


def _address(kind: Kind | None, key: str) -> str:
    if kind is None:
        return ""
    options = kind.model._meta
    try:
        return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[key])
    except NoReverseMatch:
        return ""
