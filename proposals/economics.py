"""
What terms mean to each side, EUR per year: the engine's figures, told to whom they concern.

An organization's own costs are its own: what a side avoids, and so what it gains, is told to its
members only, and to facilitators. What lies between, the connection and its price, both see.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import F

from matching.valuation import Valuation, Valuer, valuer_of, valuers_of
from organizations.models import ResourceFlow
from organizations.permissions import Actor
from proposals.models import Proposal, ProposalTerms


class Role(StrEnum):
    """Which end of the exchange an organization is."""

    SUPPLIER = "supplier"  # the output is theirs
    RECIPIENT = "recipient"  # the input is theirs


@dataclass(frozen=True, slots=True)
class Share:
    """
    What an exchange brings one side, EUR per year (`investment_eur`: once).

    None where the terms leave open what it depends on. Payments and costs are above 0 for who
    gains by them: a recipient's payment is below 0, unless it is paid for taking the resource.
    """

    organization_id: UUID
    role: Role
    avoided_eur_per_year: float
    payment_eur_per_year: float | None
    connection_eur_per_year: float | None
    investment_eur: float | None
    gain_eur_per_year: float | None


@dataclass(frozen=True, slots=True)
class Economics:
    """What both sides see of an exchange, and the shares that the reader may read."""

    quantity_per_year: float
    distance_m: float
    connection_eur_per_year: float
    investment_eur: float
    co2_avoided_t_per_year: float
    shares: list[Share]


def economics_of(
    proposal: Proposal, versions: Iterable[ProposalTerms], *, viewer: Actor
) -> dict[int, Economics]:
    """
    Return what each version means, by its number; what cannot be said is left out.

    Nothing can be said without a quantity, or where the proposal names no flow of the sender, or
    the two flows never run at once. In a fixed number of queries.
    """
    told = [terms for terms in versions if terms.quantity is not None]
    valuer = _valuer(proposal) if told else None
    if valuer is None:
        return {}
    told_to = _told_to(viewer)
    result = {}
    for terms in told:
        valuation = valuer.at(float(terms.quantity or 0))
        if valuation is not None:
            result[terms.version] = _economics(proposal, terms, valuation, told_to)
    return result


def present_economics(proposals: Iterable[Proposal], *, viewer: Actor) -> dict[UUID, Economics]:
    """Return the same of the present terms of several proposals, by their ids; as many queries."""
    pairs = {proposal.pk: proposal.pair for proposal in proposals}
    valuers = valuers_of([(one, other) for one, other in pairs.values() if one and other])
    if not valuers:
        return {}
    told_to = _told_to(viewer)
    present = ProposalTerms.objects.filter(
        proposal__in=pairs, version=F("proposal__terms_version"), quantity__isnull=False
    )
    by_proposal = {terms.proposal_id: terms for terms in present}
    result = {}
    for proposal in proposals:
        valuer = valuers.get(proposal.pair)  # type: ignore[arg-type]
        terms = by_proposal.get(proposal.pk)
        valuation = valuer.at(float(terms.quantity or 0)) if valuer and terms else None
        if terms and valuation:
            result[proposal.pk] = _economics(proposal, terms, valuation, told_to)
    return result


def _told_to(viewer: Actor) -> set[UUID] | None:
    """Whose shares the viewer reads; None: everybody's."""
    if isinstance(viewer, AnonymousUser):
        return set()
    if viewer.is_facilitator:
        return None
    return set(viewer.organizations.values_list("pk", flat=True))


def _valuer(proposal: Proposal) -> Valuer | None:
    output_id, input_id = proposal.pair
    if output_id is None or input_id is None:
        return None
    return valuer_of(output_id=output_id, input_id=input_id)


def roles(proposal: Proposal) -> dict[UUID, Role]:
    """Return which end of the exchange each organization is."""
    target, sender = proposal.to_organization_id, proposal.from_organization_id
    if proposal.resource.direction == ResourceFlow.Direction.OUTPUT:
        return {sender: Role.RECIPIENT, target: Role.SUPPLIER}
    return {sender: Role.SUPPLIER, target: Role.RECIPIENT}


def _economics(
    proposal: Proposal, terms: ProposalTerms, valuation: Valuation, told_to: set[UUID] | None
) -> Economics:
    return Economics(
        valuation.quantity_per_year,
        valuation.distance_m,
        valuation.connection_eur_per_year,
        valuation.investment_eur,
        valuation.co2_avoided_t_per_year,
        [
            share_of(organization_id, role, terms, valuation)
            for organization_id, role in roles(proposal).items()
            if told_to is None or organization_id in told_to
        ],
    )


def share_of(
    organization_id: UUID, role: Role, terms: ProposalTerms, valuation: Valuation
) -> Share:
    """Return what an exchange on these terms brings one side."""
    payment = part = None
    if terms.price_per_unit is not None:
        payment = float(terms.price_per_unit) * valuation.quantity_per_year
    if terms.connection_recipient_pct is not None:
        part = terms.connection_recipient_pct / 100
    avoided = valuation.avoided_purchase_eur_per_year
    if role == Role.SUPPLIER:
        avoided = valuation.avoided_disposal_eur_per_year
        part = None if part is None else 1 - part
    elif payment is not None:
        payment = -payment
    connection = None if part is None else -part * valuation.connection_eur_per_year
    gain = None
    if payment is not None and connection is not None:
        gain = avoided + payment + connection
    return Share(
        organization_id,
        role,
        avoided,
        payment,
        connection,
        None if part is None else part * valuation.investment_eur,
        gain,
    )
