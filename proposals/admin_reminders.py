"""Reminders of proposals that are about to expire, in the admin."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from proposals.models import ProposalReminder
from turash.admin_bases import ReadOnlyAdmin


@admin.register(ProposalReminder)
class ProposalReminderAdmin(ReadOnlyAdmin):
    list_display = ["announced_at", "proposal", "valid_until"]
    list_select_related = [
        "proposal__from_organization",
        "proposal__to_organization",
        "proposal__resource",
    ]
    search_fields = ["proposal__from_organization__name", "proposal__to_organization__name"]
    search_help_text = _("Name of the organization")
    date_hierarchy = "announced_at"
    ordering = ["-pk"]
