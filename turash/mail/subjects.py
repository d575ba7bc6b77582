"""What notifications are about, in words: each app says how its own objects are called."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from turash.realtime.models import Notification

Titles = Callable[[Iterable[UUID]], dict[UUID, str]]

_titles: dict[str, Titles] = {}

HEADLINES = {
    "match_found": _("A new match"),
    "match_lost": _("A match is gone"),
    "matching_run_finished": _("The matches are up to date"),
    "plan_finished": _("A plan is ready"),
    "acting_started": _("A facilitator acts for your organization"),
    "acting_ended": _("The facilitator no longer acts for your organization"),
    "proposal_created": _("A new proposal"),
    "proposal_status_changed": _("A proposal has moved on"),
    "proposal_terms_offered": _("New terms are offered"),
    "proposal_message_posted": _("A new message about a proposal"),
    "proposal_expiring": _("A proposal is about to expire"),
    "deliveries_reported": _("Deliveries were reported"),
    "deliveries_confirmed": _("Deliveries were confirmed"),
    "figures_declared": _("Jobs and investment were declared"),
    "organization_created": _("A new organization"),
    "site_created": _("A new site"),
    "site_updated": _("A site has changed"),
    "site_deleted": _("A site is gone"),
    "resource_flow_created": _("A new flow"),
    "resource_flow_updated": _("A flow has changed"),
    "resource_flow_deleted": _("A flow is gone"),
    "flow_questioned": _("Is this flow right?"),
    "webhook_disabled": _("A webhook is disabled"),
}


def titles_of(kind: str) -> Callable[[Titles], Titles]:
    """Register the function that calls objects of a kind by their names, many at once."""

    def register(function: Titles) -> Titles:
        _titles[kind] = function
        return function

    return register


def with_titles(notifications: list[Notification]) -> list[Notification]:
    """Give notifications a `headline` and a `title` (empty, where nobody knows one)."""
    ids: dict[str, set[UUID]] = defaultdict(set)
    for row in notifications:
        ids[row.subject_kind].add(row.subject_id)
    titles = {kind: _titles[kind](ids[kind]) for kind in ids if kind in _titles}
    for row in notifications:
        row.headline = str(HEADLINES.get(row.type, row.type))  # type: ignore[attr-defined]
        row.title = titles.get(row.subject_kind, {}).get(row.subject_id, "")  # type: ignore[attr-defined]
    return notifications
