"""The admin's site: who gets in, what its pages are grouped by, and where it begins."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

# What everybody does about the own account.
_OWN_PAGES = {"logout", "password_change", "password_change_done", "end_acting"}


class TurashAdminSite(admin.AdminSite):
    site_header = _("Turash administration")
    site_title = _("Turash")
    index_title = _("Overview")
    empty_value_display = "—"

    def admin_view(self, view: Callable, cacheable: bool = False) -> Callable:  # noqa: FBT001, FBT002
        return super().admin_view(_held_to_role(view), cacheable)


def _held_to_role(view: Callable) -> Callable:
    """
    Who only reads can write nothing, whatever a page would allow: the database refuses it.

    Who acts for an organization does nothing else meanwhile, so that everything done can be told
    to that organization.
    """

    @wraps(view)
    def held(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        match = request.resolver_match
        own = match is not None and match.url_name in _OWN_PAGES
        writes = request.method not in ("GET", "HEAD") and not own
        if writes and getattr(request.user, "is_acting", False):
            raise PermissionDenied(_("You act for an organization; end that first."))
        if own or not getattr(request.user, "only_reads", False):
            return view(request, *args, **kwargs)
        if writes:
            raise PermissionDenied(_("Your role reads only."))
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
            response = view(request, *args, **kwargs)
            # A template reads, too.
            return response.render() if hasattr(response, "render") else response

    return held
