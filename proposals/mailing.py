"""E-mails about proposals: to the side that has not done it itself, by each member's preference."""

from collections.abc import Iterable
from uuid import UUID

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from proposals.models import Proposal
from proposals.states import Status
from turash.events.catalogue import (
    ProposalCreated,
    ProposalEvent,
    ProposalExpiring,
    ProposalMessagePosted,
    ProposalStatusChanged,
    ProposalTermsOffered,
)
from turash.events.registry import handles
from turash.mail.services.writing import Words, mail_at_once
from turash.mail.subjects import titles_of
from turash.realtime.services import notify


@titles_of("proposal")
def titles(proposal_ids: Iterable[UUID]) -> dict[UUID, str]:
    proposals = Proposal.objects.for_display().filter(pk__in=proposal_ids)
    return {proposal.pk: str(proposal) for proposal in proposals}


@handles(ProposalExpiring)
def tell_that_it_expires(event: ProposalExpiring) -> None:
    notify(
        event,
        organization_ids=[event.to_organization_id],
        kind="proposal",
        subject_id=event.proposal_id,
        url=_page_of(event),
    )


@handles(ProposalCreated)
def mail_about_new_proposal(event: ProposalCreated) -> None:
    proposal = _proposal(event)

    def words() -> tuple[str, str]:
        subject = _("%(name)s proposes an exchange: %(resource)s") % {
            "name": proposal.from_organization,
            "resource": proposal.resource,
        }
        return subject, f"{subject}.{_end(proposal)}"

    _mail(event, [event.to_organization_id], words)


@handles(ProposalExpiring)
def mail_that_it_expires(event: ProposalExpiring) -> None:
    proposal = _proposal(event)
    if proposal.status != Status.PENDING:
        return

    def words() -> tuple[str, str]:
        subject = _("A proposal of %(name)s is about to expire: %(resource)s") % {
            "name": proposal.from_organization,
            "resource": proposal.resource,
        }
        return subject, f"{subject}.{_end(proposal)}"

    _mail(event, [event.to_organization_id], words)


@handles(ProposalStatusChanged)
def mail_about_step(event: ProposalStatusChanged) -> None:
    proposal = _proposal(event)
    status = Status(event.new_status)
    # Of several steps in a row each event has its own; the comment is read on the page.
    step = (
        proposal.transitions.filter(to_status=event.new_status, from_status=event.old_status)
        .select_related("organization")
        .order_by("-pk")
        .first()
    )
    mover = step.organization if step else None

    def words() -> tuple[str, str]:
        if event.new_status == event.old_status:
            subject = _("%(name)s has confirmed the contract: %(title)s") % {
                "name": mover or "",
                "title": proposal,
            }
        else:
            subject = _("%(status)s: %(title)s") % {"status": status.label, "title": proposal}
        by = _("By %s.") % mover if mover else _("Nobody has decided in time.")
        return subject, f"{subject}.\n{by}"

    sides = [event.from_organization_id, event.to_organization_id]
    others = [side for side in sides if mover is None or side != mover.pk]
    _mail(event, others, words)


@handles(ProposalTermsOffered)
def mail_about_terms(event: ProposalTermsOffered) -> None:
    proposal = _proposal(event)
    terms = proposal.terms.select_related("organization").get(version=event.terms_version)

    def words() -> tuple[str, str]:
        # The figures are read on the page, too.
        subject = _("%(name)s offers other terms: %(title)s") % {
            "name": terms.organization,
            "title": proposal,
        }
        return subject, f"{subject}."

    sides = [event.from_organization_id, event.to_organization_id]
    _mail(event, [side for side in sides if side != terms.organization_id], words)


@handles(ProposalMessagePosted)
def mail_about_message(event: ProposalMessagePosted) -> None:
    proposal = _proposal(event)
    message = proposal.messages.select_related("organization").get(pk=event.message_id)

    def words() -> tuple[str, str]:
        # What was written is read on the page: an e-mail is a postcard.
        subject = _("%(name)s has written to you: %(title)s") % {
            "name": message.organization,
            "title": proposal,
        }
        return subject, f"{subject}."

    sides = [event.from_organization_id, event.to_organization_id]
    _mail(event, [side for side in sides if side != message.organization_id], words)


def _end(proposal: Proposal) -> str:
    if not proposal.valid_until:
        return ""
    when = date_format(proposal.valid_until, "DATETIME_FORMAT")
    return "\n" + _("It is valid until %s (UTC).") % when


def _mail(event: ProposalEvent, organization_ids: list[UUID], words: Words) -> None:
    mail_at_once(
        event,
        organization_ids=organization_ids,
        subject_id=event.proposal_id,
        url=_page_of(event),
        words=words,
    )


def _proposal(event: ProposalEvent) -> Proposal:
    return Proposal.objects.for_display().get(pk=event.proposal_id)


def _page_of(event: ProposalEvent) -> str:
    return reverse("proposals:proposal-detail", args=[event.proposal_id])
