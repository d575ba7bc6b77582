"""From a plan to proposals: each chosen exchange with the terms that it suggests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from matching.models import Match
from organizations import permissions as access
from organizations.models import Organization, ResourceFlow, User
from plans.models import Plan, PlannedExchange
from plans.room import Room, room_of
from plans.sides import Pair
from proposals import services as proposals
from proposals.models import Proposal
from turash.errors import DomainError

MOST_AT_ONCE = 50


@dataclass
class Proposed:
    """What came of it: new proposals, and why others were not made, by match."""

    proposals: list[Proposal] = field(default_factory=list)
    refused: dict[UUID, str] = field(default_factory=dict)


def suggested_price(exchange: PlannedExchange) -> float:
    """
    Return what the recipient would pay so that both gain alike [EUR per canonical unit].

    The gain of a side is what it avoids, less or more what is paid, less half of what lies between.
    """
    difference = exchange.avoided_purchase_eur_per_year - exchange.avoided_disposal_eur_per_year
    return difference / (2 * exchange.quantity_per_year)


def propose_exchanges(
    *, actor: User, plan: Plan, organization: Organization, match_ids: Sequence[UUID]
) -> Proposed:
    """
    Propose exchanges of a plan on behalf of one of their sides, each for itself.

    One that cannot be proposed does not keep the others: there is an open proposal already, or a
    flow has changed since, so that they match no more, or not in the plan's quantity.

    :raises PermissionDenied: the actor does not act for the organization.
    :raises ValidationError: a match is not one that the plan realises, or not the organization's.
    """
    access.require(access.can_manage(actor, organization.pk))
    if len(match_ids) > MOST_AT_ONCE:
        raise ValidationError({"match_ids": _("At most %d at once.") % MOST_AT_ONCE})
    chosen = plan.exchanges.proposable_by([organization.pk]).for_display()
    exchanges = {exchange.match_id: exchange for exchange in chosen}
    for key in match_ids:
        if key not in exchanges:
            raise ValidationError(
                {"match_ids": _("The plan has no exchange %s of this organization.") % key}
            )
    result = Proposed()
    room = room_of(plan, [_pair(exchanges[key]) for key in dict.fromkeys(match_ids)])
    for key in dict.fromkeys(match_ids):
        try:
            proposal = _propose(actor, organization, exchanges[key], room)
        except DomainError as error:
            result.refused[key] = error.message
        except ValidationError as error:
            result.refused[key] = " ".join(error.messages)
        else:
            PlannedExchange.objects.filter(pk=exchanges[key].pk).update(proposal=proposal)
            result.proposals.append(proposal)
    return result


def _pair(exchange: PlannedExchange) -> Pair:
    # Both sides are declared: others are not proposable.
    return Pair(exchange.declared_output_id, exchange.declared_input_id)  # type: ignore[arg-type]


def _propose(
    actor: User, organization: Organization, exchange: PlannedExchange, room: Room
) -> Proposal:
    theirs: ResourceFlow = exchange.declared_output  # type: ignore[assignment]
    if theirs.organization_id == organization.pk:
        theirs = exchange.declared_input  # type: ignore[assignment]
    matches = Match.seen.with_id(exchange.match_id)  # type: ignore[arg-type]
    match = matches.select_related("output", "input").first()
    if match is None:
        raise ValidationError(_("The two flows no longer match."))
    pair = (match.output_id, match.input_id)
    if not room.has(pair, exchange.quantity_per_year):
        raise ValidationError(
            _("The plan's quantity does not fit any more: a flow has changed since. Solve again.")
        )
    proposal = proposals.create_proposal(
        actor=actor,
        from_organization=organization,
        to_organization=theirs.organization,
        resource=theirs,
        direction=theirs.direction,
        match=match,
        message=_(
            "The exchange plan “%(plan)s” suggests this quantity, and a price by which both sides "
            "gain alike. Shall we talk about it?"
        )
        % {"plan": exchange.plan.name},
        quantity=Decimal(f"{exchange.quantity_per_year:.6f}"),
        price_per_unit=Decimal(f"{suggested_price(exchange):.4f}"),
    )
    # Others of the same flows have to do with the rest.
    room.take(pair, exchange.quantity_per_year)
    return proposal
