"""Everything that happened about a proposal, in order: steps, terms, messages."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from organizations.models import Organization, User
from proposals.models import Proposal, ProposalMessage, ProposalTerms, ProposalTransition
from proposals.states import Status

SHORT = 160


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened; `tag` is a status or the kind of the entry, for its colour."""

    at: datetime
    tag: str
    title: str
    organization: Organization | None
    actor: User | None
    text: str


def timeline_of(proposal: Proposal) -> list[Entry]:
    """Return what happened, the oldest first; in a fixed number of queries."""
    people = ("organization", "actor"), ("organization", "author")
    entries = [_step(row) for row in proposal.transitions.select_related(*people[0])]
    # The first version is what was proposed.
    offers = proposal.terms.filter(version__gt=1).select_related(*people[1])
    entries += [_offer(row) for row in offers]
    entries += [_message(row) for row in proposal.messages.select_related(*people[1])]
    return sorted(entries, key=lambda entry: entry.at)


def _step(step: ProposalTransition) -> Entry:
    title = step.get_to_status_display()
    if step.from_status == step.to_status == Status.NEGOTIATING:
        title = _("Version %d confirmed") % (step.terms_version or 1)
    elif step.to_status == Status.CONTRACTED:
        title = _("Contracted on version %d") % (step.terms_version or 1)
    return Entry(
        step.occurred_at, step.to_status, title, step.organization, step.actor, step.comment
    )


def _offer(terms: ProposalTerms) -> Entry:
    title = _("Version %d offered") % terms.version
    return Entry(terms.offered_at, "offer", title, terms.organization, terms.author, terms.comment)


def _message(message: ProposalMessage) -> Entry:
    text = message.text if len(message.text) <= SHORT else f"{message.text[:SHORT]}…"
    return Entry(
        message.posted_at, "talk", _("Message"), message.organization, message.author, text
    )
