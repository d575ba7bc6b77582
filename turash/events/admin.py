"""Events and their deliveries, for those who look after the system."""

import json
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from turash.admin_bases import MOST_FOUND, ReadOnlyAdmin
from turash.events import admin_discard, admin_status, sweeper
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


class OccurredFilter(admin.SimpleListFilter):
    """When it happened, counted back from now."""

    title = _("occurred at")
    parameter_name = "within"
    SPANS: ClassVar[dict[str, timedelta]] = {
        "hour": timedelta(hours=1),
        "day": timedelta(days=1),
        "week": timedelta(days=7),
    }

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple]:
        return [
            ("hour", _("The last hour")),
            ("day", _("The last 24 hours")),
            ("week", _("The last 7 days")),
            ("older", _("Earlier")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        if value == "older":
            return queryset.filter(occurred_at__lt=timezone.now() - self.SPANS["week"])
        if value in self.SPANS:
            return queryset.filter(occurred_at__gte=timezone.now() - self.SPANS[value])
        return queryset


class DeliveryStateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple]:
        return [
            ("open", _("Open")),
            ("due", _("Overdue")),
            ("dead", _("Dead letter")),
            ("discarded", _("Discarded")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> EventDeliveryQuerySet:
        match self.value():
            case "open":
                return queryset.open()
            case "due":
                return queryset.due(timezone.now())
            case "dead":
                return queryset.dead()
            case "discarded":
                return queryset.discarded()
        return queryset


class EventDeliveryInline(admin.TabularInline):
    model = EventDelivery
    fields = readonly_fields = (
        "handler", "attempts", "next_attempt_at", "duration_ms", "done_at", "dead_at",
        "discarded_at",
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
    list_filter = [OccurredFilter, EventTypeFilter]
    search_fields = ["type", "payload"]
    search_help_text = _("Whole id of what an event is about: organization, flow, proposal…")
    ordering = ["-id"]
    fields = ["type", "version", "occurred_at", "formatted_payload", "others"]
    inlines = [EventDeliveryInline]

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Events that name the id, by its index; everything else is found by filters."""
        subject_id = _as_id(search_term.strip())
        if subject_id is None:
            return (queryset if not search_term.strip() else queryset.none()), False
        about = DomainEvent.objects.about(subject_id).order_by("-pk").values("pk")[:MOST_FOUND]
        return queryset.filter(pk__in=about), False

    @admin.display(description=_("payload"))
    def short_payload(self, event: DomainEvent) -> str:
        text = json.dumps(event.payload, ensure_ascii=False)
        return text if len(text) <= 100 else f"{text[:99]}…"

    @admin.display(description=_("payload"))
    def formatted_payload(self, event: DomainEvent) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(event.payload, indent=2, ensure_ascii=False))

    @admin.display(description=_("other events about"))
    def others(self, event: DomainEvent) -> SafeString:
        """Each record that the event names, as a link to all events that name it."""
        listed = reverse("admin:events_domainevent_changelist")
        payload = event.payload if isinstance(event.payload, dict) else {}
        named = [(f"{listed}?q={value}", name) for name, value in payload.items() if _as_id(value)]
        return format_html_join(" · ", '<a href="{}">{}</a>', named)


def _as_id(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


@admin.register(EventDelivery)
class EventDeliveryAdmin(ReadOnlyAdmin):
    list_display = [
        "id", "event", "handler", "attempts", "next_attempt_at", "duration", "done_at", "dead_at",
        "discarded_at",
    ]  # fmt: skip
    list_select_related = ["event"]
    fields = [
        "event", "handler", "attempts", "next_attempt_at", "last_error", "duration_ms", "done_at",
        "dead_at", "discarded_at", "discarded_by", "discard_reason",
    ]  # fmt: skip
    list_filter = [DeliveryStateFilter]
    search_fields = ["handler", "last_error"]
    search_help_text = _("Handler or text of the error")
    ordering = ["-id"]
    actions = ["retry_dead_letters", "discard", "enqueue_again"]
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

    @admin.action(description=_("Discard the chosen dead letters…"), permissions=["act"])
    def discard(self, request: HttpRequest, queryset: EventDeliveryQuerySet) -> HttpResponse | None:
        return admin_discard.discard(self, request, queryset)

    @admin.action(description=_("Put the chosen open deliveries on the queue"), permissions=["act"])
    def enqueue_again(self, request: HttpRequest, queryset: EventDeliveryQuerySet) -> None:
        waiting = queryset.order_by("pk").open()[: sweeper.SWEEP_LIMIT]
        count = sweeper.hand_out_again(waiting)
        level = messages.SUCCESS if count else messages.WARNING
        text = ngettext("%d event was put on the queue.", "%d events were put on the queue.", count)
        self.message_user(request, text % count, level)
