"""Files of conversations and who has downloaded them, in the admin; not their content."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from proposals.models import Attachment, AttachmentDownload
from turash.admin_bases import ReadOnlyAdmin


@admin.register(Attachment)
class AttachmentAdmin(ReadOnlyAdmin):
    list_display = ["name", "message", "content_type", "size"]
    list_select_related = ["message"]
    list_filter = ["content_type"]
    fields = ["message", "name", "content_type", "size", "sha256"]
    search_fields = ["name", "message__organization__name", "sha256"]
    search_help_text = _("Name, organization or SHA-256")
    ordering = ["-pk"]


@admin.register(AttachmentDownload)
class AttachmentDownloadAdmin(ReadOnlyAdmin):
    list_display = ["downloaded_at", "attachment", "user", "as_facilitator"]
    list_select_related = ["attachment", "user"]
    list_filter = ["as_facilitator"]
    search_fields = ["attachment__name", "user__email"]
    search_help_text = _("Name of the file, or e-mail address")
    date_hierarchy = "downloaded_at"
    ordering = ["-pk"]
