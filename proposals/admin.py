"""Proposals and their steps: the parties decide, facilitators look on."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from proposals import services
from proposals.admin_attachments import AttachmentAdmin as AttachmentAdmin
from proposals.admin_reminders import ProposalReminderAdmin as ProposalReminderAdmin
from proposals.models import Proposal, ProposalMessage, ProposalTerms, ProposalTransition
from proposals.querysets import ProposalQuerySet
from turash.admin_bases import ReadOnlyAdmin


class OverdueFilter(admin.SimpleListFilter):
    title = _("time to decide")
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple]:
        return [("yes", _("Over"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> ProposalQuerySet:
        return queryset.overdue(timezone.now()) if self.value() == "yes" else queryset


class WaitingFilter(admin.SimpleListFilter):
    """The queues of the overview."""

    title = _("waits for somebody")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple]:
        return [("stuck", _("No step for two weeks")), ("expiring", _("Expires in three days"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> ProposalQuerySet:
        match self.value():
            case "stuck":
                return queryset.stuck(timezone.now())
            case "expiring":
                return queryset.expiring(timezone.now())
        return queryset


class ProposalTransitionInline(admin.TabularInline):
    model = ProposalTransition
    fields = readonly_fields = (
        "occurred_at", "from_status", "to_status", "actor", "organization", "comment",
    )  # fmt: skip
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProposalTransition]:
        return super().get_queryset(request).select_related("actor", "organization")

    def has_add_permission(self, request: HttpRequest, obj: Proposal | None = None) -> bool:
        return False


@admin.register(Proposal)
class ProposalAdmin(ReadOnlyAdmin):
    list_display = [
        "created_at", "from_organization", "to_organization", "resource", "quantity_with_unit",
        "price_per_unit", "status", "valid_until",
    ]  # fmt: skip
    list_select_related = ["from_organization", "to_organization", "resource__resource_type"]
    list_filter = ["status", OverdueFilter, WaitingFilter]
    search_fields = [
        "from_organization__name", "to_organization__name", "resource__name", "message",
    ]  # fmt: skip
    search_help_text = _("Organization, resource or text of the message")
    date_hierarchy = "created_at"
    inlines = [ProposalTransitionInline]
    actions = ["expire_overdue"]

    def get_fields(self, request: HttpRequest, obj: Proposal | None = None) -> list[str]:
        # What one side wrote to the other is no figure.
        fields = [field.name for field in Proposal._meta.fields if not field.primary_key]
        facilitates = request.user.is_facilitator  # type: ignore[union-attr]
        return fields if facilitates else [name for name in fields if name != "message"]

    @admin.display(description=_("quantity a year"), ordering="quantity")
    def quantity_with_unit(self, proposal: Proposal) -> str | None:
        if proposal.quantity is None:
            return None
        number = number_format(proposal.quantity.normalize(), force_grouping=True)
        return f"{number} {proposal.resource.resource_type.unit}/a"

    @admin.action(description=_("Let all overdue proposals expire"), permissions=["act"])
    def expire_overdue(self, request: HttpRequest, queryset: QuerySet[Proposal]) -> None:
        count = services.expire_overdue(now=timezone.now())
        text = ngettext("%d proposal has expired.", "%d proposals have expired.", count) % count
        self.message_user(request, text, messages.SUCCESS if count else messages.WARNING)


@admin.register(ProposalTransition)
class ProposalTransitionAdmin(ReadOnlyAdmin):
    list_display = ["occurred_at", "proposal", "from_status", "to_status", "actor", "organization"]
    list_select_related = [
        "proposal__from_organization",
        "proposal__to_organization",
        "proposal__resource",
        "actor",
        "organization",
    ]
    list_filter = ["to_status"]
    search_fields = ["comment", "organization__name", "actor__email"]
    search_help_text = _("Comment, organization or e-mail address")
    date_hierarchy = "occurred_at"
    ordering = ["-pk"]


@admin.register(ProposalTerms)
class ProposalTermsAdmin(ReadOnlyAdmin):
    list_display = [
        "offered_at", "proposal", "version", "quantity", "price_per_unit", "start_date",
        "duration_months", "connection_recipient_pct", "organization",
    ]  # fmt: skip
    list_select_related = [
        "proposal__from_organization",
        "proposal__to_organization",
        "proposal__resource",
        "organization",
    ]
    search_fields = ["organization__name", "author__email", "comment"]
    search_help_text = _("Comment, organization or e-mail address")
    date_hierarchy = "offered_at"
    # Ids grow with time, and are indexed.
    ordering = ["-pk"]


@admin.register(ProposalMessage)
class ProposalMessageAdmin(ReadOnlyAdmin):
    list_display = ["posted_at", "proposal", "organization", "author", "beginning"]
    list_select_related = [
        "proposal__from_organization",
        "proposal__to_organization",
        "proposal__resource",
        "author",
        "organization",
    ]
    search_fields = ["text", "organization__name", "author__email"]
    search_help_text = _("Text, organization or e-mail address")
    date_hierarchy = "posted_at"
    # Ids grow with time, and are indexed.
    ordering = ["-pk"]

    @admin.display(description=_("text"))
    def beginning(self, message: ProposalMessage) -> str:
        return str(message)
