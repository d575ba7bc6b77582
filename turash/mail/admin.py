"""E-mails and who wants them."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from turash.admin_bases import ReadOnlyAdmin
from turash.mail.models import Mail, MailPreference
from turash.mail.services import sending


@admin.register(Mail)
class MailAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "user", "subject", "status", "attempts", "sent_at"]
    list_select_related = ["user"]
    list_filter = ["status", "topic"]
    search_fields = ["user__email", "subject"]
    search_help_text = _("E-mail address or subject")
    date_hierarchy = "created_at"
    actions = ["send_again"]
    act_roles = ("Support",)

    @admin.action(
        description=_("Send again what failed or perhaps was not sent"), permissions=["act"]
    )
    def send_again(self, request: HttpRequest, queryset: QuerySet[Mail]) -> None:
        count = sum(sending.send_again(mail) for mail in queryset)
        text = ngettext("%d e-mail is on its way.", "%d e-mails are on their way.", count) % count
        self.message_user(request, text, messages.SUCCESS if count else messages.WARNING)


@admin.register(MailPreference)
class MailPreferenceAdmin(ReadOnlyAdmin):
    list_display = ["user", "proposals", "matches", "digested_on"]
    list_select_related = ["user"]
    list_filter = ["proposals", "matches"]
    search_fields = ["user__email", "user__full_name"]
    search_help_text = _("Name or e-mail address")
    ordering = ["user"]
