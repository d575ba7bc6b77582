"""Events and their deliveries, for those who look after the system."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from turash.admin_bases import ReadOnlyAdmin
from turash.events import admin_status, sweeper
from turash.events.catalogue import EVENT_TYPES
from turash.events.models import DomainEvent, EventDelivery
from turash.events.querysets import EventDeliveryQuerySet


class EventTypeFilter(admin.SimpleListFilter):
    """The types of the catalogue; asking the table for its types would read all of it."""

    title = _("type")
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(name, name) for name in EVENT_TYPES]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(type=self.value()) if self.value() else queryset


class DeliveryStateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple]:
        return [("open", _("Open")), ("due", _("Overdue")), ("dead", _("Dead letter"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> EventDeliveryQuerySet:
        match self.value():
            case "open":
                return queryset.open()
            case "due":
                return queryset.due(timezone.now())
            case "dead":
                return queryset.dead()
        return queryset


class EventDeliveryInline(admin.TabularInline):
    model = EventDelivery
    fields = readonly_fields = (
        "handler", "attempts", "next_attempt_at", "duration_ms", "done_at", "dead_at"
    )  # fmt: skip
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: DomainEvent | None = None) -> bool:
        return False


@admin.register(DomainEvent)
class DomainEventAdmin(ReadOnlyAdmin):
    list_display = ["id", "type", "occurred_at", "short_payload"]
    list_display_links = ["id", "type"]
    list_filter = [EventTypeFilter]
    search_fields = ["payload__organization_id", "payload__flow_id", "payload__proposal_id"]
    search_help_text = _("Id of an organization, a flow or a proposal")
    ordering = ["-id"]
    fields = ["type", "version", "occurred_at", "formatted_payload"]
    inlines = [EventDeliveryInline]

    @admin.display(description=_("payload"))
    def short_payload(self, event: DomainEvent) -> str:
        text = json.dumps(event.payload, ensure_ascii=False)
        return text if len(text) <= 100 else f"{text[:99]}…"

    @admin.display(description=_("payload"))
    def formatted_payload(self, event: DomainEvent) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(event.payload, indent=2, ensure_ascii=False))


@admin.register(EventDelivery)
class EventDeliveryAdmin(ReadOnlyAdmin):
    list_display = [
        "id", "event", "handler", "attempts", "next_attempt_at", "duration", "done_at", "dead_at",
    ]  # fmt: skip
    list_select_related = ["event"]
    list_filter = [DeliveryStateFilter]
    search_fields = ["handler", "last_error"]
    search_help_text = _("Handler or text of the error")
    ordering = ["-id"]
    actions = ["retry_dead_letters", "enqueue_again"]
    act_roles = ("Support",)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "status/",
                self.admin_site.admin_view(admin_status.status_page),
                name="events_status",
            ),
            path(
                "status/retry/",
                self.admin_site.admin_view(admin_status.retry_kind),
                name="events_retry_kind",
            ),
        ]
        return own + super().get_urls()

    @admin.display(description=_("duration [ms]"), ordering="duration_ms")
    def duration(self, delivery: EventDelivery) -> str | None:
        if delivery.duration_ms is None:
            return None
        return number_format(round(delivery.duration_ms, 1), decimal_pos=1)

    @admin.action(description=_("Retry the chosen dead letters"), permissions=["act"])
    def retry_dead_letters(self, request: HttpRequest, queryset: EventDeliveryQuerySet) -> None:
        admin_status.tell_retried(request, sweeper.retry_dead(queryset))

    @admin.action(description=_("Put the chosen open deliveries on the queue"), permissions=["act"])
    def enqueue_again(self, request: HttpRequest, queryset: EventDeliveryQuerySet) -> None:
        waiting = queryset.order_by("pk").open()[: sweeper.SWEEP_LIMIT]
        count = sweeper.hand_out_again(waiting)
        level = messages.SUCCESS if count else messages.WARNING
        text = ngettext("%d event was put on the queue.", "%d events were put on the queue.", count)
        self.message_user(request, text % count, level)
