"""Who has seen what. The contact details themselves are not shown here: that goes on record."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from organizations.models import Contact, Disclosure
from turash.admin_bases import ReadOnlyAdmin


@admin.register(Contact)
class ContactAdmin(ReadOnlyAdmin):
    list_display = ["organization", "disclosed_from", "updated_at"]
    list_select_related = ["organization"]
    list_filter = ["disclosed_from"]
    fields = ["organization", "disclosed_from", "updated_at"]
    search_fields = ["organization__name"]
    search_help_text = _("Name of the organization")
    ordering = ["organization"]


@admin.register(Disclosure)
class DisclosureAdmin(ReadOnlyAdmin):
    list_display = ["seen_at", "organization", "flow", "user", "stage", "as_facilitator"]
    list_select_related = ["organization", "flow", "user"]
    list_filter = ["stage", "as_facilitator", ("flow", admin.EmptyFieldListFilter)]
    search_fields = ["organization__name", "user__email"]
    search_help_text = _("Name of the organization, or e-mail address")
    date_hierarchy = "seen_on"
    ordering = ["-pk"]
