"""Data quality: what seems wrong, asking the owner about it, and saying that it is right."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from organizations import services
from organizations.models import FlowConfirmation, QualityFinding, ResourceFlow
from organizations.models.quality import LONGEST_NOTE
from organizations.quality_reasons import reason_of
from turash.admin_bases import ReadOnlyAdmin
from turash.admin_pages import ObjectPage
from turash.errors import DomainError
from turash.events.queue import enqueue
from turash.forms import add_errors

MOST_ASKED_AT_ONCE = 100


class QualityFilter(admin.SimpleListFilter):
    """Of flows: those with an open finding of a kind."""

    title = _("data quality")
    parameter_name = "quality"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple]:
        return [
            ("any", _("Anything")),
            *(
                (value, label)
                for value, label in QualityFinding.Kind.choices
                if value not in QualityFinding.OF_SITES
            ),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not self.value():
            return queryset
        findings = QualityFinding.objects.open().filter(flow=OuterRef("pk"))
        if self.value() != "any":
            findings = findings.filter(kind=self.value())
        return queryset.filter(Exists(findings))


class StatusFilter(admin.SimpleListFilter):
    """What is open, unless somebody asks for the rest."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple]:
        return [*QualityFinding.Status.choices, ("all", _("All"))]

    def choices(self, changelist: Any) -> Any:
        for value, label in self.lookup_choices:
            yield {
                "selected": value == (self.value() or "open"),
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        status = self.value() or "open"
        return queryset if status == "all" else queryset.filter(status=status)


class AskedFilter(admin.SimpleListFilter):
    title = _("owner asked")
    parameter_name = "asked"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() in ("yes", "no"):
            return queryset.filter(asked_at__isnull=self.value() == "no")
        return queryset


class AskForm(forms.Form):
    """Nothing to fill in: to send it asks."""


class DismissForm(forms.Form):
    """Why a record is right in spite of a finding."""

    note = forms.CharField(
        label=_("Why it is right"),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("It is not found again until somebody changes the record."),
    )


def _may_ask(request: HttpRequest, finding: Any) -> bool:
    return _may_answer(request, finding) and finding.flow_id is not None


def _may_answer(request: HttpRequest, finding: Any) -> bool:
    return request.user.is_facilitator and finding.status == "open"  # type: ignore[union-attr]


@admin.register(QualityFinding)
class QualityFindingAdmin(ReadOnlyAdmin):
    change_list_template = "admin/organizations/qualityfinding/change_list.html"
    change_form_template = "admin/organizations/qualityfinding/change_form.html"
    list_display = ["subject", "reason", "severity", "kind", "owner", "asked_at"]
    list_filter = [StatusFilter, "kind", "severity", AskedFilter]
    search_fields = ["flow__name", "site__name", "organization__name"]
    search_help_text = _("Flow, site or organization")
    searches_by_index = True
    sortable_by = ()
    ordering = ["-severity", "-id"]
    actions = ["ask"]
    fields = [
        "record", "organization", "kind", "severity", "reason", "status", "found_at", "seen_at",
        "asked_at", "asked_by", "dismissed_at", "dismissed_by", "note",
    ]  # fmt: skip
    object_pages = (
        ObjectPage("ask", _("Ask the owner"), "ask_page", _may_ask),
        ObjectPage("dismiss", _("It is right"), "dismiss_page", _may_answer),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[QualityFinding]:
        return super().get_queryset(request).with_subjects()

    def get_urls(self) -> list[URLPattern]:
        scan = path("scan/", self.admin_site.admin_view(self.scan), name="quality_scan")
        return [scan, *super().get_urls()]

    def render_change_form(self, *args: Any, **kwargs: Any) -> Any:
        response = super().render_change_form(*args, **kwargs)
        # To ask takes one click: a button stands there instead of the link to its page.
        links = response.context_data.get("object_pages", [])
        response.context_data["object_pages"] = [
            (url, title) for url, title in links if not url.endswith("/ask/")
        ]
        return response

    @admin.display(description=_("record"))
    def subject(self, finding: QualityFinding) -> str:
        return str(finding.subject)

    @admin.display(description=_("organization"))
    def owner(self, finding: QualityFinding) -> str:
        return str(finding.organization)

    @admin.display(description=_("record"))
    def record(self, finding: QualityFinding) -> SafeString:
        return format_html('<a href="{}">{}</a>', _form_of(finding), finding.subject)

    @admin.display(description=_("what was compared"))
    def reason(self, finding: QualityFinding) -> str:
        return reason_of(finding)

    def scan(self, request: HttpRequest) -> HttpResponse:
        """Have a worker look at all records now."""
        return _scan(request)

    def ask_page(self, request: HttpRequest, finding: QualityFinding) -> HttpResponse:
        """Ask the owner about everything that seems wrong with the flow."""
        form = AskForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                self._ask(request, finding.flow)  # type: ignore[arg-type]
            except DomainError as error:
                messages.error(request, error.message)
            else:
                messages.success(request, _("The owner is asked."))
            return redirect("admin:organizations_qualityfinding_change", finding.pk)
        return self.show_page(
            request, finding, title=_("Ask the owner"), form=form, submit=_("Send"),
            intro=_(
                "Everybody who edits flows of this organization is told, and gets an e-mail in"
                " their language: what seems wrong with this flow and why, and where to correct or"
                " confirm it."
            ),
        )  # fmt: skip

    def dismiss_page(self, request: HttpRequest, finding: QualityFinding) -> HttpResponse:
        """Say that the record is right."""
        form = DismissForm(request.POST or None)
        if form.is_valid():
            try:
                services.dismiss_finding(
                    actor=request.user,  # type: ignore[arg-type]
                    finding=finding,
                    note=form.cleaned_data["note"],
                    now=timezone.now(),
                )
            except (DomainError, ValidationError) as error:
                add_errors(form, error)
            else:
                return redirect("admin:organizations_qualityfinding_changelist")
        return self.show_page(
            request, finding, title=_("It is right"), form=form, submit=_("Save"),
            intro=reason_of(finding),
        )  # fmt: skip

    @admin.action(description=_("Ask the owners of the chosen flows"), permissions=["act"])
    def ask(self, request: HttpRequest, queryset: QuerySet[QualityFinding]) -> None:
        chosen = queryset.filter(status="open").exclude(flow=None)
        flows = list(
            ResourceFlow.objects.filter(pk__in=chosen.order_by().values("flow"))
            .order_by("pk")[: MOST_ASKED_AT_ONCE + 1]
        )  # fmt: skip
        if len(flows) > MOST_ASKED_AT_ONCE:
            text = _("Choose at most %d flows at once.") % MOST_ASKED_AT_ONCE
            self.message_user(request, text, messages.ERROR)
            return
        asked = 0
        for flow in flows:
            try:
                self._ask(request, flow)
            except DomainError as error:
                self.message_user(request, f"{flow}: {error.message}", messages.WARNING)
                continue
            asked += 1
        text = ngettext("Asked about %d flow.", "Asked about %d flows.", asked) % asked
        self.message_user(request, text, messages.SUCCESS if asked else messages.WARNING)

    def _ask(self, request: HttpRequest, flow: ResourceFlow) -> None:
        services.ask_owner(
            actor=request.user,  # type: ignore[arg-type]
            flow=flow,
            now=timezone.now(),
        )


@require_POST
def _scan(request: HttpRequest) -> HttpResponse:
    if not request.user.is_facilitator:  # type: ignore[union-attr]
        raise PermissionDenied
    enqueue("organizations.tasks.find_quality")
    messages.success(request, _("A worker looks at all flows and sites now."))
    return redirect("admin:organizations_qualityfinding_changelist")


def _form_of(finding: QualityFinding) -> str:
    name = "resourceflow" if finding.flow_id else "site"
    return reverse(f"admin:organizations_{name}_change", args=[finding.subject.pk])


@admin.register(FlowConfirmation)
class FlowConfirmationAdmin(ReadOnlyAdmin):
    list_display = ["flow", "confirmed_at", "confirmed_by"]
    list_select_related = ["flow", "confirmed_by"]
    search_fields = ["flow__name"]
    searches_by_index = True
    search_help_text = _("Name of the flow")
    ordering = ["-confirmed_at"]
