"""What running exchanges add to the timeline of a proposal."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import groupby

from django.utils.translation import gettext as _

from exchanges.models import Declaration, Delivery
from organizations.models import Organization, User
from proposals.models import Proposal
from proposals.timeline import Entry, tells


@tells
def deliveries_of(proposal: Proposal) -> Iterator[Entry]:
    """Deliveries reported and confirmed: those of one person on one day together."""
    rows = list(
        Delivery.objects.filter(proposal=proposal).select_related(
            "reported_for", "reported_by", "confirmed_for", "confirmed_by"
        )
    )
    reported = ((row.reported_at, row.reported_for, row.reported_by, row.month) for row in rows)
    yield from _entries(_("Deliveries reported"), reported)
    confirmed = (
        (row.confirmed_at, row.confirmed_for, row.confirmed_by, row.month)
        for row in rows
        if row.confirmed_at
    )
    yield from _entries(_("Deliveries confirmed"), confirmed)


@tells
def declarations_of(proposal: Proposal) -> Iterator[Entry]:
    """Jobs and investment that a side has declared."""
    for row in Declaration.objects.filter(proposal=proposal).select_related(
        "organization", "declared_by"
    ):
        yield Entry(
            row.declared_at, "delivery", _("Jobs and investment declared"), row.organization,
            row.declared_by, f"{row.month:%Y-%m}",
        )  # fmt: skip


Fact = tuple[datetime, Organization | None, User | None, date]


def _entries(title: str, facts: Iterable[Fact]) -> Iterator[Entry]:
    ordered = sorted(facts, key=lambda fact: (fact[0], fact[3]))
    for _key, together in groupby(ordered, key=lambda fact: (fact[0].date(), *fact[1:3])):
        group = list(together)
        at, organization, user, _month = group[-1]
        months = sorted(month for *_rest, month in group)
        text = f"{months[0]:%Y-%m}"
        if len(months) > 1:
            text = f"{text} – {months[-1]:%Y-%m}"
        yield Entry(at, "delivery", title, organization, user, text)
