"""Take a proposal from one status to another."""

from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from organizations import permissions as organization_permissions
from organizations.models import User
from proposals import permissions
from proposals.models import Proposal
from proposals.services.recording import record_transition
from proposals.states import STEP_TO, Side, Status
from turash.errors import DomainError
from turash.events.catalogue import ProposalStatusChanged
from turash.events.publishers import publish


class InvalidTransition(DomainError):
    """The proposal is in a state from which the step does not lead."""

    code = "invalid_transition"


@transaction.atomic
def move_proposal(*, proposal_id: UUID, actor: User, status: str, comment: str = "") -> Proposal:
    """
    Take a proposal to another status on behalf of the actor's side.

    A contract needs both sides: the first confirmation is recorded and leaves the status as it is.
    The row is locked, so that of two racing decisions one wins and the other is refused.

    :raises Proposal.DoesNotExist: there is no such proposal.
    :raises ValidationError: the status is unknown, or no step of a person leads to it.
    :raises PermissionDenied: the actor may not take this step.
    :raises InvalidTransition: the step does not lead from the present status, or the time to
        decide is over.
    """
    step = STEP_TO.get(status)  # type: ignore[call-overload]
    if step is None or step.side == Side.TIME:
        choices = ", ".join(target for target, step in STEP_TO.items() if step.side != Side.TIME)
        raise ValidationError(
            {"status": _("No step leads to “%(status)s”; choose one of: %(choices)s.")
             % {"status": str(status)[:20], "choices": choices}}
        )  # fmt: skip
    proposal = Proposal.objects.select_for_update(no_key=True).get(pk=proposal_id)
    sides = permissions.sides_of(actor, proposal) & permissions.allowed_sides(step)
    organization_permissions.require(
        bool(sides), _("Only owners and managers of the side concerned can take this step.")
    )
    now = timezone.now()
    if proposal.status not in step.sources or _is_overdue(proposal, now):
        raise InvalidTransition(
            _("The proposal is %(status)s; it cannot become %(target)s.")
            % {
                "status": proposal.get_status_display().lower(),
                "target": step.target.label.lower(),
            }
        )
    if step.side == Side.BOTH and not _confirm(proposal, sides, now):
        _move(proposal, proposal.status, actor=actor, sides=sides, comment=comment)
    else:
        _move(proposal, step.target, actor=actor, sides=sides, comment=comment)
    return proposal


def _is_overdue(proposal: Proposal, now: datetime) -> bool:
    return (
        proposal.status == Status.PENDING
        and proposal.valid_until is not None
        and proposal.valid_until <= now
    )


def _confirm(proposal: Proposal, sides: set[Side], now: datetime) -> bool:
    """Note the sides' confirmation; returns whether both have confirmed."""
    if Side.SENDER in sides:
        proposal.sender_confirmed_at = proposal.sender_confirmed_at or now
    if Side.TARGET in sides:
        proposal.target_confirmed_at = proposal.target_confirmed_at or now
    return bool(proposal.sender_confirmed_at and proposal.target_confirmed_at)


def _move(
    proposal: Proposal, status: str, *, actor: User | None, sides: set[Side], comment: str
) -> None:
    old_status = proposal.status
    proposal.status = status
    proposal.save()
    organization_id = None
    if sides:
        sender = Side.SENDER in sides
        organization_id = proposal.from_organization_id if sender else proposal.to_organization_id
    record_transition(
        proposal, old_status, actor=actor, organization_id=organization_id, comment=comment
    )
    publish(
        ProposalStatusChanged(
            proposal_id=proposal.pk,
            from_organization_id=proposal.from_organization_id,
            to_organization_id=proposal.to_organization_id,
            old_status=old_status,
            new_status=proposal.status,
        )
    )


@transaction.atomic
def expire_overdue(*, now: datetime) -> int:
    """Let pending proposals expire whose time is over; returns how many."""
    overdue = list(
        Proposal.objects.overdue(now).select_for_update(no_key=True, skip_locked=True)[:500]
    )
    for proposal in overdue:
        _move(proposal, Status.EXPIRED, actor=None, sides=set(), comment="")
    return len(overdue)
