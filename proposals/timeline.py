"""
Everything that happened about a proposal, in order: steps, terms, messages, files, disclosures.

What apps above know, they tell: see `tells`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import F, Min, Model, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from organizations.models import Disclosure, Organization, User
from proposals.models import Proposal, ProposalMessage, ProposalTerms, ProposalTransition
from proposals.states import Status
from turash.history.models import Change

SHORT = 160


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One thing that happened; `tag` is a status or the kind of the entry, for its colour.

    `row` is what was written down then: the history knows whether a facilitator did it, acting for
    the organization.
    """

    at: datetime
    tag: str
    title: str
    organization: Organization | None
    actor: User | None
    text: str
    row: Model | None = None
    by_facilitator: bool = False


Teller = Callable[[Proposal], Iterable[Entry]]

_tellers: list[Teller] = []


def tells(teller: Teller) -> Teller:
    """Register who knows more of what happened about a proposal."""
    _tellers.append(teller)
    return teller


def timeline_of(proposal: Proposal) -> list[Entry]:
    """Return what happened, the oldest first; in a fixed number of queries."""
    people = ("organization", "actor"), ("organization", "author")
    entries = [_step(row) for row in proposal.transitions.select_related(*people[0])]
    # The first version is what was proposed.
    offers = proposal.terms.filter(version__gt=1).select_related(*people[1])
    entries += [_offer(row) for row in offers]
    said = proposal.messages.select_related(*people[1]).prefetch_related("attachments")
    entries += [_message(row) for row in said]
    entries += _disclosures(proposal)
    for teller in _tellers:
        entries += teller(proposal)
    acted = _written_while_acting(proposal)
    if acted:
        entries = [replace(one, by_facilitator=_name_of(one.row) in acted) for one in entries]
    return sorted(entries, key=lambda entry: entry.at)


def _written_while_acting(proposal: Proposal) -> set[tuple[str, str]]:
    """Rows that facilitators added while they acted for one of the sides."""
    sides = [proposal.from_organization_id, proposal.to_organization_id]
    done = Change.objects.filter(
        acting_id__isnull=False, operation=Change.Operation.INSERT, organization_ids__overlap=sides
    )
    return set(done.values_list("table", "row_id"))


def _name_of(row: Model | None) -> tuple[str, str]:
    return (row._meta.db_table, str(row.pk)) if row is not None else ("", "")


def _step(step: ProposalTransition) -> Entry:
    title = step.get_to_status_display()
    if step.from_status == step.to_status == Status.NEGOTIATING:
        title = _("Version %d confirmed") % (step.terms_version or 1)
    elif step.to_status == Status.CONTRACTED:
        title = _("Contracted on version %d") % (step.terms_version or 1)
    return Entry(
        step.occurred_at, step.to_status, title, step.organization, step.actor, step.comment, step
    )


def _offer(terms: ProposalTerms) -> Entry:
    title = _("Version %d offered") % terms.version
    return Entry(
        terms.offered_at, "offer", title, terms.organization, terms.author, terms.comment, terms
    )


def _message(message: ProposalMessage) -> Entry:
    text = message.text if len(message.text) <= SHORT else f"{message.text[:SHORT]}…"
    names = [attachment.name for attachment in message.attachments.all()]
    title = ngettext("File", "Files", len(names)) if names else _("Message")
    lines = [*names, *([text] if text not in names else [])]
    return Entry(
        message.posted_at, "talk", title, message.organization, message.author,
        "\n".join(lines), message,
    )  # fmt: skip


def _disclosures(proposal: Proposal) -> list[Entry]:
    """When each side first saw contact details and exact figures of the other."""
    sides = {side.pk: side for side in (proposal.from_organization, proposal.to_organization)}
    first = (
        Disclosure.objects.filter(
            Q(flow=None) | Q(flow__in=[proposal.resource_id, proposal.counterpart_id]),
            organization__in=sides,
            user__organizations__in=sides,
            as_facilitator=False,
        )
        .exclude(user__organizations=F("organization"))
        .values("organization", "flow__name", "user__organizations")
        .annotate(first=Min("seen_at"))
        .order_by()
    )
    return [
        Entry(
            row["first"],
            "seen",
            _("Exact figures seen") if row["flow__name"] else _("Contact details seen"),
            sides[row["user__organizations"]],
            None,
            row["flow__name"] or str(sides[row["organization"]]),
        )
        for row in first
        if row["user__organizations"] in sides
    ]
