"""What organizations were told."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from turash.admin_bases import ReadOnlyAdmin
from turash.events.admin import EventTypeFilter
from turash.realtime.models import Notification, ReadMark


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ["id", "organization", "type", "occurred_at", "subject"]
    list_select_related = ["organization"]
    list_filter = [EventTypeFilter]
    search_fields = ["organization__name"]
    search_help_text = _("Name of the organization")
    ordering = ["-id"]
    fields = ["organization", "type", "occurred_at", "subject"]

    @admin.display(description=_("subject"))
    def subject(self, notification: Notification) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', notification.subject_url, notification.subject_kind
        )


@admin.register(ReadMark)
class ReadMarkAdmin(ReadOnlyAdmin):
    list_display = ["user", "notification_id", "looked_at"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__full_name"]
    search_help_text = _("Name or e-mail address")
    ordering = ["user"]
