"""Offers and counter-offers: each is a new version of the terms."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from organizations.models import User
from proposals import permissions
from proposals.models import Proposal, ProposalTerms
from proposals.services import limits
from proposals.services.steps import TermsOutdated, move_proposal
from proposals.states import NEGOTIABLE, Status
from turash.errors import DomainError
from turash.events.catalogue import ProposalTermsOffered
from turash.events.publishers import publish


class NotNegotiable(DomainError):
    """The proposal is in a state in which the terms stand."""

    code = "not_negotiable"


def first_terms(proposal: Proposal, *, actor: User) -> ProposalTerms:
    """Keep what was proposed as the first version."""
    return ProposalTerms.objects.create(
        proposal=proposal,
        version=1,
        quantity=proposal.quantity,
        price_per_unit=proposal.price_per_unit,
        organization_id=proposal.from_organization_id,
        author=actor,
        offered_at=proposal.created_at,
    )


@transaction.atomic
def offer_terms(
    *, proposal_id: UUID, actor: User, based_on: int, comment: str = "", **changes: Any
) -> ProposalTerms:
    """
    Offer other terms; what is not among the changes stays as it is.

    `based_on` is the version that the actor has seen. The new version withdraws what either side
    has confirmed before. Quantity in canonical units per year, price in EUR per canonical unit.

    :raises Proposal.DoesNotExist: there is no such proposal.
    :raises PermissionDenied: the actor acts for neither side.
    :raises NotNegotiable: the proposal is not in negotiation.
    :raises TermsOutdated: there is a newer version than `based_on`.
    :raises TooManyRequests: the actor offers too often.
    :raises ValidationError: a field is wrong, or nothing changes.
    """
    proposal = Proposal.objects.select_for_update(no_key=True).get(pk=proposal_id)
    organization_id = permissions.act_for(
        actor, proposal, _("Only owners and managers of the two sides negotiate.")
    )
    if proposal.status not in NEGOTIABLE:
        raise NotNegotiable(
            _("The proposal is %s; terms can be changed while it is negotiated.")
            % proposal.get_status_display().lower()
        )
    if based_on != proposal.terms_version:
        raise TermsOutdated(proposal)
    limits.spend(limits.OFFERS, actor)
    present = proposal.terms.get(version=based_on)
    terms = ProposalTerms(
        proposal=proposal,
        version=based_on + 1,
        organization_id=organization_id,
        author=actor,
        comment=comment,
        **{name: changes.get(name, getattr(present, name)) for name in ProposalTerms.FIELDS},
    )
    _check(terms, present)
    terms.save(force_insert=True)
    _take_over(proposal, terms)
    publish(
        ProposalTermsOffered(
            proposal_id=proposal.pk,
            from_organization_id=proposal.from_organization_id,
            to_organization_id=proposal.to_organization_id,
            terms_version=terms.version,
        )
    )
    return terms


def _check(terms: ProposalTerms, present: ProposalTerms) -> None:
    """
    See that terms are possible, and differ from the present ones.

    :raises ValidationError: by field; or of the whole.
    """
    for name, is_wrong, message in (
        (
            "quantity",
            terms.quantity is not None and terms.quantity <= 0,
            _("The quantity must be above 0."),
        ),
        (
            "duration_months",
            terms.duration_months is not None and not 1 <= terms.duration_months <= 600,
            _("The duration must be between 1 and 600 months."),
        ),
        (
            "connection_recipient_pct",
            terms.connection_recipient_pct is not None
            and not 0 <= terms.connection_recipient_pct <= 100,
            _("The share must be between 0 and 100 %."),
        ),
        (
            "start_date",
            terms.start_date is not None
            and terms.start_date != present.start_date
            and terms.start_date < timezone.now().date(),
            _("Choose a day that is not over."),
        ),
    ):
        if is_wrong:
            raise ValidationError({name: message})
    terms.full_clean(
        exclude=["proposal", "author", "organization"],
        validate_unique=False,
        validate_constraints=False,
    )
    if not terms.changes_since(present):
        raise ValidationError(
            _("These are the terms of version %d; change something.") % present.version
        )


def _take_over(proposal: Proposal, terms: ProposalTerms) -> None:
    """Make terms the present ones; nobody has confirmed them yet."""
    proposal.terms_version = terms.version
    proposal.quantity, proposal.price_per_unit = terms.quantity, terms.price_per_unit
    proposal.sender_confirmed_at = proposal.target_confirmed_at = None
    proposal.sender_confirmed_version = proposal.target_confirmed_version = None
    proposal.save()


def confirm_terms(*, proposal_id: UUID, actor: User, version: int, comment: str = "") -> Proposal:
    """
    Confirm a version of the terms for the actor's side; the second side makes it the contract.

    :raises PermissionDenied: the actor acts for neither side.
    :raises InvalidTransition: the proposal is not in negotiation.
    :raises TermsOutdated: it is not the present version.
    :raises NotEnoughLeft: a flow has not as much left as the terms ask for.
    """
    return move_proposal(
        proposal_id=proposal_id,
        actor=actor,
        status=Status.CONTRACTED,
        comment=comment,
        version=version,
    )
