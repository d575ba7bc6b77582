"""Imports: people send files on pages, by the API or the command; here they look on."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from imports import services
from imports.models import Import, ImportRow
from turash.admin_bases import ReadOnlyAdmin
from turash.errors import DomainError

MOST_AT_ONCE = 20


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    list_display = [
        "file_name", "resource", "organization", "requested_by", "status", "progress", "new_count",
        "changed_count", "unchanged_count", "invalid_count", "created_at",
    ]  # fmt: skip
    list_select_related = ["organization", "requested_by"]
    list_filter = ["status", "resource", "format"]
    search_fields = ["file_name", "organization__name", "requested_by__email"]
    search_help_text = _("File, organization or user")
    date_hierarchy = "created_at"
    ordering = ["-created_at", "pk"]
    actions = ["confirm", "cancel"]

    @admin.display(description=_("progress"))
    def progress(self, job: Import) -> str:
        return f"{job.percent} %"

    @admin.action(description=_("Confirm the chosen imports"), permissions=["act"])
    def confirm(self, request: HttpRequest, queryset: QuerySet[Import]) -> None:
        self._each(request, queryset, services.confirm_import, _("%s is being imported."))

    @admin.action(description=_("Cancel the chosen imports"), permissions=["act"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Import]) -> None:
        self._each(request, queryset, services.cancel_import, _("%s was cancelled."))

    def _each(
        self, request: HttpRequest, queryset: QuerySet[Import], service: Any, done: Any
    ) -> None:
        for job in queryset[:MOST_AT_ONCE]:
            try:
                service(actor=request.user, import_id=job.pk)
            except DomainError as error:
                self.message_user(request, f"{job}: {error.message}", messages.WARNING)
            else:
                self.message_user(request, done % job, messages.SUCCESS)


@admin.register(ImportRow)
class ImportRowAdmin(ReadOnlyAdmin):
    list_display = ["job", "number", "outcome", "title", "errors"]
    list_select_related = ["job"]
    list_filter = ["outcome"]
    search_fields = ["job__file_name", "title"]
    search_help_text = _("File or name")
    ordering = ["-job", "number"]
