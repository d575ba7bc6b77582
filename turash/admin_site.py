"""The admin's site: who gets in, what its pages are grouped by, and where it begins."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from turash.admin_saved_filters import SavedFiltersMixin

# What everybody does about the own account.
_OWN_PAGES = {"logout", "password_change", "password_change_done", "end_acting"}


# What there is to do → what one looks at for it, by label. What is not named comes after these.
TASKS = {
    _("Organizations and people"): [
        "organizations.organization", "organizations.membership", "organizations.user",
        "organizations.acting", "organizations.organizationmerge", "organizations.contact",
        "organizations.disclosure",
    ],
    _("Places and resources"): [
        "organizations.site", "organizations.resourceflow", "organizations.conversion",
        "organizations.qualityfinding", "organizations.flowconfirmation",
        "organizations.resourcetype", "organizations.currencyrate",
    ],
    _("Matching"): [
        "matching.match", "matching.matchdismissal", "matching.matchcluster",
        "matching.matchingrun", "matching.rematchrequest", "matching.matchingweights",
        "matching.proposalevidence",
    ],
    _("Negotiations"): [
        "proposals.proposal", "proposals.proposaltransition", "proposals.proposalterms",
        "proposals.proposalmessage", "proposals.attachment", "proposals.attachmentdownload",
        "proposals.proposalreminder",
    ],
    _("Exchanges and plans"): [
        "exchanges.delivery", "exchanges.declaration", "exchanges.exchangefactors", "plans.plan",
        "plans.planpart", "plans.plannedexchange", "plans.plannedflow", "plans.planrule",
        "plans.planshare",
    ],
    _("Told and sent"): [
        "realtime.notification", "realtime.readmark", "mail.mail", "mail.mailpreference",
    ],
    _("System"): [
        "desk.bulkaction", "history.change", "events.domainevent", "events.eventdelivery",
        "callers.token", "auth.group", "django_q.failure", "django_q.ormq", "django_q.schedule",
        "django_q.success",
    ],
}  # fmt: skip
# Where the search of everything looks, and how many it shows of each.
SEARCHED = [
    "organizations.organization", "organizations.site", "organizations.resourceflow",
    "organizations.user", "proposals.proposal", "plans.plan", "organizations.resourcetype",
]  # fmt: skip
MOST_SHOWN = 10
SHORTEST_SEARCH = 2


class TurashAdminSite(SavedFiltersMixin, admin.AdminSite):
    site_header = _("Turash administration")
    site_title = _("Turash")
    index_title = _("Overview")
    empty_value_display = "—"

    # What the overview shows, from a module that may know all apps.
    overview: Callable[[HttpRequest], dict[str, Any]] | None = None

    def get_urls(self) -> list:
        search = path("search/", self.admin_view(self.search), name="search")
        filters = path("filters/", self.admin_view(self.saved_filters), name="saved_filters")
        return [search, filters, *super().get_urls()]

    def index(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        shown = self.overview(request) if self.overview else {}
        return super().index(request, shown | (extra_context or {}))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict]:
        """By task; the page of one app shows that app."""
        if app_label is not None:
            return super().get_app_list(request, app_label)
        left = {
            f"{app['app_label']}.{model['object_name'].lower()}": model
            for app in super().get_app_list(request)
            for model in app["models"]
        }
        tasks = []
        for number, (name, labels) in enumerate(TASKS.items()):
            found = [left.pop(label) for label in labels if label in left]
            tasks.append((f"task-{number}", name, found))
        tasks.append(("task-others", _("Others"), list(left.values())))
        return [
            {
                "name": name,
                "app_label": key,
                "app_url": found[0]["admin_url"],
                "has_module_perms": True,
                "models": found,
            }
            for key, name, found in tasks
            if found
        ]

    def search(self, request: HttpRequest) -> HttpResponse:
        """The first rows of each kind whose name, address or id holds the words."""
        words = request.GET.get("q", "").strip().replace("\0", "")
        found = []
        for label in SEARCHED if len(words) >= SHORTEST_SEARCH else ():
            model = apps.get_model(label)
            model_admin = self.get_model_admin(model)
            if not model_admin.has_view_permission(request):
                continue
            rows, _duplicates = model_admin.get_search_results(
                request, model_admin.get_queryset(request), words
            )
            shown = list(rows[: MOST_SHOWN + 1])
            if shown:
                name = f"admin:{model._meta.app_label}_{model._meta.model_name}_"
                found.append(
                    {
                        "title": model._meta.verbose_name_plural,
                        "rows": [
                            (reverse(f"{name}change", args=[quote(row.pk)]), row)
                            for row in shown[:MOST_SHOWN]
                        ],
                        "list_url": f"{reverse(f'{name}changelist')}?{urlencode({'q': words})}",
                        "has_more": len(shown) > MOST_SHOWN,
                    }
                )
        context = self.each_context(request) | {
            "title": _("Search"), "words": words, "found": found,
        }  # fmt: skip
        return TemplateResponse(request, "admin/search.html", context)

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
