"""The admin's name, and API tokens."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from knox.models import AuthToken

from turash.admin_bases import BoundedAdmin

admin.site.site_header = _("Turash administration")
admin.site.site_title = _("Turash")
admin.site.index_title = _("Overview")
admin.site.empty_value_display = "—"

# Knox's own page would let one edit digests.
admin.site.unregister(AuthToken)


@admin.register(AuthToken)
class AuthTokenAdmin(BoundedAdmin):
    """Tokens are made by their users; here they can be seen and revoked."""

    list_display = ["token_key", "user", "created", "expiry"]
    list_select_related = ["user"]
    search_fields = ["token_key", "user__email", "user__full_name"]
    search_help_text = _("First characters of the token, e-mail address or name")
    date_hierarchy = "created"
    ordering = ["-created"]
    fields = ["token_key", "user", "created", "expiry"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuthToken | None = None) -> bool:
        return False
