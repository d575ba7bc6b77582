"""Matches, dismissals, requests and runs: computed, so looked at and not edited."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from matching import (
    admin_bulk,  # noqa: F401  # brings its actions to the lists
    admin_learning,  # noqa: F401  # registers its pages
    services,
)
from matching.admin_clusters import FiguresMixin
from matching.admin_comparison import ComparisonMixin
from matching.labels import LABELS
from matching.models import (
    Match,
    MatchDismissal,
    MatchingRun,
    MatchingRunPartition,
    RematchRequest,
)
from matching.querysets import RematchRequestQuerySet
from matching.unmatched import without_match
from organizations.models import Organization, ResourceFlow, ResourceType
from organizations.models.user import StaffRole
from turash.admin_bases import BoundedAdmin, ReadOnlyAdmin
from turash.errors import DomainError

MOST_RUNS_AT_ONCE = 50


@admin.register(Match)
class MatchAdmin(FiguresMixin, ReadOnlyAdmin):
    list_display = [
        "output", "seller", "input", "buyer", "score_in_percent", "distance_km", "quantity",
        "savings", "co2",
    ]  # fmt: skip
    list_filter = ["output__resource_type__family"]
    search_fields = [
        "output__name", "input__name", "output__organization__name", "input__organization__name",
    ]  # fmt: skip
    search_help_text = _("Name of a flow or an organization")
    # Ids of flows grow with time, and are indexed.
    ordering = ["-flow", "-pk"]
    fields = [
        "output", "input", "output_rank", "input_rank", "score", "distance_m", "figures",
    ]  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Match]:
        return super().get_queryset(request).for_display()

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Match | None:
        try:
            return Match.seen.with_id(UUID(object_id)).for_display().first()
        except ValueError:
            return None

    @admin.display(description=_("figures"))
    def figures(self, match: Match) -> str:
        rows = [
            (label, "-" if value is None else value)
            for label, value in ((label, getattr(match, name)) for name, label in LABELS.items())
        ]
        return format_html_join("", "<div>{}: {}</div>", rows)

    @admin.display(description=_("from"), ordering="output__organization__name")
    def seller(self, match: Match) -> Organization:
        return match.output.organization

    @admin.display(description=_("to"), ordering="input__organization__name")
    def buyer(self, match: Match) -> Organization:
        return match.input.organization

    @admin.display(description=_("score [%]"), ordering="score")
    def score_in_percent(self, match: Match) -> str:
        return number_format(round(match.score * 100, 1), decimal_pos=1)

    @admin.display(description=_("distance [km]"), ordering="distance_m")
    def distance_km(self, match: Match) -> str:
        return number_format(round(match.distance_m / 1000, 1), decimal_pos=1)

    def unit_of(self, row: Match) -> str:
        return row.output.resource_type.unit


@admin.register(MatchDismissal)
class MatchDismissalAdmin(BoundedAdmin):
    """An organization's decision; deleting it shows the pair again. The category can be set."""

    list_display = [
        "organization", "output", "input", "reason", "category", "dismissed_by", "dismissed_at",
    ]  # fmt: skip
    list_select_related = ["organization", "output", "input", "dismissed_by"]
    list_filter = ["category"]
    search_fields = ["organization__name", "reason"]
    search_help_text = _("Organization or reason")
    date_hierarchy = "dismissed_at"
    ordering = ["-dismissed_at"]
    fields = [
        "organization", "output", "input", "reason", "category", "dismissed_by", "dismissed_at",
    ]  # fmt: skip
    readonly_fields = [name for name in fields if name != "category"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(
        self,
        request: HttpRequest,
        obj: MatchDismissal,
        form: Any,
        change: bool,  # noqa: FBT001
    ) -> None:
        services.classify_dismissal(
            actor=request.user,  # type: ignore[arg-type]
            dismissal_id=obj.pk,
            category=obj.category,
        )


class FailingFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple]:
        return [("failing", _("Failing"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> RematchRequestQuerySet:
        return queryset.failing() if self.value() == "failing" else queryset


@admin.register(RematchRequest)
class RematchRequestAdmin(ReadOnlyAdmin):
    """Flows that wait to be matched again; the errors of those that cannot be."""

    list_display = ["flow_id", "version", "requested_at", "due_at", "attempts", "short_error"]
    list_filter = [FailingFilter]
    search_fields = ["last_error"]
    search_help_text = _("Text of the error")
    ordering = ["due_at", "pk"]
    actions = ["retry"]
    act_roles = (StaffRole.SUPPORT,)

    @admin.display(description=_("last error"))
    def short_error(self, request: RematchRequest) -> str:
        # The last line of a traceback says what went wrong.
        return request.last_error.strip().rpartition("\n")[2][:100]

    @admin.action(description=_("Match the chosen flows now"), permissions=["act"])
    def retry(self, request: HttpRequest, queryset: RematchRequestQuerySet) -> None:
        count = services.retry_rematches(queryset.values_list("pk", flat=True))
        text = ngettext("%d flow will be matched.", "%d flows will be matched.", count) % count
        self.message_user(request, text, messages.SUCCESS)


class MatchingRunForm(forms.ModelForm):
    class Meta:
        model = MatchingRun
        fields = ["organization", "root_type", "west", "south", "east", "north"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "root_type" in self.fields:
            roots = ResourceType.objects.filter(parent=None).order_by("code")
            self.fields["root_type"].queryset = roots

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            waiting = MatchingRun.objects.unfinished()
            same = waiting.filter(**{name: cleaned[name] for name in self._meta.fields})
            if same.exists() or (cleaned["root_type"] and waiting.of_all().exists()):
                raise ValidationError(
                    _("The matches are being recomputed already; wait for that run.")
                )
        return cleaned


class PartitionInline(admin.TabularInline):
    model = MatchingRunPartition
    fields = readonly_fields = (
        "number", "root_type", "part", "status", "done_count", "total_count", "attempts",
        "updated_at", "finished_at", "error",
    )  # fmt: skip
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("root_type")

    def has_add_permission(self, request: HttpRequest, obj: MatchingRun | None = None) -> bool:
        return False

    @admin.display(description=_("slice"))
    def part(self, partition: MatchingRunPartition) -> str:
        return f"{partition.slice_number + 1} / {partition.slice_count}"


@admin.register(MatchingRun)
class MatchingRunAdmin(ComparisonMixin, ReadOnlyAdmin):
    """Adding a run requests it; nobody edits one. The page of one that works shows itself again."""

    form = MatchingRunForm
    inlines = [PartitionInline]
    actions = ["cancel", "resume"]
    change_form_template = "admin/matching/matchingrun/change_form.html"
    change_list_template = "admin/matching/matchingrun/change_list.html"
    list_display = [
        "created_at", "scope", "status", "progress", "match_count", "found_count", "lost_count",
        "requested_by", "finished_at",
    ]  # fmt: skip
    list_select_related = ["organization", "root_type", "requested_by"]
    list_filter = ["status"]
    search_fields = ["organization__name", "error"]
    search_help_text = _("Organization or text of the error")
    date_hierarchy = "created_at"
    autocomplete_fields = ["organization"]

    @admin.display(description=_("scope"), ordering="organization__name")
    def scope(self, run: MatchingRun) -> str:
        return run.scope

    @admin.display(description=_("flows done"))
    def progress(self, run: MatchingRun) -> str:
        share = number_format(round(run.done_share * 100), decimal_pos=0)
        return f"{share} % ({run.done_count} / {run.total_count})"

    @admin.action(description=_("Cancel the chosen runs"), permissions=["act"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[MatchingRun]) -> None:
        count = self._each(request, queryset, services.cancel_run)
        if count:
            text = ngettext("%d run was cancelled.", "%d runs were cancelled.", count) % count
            self.message_user(request, text, messages.SUCCESS)

    @admin.action(description=_("Go on with the chosen runs"), permissions=["act"])
    def resume(self, request: HttpRequest, queryset: QuerySet[MatchingRun]) -> None:
        count = self._each(request, queryset, services.resume_run)
        if count:
            text = ngettext("%d run goes on.", "%d runs go on.", count) % count
            self.message_user(request, text, messages.SUCCESS)

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[MatchingRun],
        service: Callable[..., MatchingRun],
    ) -> int:
        """Call a service for each run; returns for how many, and tells why not for the others."""
        count = 0
        for run in queryset[:MOST_RUNS_AT_ONCE]:
            try:
                service(actor=request.user, run_id=run.pk)
            except DomainError as error:
                self.message_user(request, f"{run}: {error.message}", messages.WARNING)
            else:
                count += 1
        return count

    def get_inlines(self, request: HttpRequest, obj: MatchingRun | None = None) -> list:
        return self.inlines if obj else []

    def get_fields(self, request: HttpRequest, obj: MatchingRun | None = None) -> Any:
        if obj is None:
            return list(MatchingRunForm.Meta.fields)
        return [field.name for field in MatchingRun._meta.fields if not field.primary_key]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_act_permission(request)

    def save_model(
        self,
        request: HttpRequest,
        obj: MatchingRun,
        form: Any,
        change: bool,  # noqa: FBT001
    ) -> None:
        run = services.request_run(
            actor=request.user,  # type: ignore[arg-type]
            organization=obj.organization,
            resource_type=obj.root_type,
            bbox=obj.bbox,
        )
        obj.pk = run.pk


class WithoutMatchFilter(admin.SimpleListFilter):
    """A queue of the overview."""

    title = _("matches")
    parameter_name = "matches"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple]:
        return [("none", _("Active, and none"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        return without_match(queryset.active()) if self.value() == "none" else queryset


_flow_admin = admin.site.get_model_admin(ResourceFlow)
_flow_admin.list_filter = [*_flow_admin.list_filter, WithoutMatchFilter]
