"""Take a proposal from one status to another, as `proposals.states` says."""

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
from proposals.services import reservations
from proposals.services.recording import record_transition
from proposals.states import RESERVING, STEP_TO, Need, Side, Status, Step
from turash.errors import DomainError
from turash.events.catalogue import ProposalStatusChanged
from turash.events.publishers import publish


class InvalidTransition(DomainError):
    """The proposal is in a state from which the step does not lead."""

    code = "invalid_transition"


class TermsOutdated(DomainError):
    """Meanwhile there is a newer version of the terms; nobody agrees to what they have not seen."""

    code = "terms_outdated"

    def __init__(self, proposal: Proposal) -> None:
        super().__init__(_("There are newer terms meanwhile: version %d.") % proposal.terms_version)
        self.members = {"terms_version": proposal.terms_version}


@transaction.atomic
def move_proposal(
    *, proposal_id: UUID, actor: User, status: str, comment: str = "", version: int | None = None
) -> Proposal:
    """
    Take a proposal to another status on behalf of the actor's side.

    A contract needs both sides: the first confirmation is recorded and leaves the status as it is.
    It is about the present terms; `version` says which ones the actor has seen. The row is locked,
    so that of two racing decisions one wins and the other is refused.

    :raises Proposal.DoesNotExist: there is no such proposal.
    :raises ValidationError: the status is unknown, or no step of a person leads to it.
    :raises PermissionDenied: the actor may not take this step.
    :raises InvalidTransition: the step does not lead from the present status, or the time to
        decide is over.
    :raises TermsOutdated: the present terms are not those of `version`.
    :raises NotEnoughLeft: a flow has not as much left as the terms ask for.
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
    if proposal.status not in step.sources or (
        Need.IN_TIME in step.needs and _is_overdue(proposal, now)
    ):
        raise InvalidTransition(
            _("The proposal is %(status)s; it cannot become %(target)s.")
            % {
                "status": proposal.get_status_display().lower(),
                "target": step.target.label.lower(),
            }
        )
    if version is not None and version != proposal.terms_version:
        raise TermsOutdated(proposal)
    if Need.ENOUGH_LEFT in step.needs:
        reservations.check_left(proposal, reservations.hold_flows(proposal))
    target = step.target
    if Need.SAME_TERMS in step.needs and not _confirm(proposal, sides, now):
        target = Status(proposal.status)
    _move(proposal, target, actor=actor, sides=sides, comment=comment, step=step)
    return proposal


def _is_overdue(proposal: Proposal, now: datetime) -> bool:
    return proposal.valid_until is not None and proposal.valid_until <= now


def _confirm(proposal: Proposal, sides: set[Side], now: datetime) -> bool:
    """Note that sides confirm the present terms; returns whether both have."""
    if Side.SENDER in sides:
        proposal.sender_confirmed_at = proposal.sender_confirmed_at or now
        proposal.sender_confirmed_version = proposal.terms_version
    if Side.TARGET in sides:
        proposal.target_confirmed_at = proposal.target_confirmed_at or now
        proposal.target_confirmed_version = proposal.terms_version
    return bool(proposal.sender_confirmed_at and proposal.target_confirmed_at)


def _move(
    proposal: Proposal,
    status: Status,
    *,
    actor: User | None,
    sides: set[Side],
    comment: str,
    step: Step,
) -> None:
    old_status = proposal.status
    changes_what_is_reserved = (old_status in RESERVING) != (status in RESERVING)
    flows = reservations.hold_flows(proposal) if changes_what_is_reserved else []
    proposal.status = status
    proposal.save()
    reservations.renew(flows)
    organization_id = None
    if sides:
        sender = Side.SENDER in sides
        organization_id = proposal.from_organization_id if sender else proposal.to_organization_id
    record_transition(
        proposal,
        old_status,
        actor=actor,
        organization_id=organization_id,
        comment=comment,
        terms_version=proposal.terms_version if Need.SAME_TERMS in step.needs else None,
    )
    output_id, input_id = proposal.pair
    publish(
        ProposalStatusChanged(
            proposal_id=proposal.pk,
            from_organization_id=proposal.from_organization_id,
            to_organization_id=proposal.to_organization_id,
            old_status=old_status,
            new_status=proposal.status,
            output_id=output_id,
            input_id=input_id,
        )
    )


@transaction.atomic
def expire_overdue(*, now: datetime) -> int:
    """Let pending proposals expire whose time is over; returns how many."""
    overdue = list(
        Proposal.objects.overdue(now).select_for_update(no_key=True, skip_locked=True)[:500]
    )
    for proposal in overdue:
        _move(
            proposal,
            Status.EXPIRED,
            actor=None,
            sides=set(),
            comment="",
            step=STEP_TO[Status.EXPIRED],
        )
    return len(overdue)
