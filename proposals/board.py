"""Proposals by state, as cards: with whom, about what, what it brings us, and whose turn it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from organizations.models import Organization, User
from proposals.economics import present_economics
from proposals.models import Proposal
from proposals.querysets import ProposalQuerySet
from proposals.states import OPEN, Status

CARDS_PER_COLUMN = 10
ENDED = "ended"
# The column of what has ended otherwise than by a completed exchange.
COLUMNS: dict[str, tuple[Any, tuple[Status, ...]]] = {
    status: (status.label, (status,)) for status in (*OPEN, Status.COMPLETED)
} | {
    ENDED: (
        gettext_lazy("Ended"),
        (Status.REJECTED, Status.WITHDRAWN, Status.EXPIRED, Status.FAILED),
    )
}


@dataclass(frozen=True, slots=True)
class Card:
    """
    A proposal in a word.

    `gain_eur_per_year`: of the reader's side by the present terms, where that can be said.
    `waits_for`: the sides whose turn it is; `is_ours`: one of them is the reader's.
    """

    proposal: Proposal
    partners: list[Organization]
    gain_eur_per_year: float | None
    next_step: str
    waits_for: list[Organization]
    is_ours: bool


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    label: str
    count: int
    cards: list[Card]


def of_column(proposals: ProposalQuerySet, key: str) -> ProposalQuerySet:
    """Return those of a column, or of a status; of an unknown one none."""
    statuses = COLUMNS[key][1] if key in COLUMNS else (key,)
    return proposals.filter(status__in=statuses)


def board(proposals: ProposalQuerySet, *, viewer: User) -> list[Column]:
    """Return the columns with the newest of each, in a fixed number of queries."""
    counts = dict(proposals.order_by().values_list("status").annotate(Count("pk")))
    newest = {
        key: list(
            of_column(proposals.for_display(), key).order_by("-updated_at", "pk")[:CARDS_PER_COLUMN]
        )
        if any(counts.get(status) for status in statuses)
        else []
        for key, (_label, statuses) in COLUMNS.items()
    }
    own = set(viewer.organizations.values_list("pk", flat=True))
    shown = [proposal for column in newest.values() for proposal in column]
    gains = _gains(shown, viewer)
    return [
        Column(
            key,
            str(label),
            sum(counts.get(status, 0) for status in statuses),
            [_card(proposal, own, gains.get(proposal.pk)) for proposal in newest[key]],
        )
        for key, (label, statuses) in COLUMNS.items()
    ]


def _gains(proposals: Iterable[Proposal], viewer: User) -> dict[Any, float | None]:
    """What each brings the reader's side; nothing where the reader belongs to both or none."""
    if viewer.is_facilitator:
        return {}
    return {
        key: told.shares[0].gain_eur_per_year
        for key, told in present_economics(proposals, viewer=viewer).items()
        if len(told.shares) == 1
    }


def _card(proposal: Proposal, own: set[Any], gain: float | None) -> Card:
    sides = [proposal.from_organization, proposal.to_organization]
    partners = [side for side in sides if side.pk not in own] or sides
    next_step, waits_for = _turn(proposal, sides)
    return Card(
        proposal, partners, gain, next_step, waits_for, any(side.pk in own for side in waits_for)
    )


def _turn(proposal: Proposal, sides: list[Organization]) -> tuple[str, list[Organization]]:
    """What comes next, and who can do it."""
    if proposal.status == Status.PENDING:
        return _("Accept or reject"), [proposal.to_organization]
    if proposal.status == Status.NEGOTIATING:
        confirmed = proposal.confirmed_by()
        missing = [side for side in sides if side.pk not in confirmed]
        return (_("Confirm the terms") if confirmed else _("Agree on terms")), missing
    steps = {
        Status.ACCEPTED: _("Start negotiating"),
        Status.CONTRACTED: _("Go live"),
        Status.LIVE: _("Report deliveries"),
    }
    if proposal.status in steps:
        return steps[Status(proposal.status)], sides
    return "", []
