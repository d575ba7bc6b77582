"""Tokens of all users."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from turash.admin_bases import BoundedAdmin
from turash.callers.models import Token


@admin.register(Token)
class TokenAdmin(BoundedAdmin):
    """Tokens are made by their users; here they can be seen and revoked."""

    list_display = [
        "prefix", "name", "user", "scope", "created_at", "expires_at", "last_used_at",
    ]  # fmt: skip
    list_select_related = ["user"]
    list_filter = ["scope"]
    search_fields = ["prefix", "name", "user__email", "user__full_name"]
    search_help_text = _("First characters of the token, its name, e-mail address or name")
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    fields = ["prefix", "name", "user", "scope", "created_at", "expires_at", "last_used_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return False
