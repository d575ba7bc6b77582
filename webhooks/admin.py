"""Webhooks of all organizations, and what they were sent."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from turash.admin_bases import ReadOnlyAdmin
from turash.errors import DomainError
from webhooks import services
from webhooks.models import Webhook, WebhookAttempt, WebhookDelivery


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyAdmin):
    """Addresses and secrets are the organizations' own business; secrets are not shown."""

    list_display = [
        "__str__", "organization", "url", "status", "failures", "failing_since", "created_at",
    ]  # fmt: skip
    list_select_related = ["organization"]
    list_filter = ["status", "disabled_reason"]
    search_fields = ["organization__name", "url", "description"]
    search_help_text = _("Name of the organization, address or description")
    fields = [
        "organization", "url", "description", "event_types", "status", "disabled_reason",
        "disabled_at", "previous_until", "failures", "failing_since", "next_attempt_at",
        "created_by", "created_at",
    ]  # fmt: skip
    actions = ["disable"]

    @admin.action(description=_("Disable the chosen webhooks"), permissions=["act"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        chosen = list(queryset.active())
        for webhook in chosen:
            services.disable_webhook(actor=request.user, webhook=webhook)
        count = len(chosen)
        text = ngettext("%d webhook is disabled.", "%d webhooks are disabled.", count) % count
        self.message_user(request, text, messages.SUCCESS if count else messages.WARNING)


class AttemptInline(admin.TabularInline):
    model = WebhookAttempt
    fields = ["number", "ended_at", "duration_ms", "status_code", "response", "error"]
    readonly_fields = fields
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "webhook", "type", "status", "attempts", "next_attempt_at"]
    list_select_related = ["webhook"]
    list_filter = ["status", "type"]
    search_fields = ["webhook__url", "webhook__organization__name"]
    search_help_text = _("Address of the webhook or name of its organization")
    date_hierarchy = "created_at"
    inlines = [AttemptInline]
    actions = ["send_again"]

    @admin.action(description=_("Send the chosen deliveries again"), permissions=["act"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        count = 0
        for delivery in queryset.select_related("webhook"):
            try:
                services.replay(actor=request.user, delivery=delivery)
            except DomainError as error:
                self.message_user(request, f"{delivery.webhook}: {error.message}", messages.WARNING)
            else:
                count += 1
        if count:
            text = ngettext("%d delivery is on its way.", "%d deliveries are on their way.", count)
            self.message_user(request, text % count, messages.SUCCESS)
