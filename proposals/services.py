"""The only writers of proposals."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from matching.models import Match
from organizations import permissions as organization_permissions
from organizations.models import Organization, ResourceFlow, User
from proposals import permissions
from proposals.models import Proposal, ProposalTransition
from proposals.states import OPEN, STEP_TO, Side, Status
from turash.errors import DomainError
from turash.events.catalogue import ProposalCreated, ProposalStatusChanged
from turash.events.publishers import publish


class AlreadyProposed(DomainError):
    """The two organizations have an open proposal about the resource."""

    code = "already_proposed"


class InvalidTransition(DomainError):
    """The proposal is in a state from which the step does not lead."""

    code = "invalid_transition"


@transaction.atomic
def create_proposal(
    *,
    actor: User,
    from_organization: Organization,
    to_organization: Organization,
    resource: ResourceFlow,
    direction: str,
    message: str,
    match: Match | None = None,
    quantity: Decimal | None = None,
    price_per_unit: Decimal | None = None,
    valid_until: datetime | None = None,
) -> Proposal:
    """
    Ask another organization for an exchange of one of its flows.

    `quantity` in canonical units of the resource per year, `price_per_unit` in EUR per canonical
    unit; `direction` is that of the resource and guards against a mix-up.

    :raises PermissionDenied: the actor does not act for the sending organization.
    :raises ValidationError: a field is wrong or does not fit the others.
    :raises AlreadyProposed: there is an open proposal for the same resource.
    """
    organization_permissions.require(
        organization_permissions.can_manage(actor, from_organization.pk)
    )
    if from_organization == to_organization:
        raise ValidationError({"to_organization": _("An organization cannot propose to itself.")})
    _check_resource(to_organization, resource, direction)
    if quantity is not None and quantity <= 0:
        raise ValidationError({"quantity": _("The quantity must be above 0.")})
    if valid_until is not None and valid_until <= timezone.now():
        raise ValidationError({"valid_until": _("Choose a time in the future.")})
    proposal = Proposal(
        from_organization=from_organization,
        to_organization=to_organization,
        resource=resource,
        counterpart=_counterpart(match, from_organization, resource) if match else None,
        message=message,
        quantity=quantity,
        price_per_unit=price_per_unit,
        valid_until=valid_until,
        created_by=actor,
    )
    proposal.full_clean(validate_constraints=False)
    if _open_ones_like(proposal).exists():
        raise AlreadyProposed(_("There is an open proposal for this resource already."))
    try:
        with transaction.atomic():
            proposal.save()
    except IntegrityError as error:
        # Somebody else was faster between the look and the save.
        if _open_ones_like(proposal).exists():
            raise AlreadyProposed(
                _("There is an open proposal for this resource already.")
            ) from error
        raise
    _record(proposal, "", actor=actor, organization_id=from_organization.pk, comment="")
    publish(
        ProposalCreated(
            proposal_id=proposal.pk,
            from_organization_id=from_organization.pk,
            to_organization_id=to_organization.pk,
        )
    )
    return proposal


def _check_resource(to_organization: Organization, resource: ResourceFlow, direction: str) -> None:
    if resource.organization_id != to_organization.pk:
        raise ValidationError(
            {"resource": _("Choose a flow of the organization that you propose to.")}
        )
    if resource.status != ResourceFlow.Status.ACTIVE:
        raise ValidationError({"resource": _("This flow is not active.")})
    if resource.direction != direction:
        raise ValidationError(
            {"direction": _("This flow is an %s.") % resource.get_direction_display().lower()}
        )


def _counterpart(
    match: Match, from_organization: Organization, resource: ResourceFlow
) -> ResourceFlow:
    """Return the sender's own flow of a match."""
    for theirs, ours in ((match.output, match.input), (match.input, match.output)):
        if theirs.pk == resource.pk and ours.organization_id == from_organization.pk:
            return ours
    raise ValidationError(
        {"match": _("This match is not between your organization and this flow.")}
    )


def _open_ones_like(proposal: Proposal) -> QuerySet[Proposal]:
    return Proposal.objects.filter(
        from_organization=proposal.from_organization,
        to_organization=proposal.to_organization,
        resource=proposal.resource,
        status__in=OPEN,
    )


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
    _record(proposal, old_status, actor=actor, organization_id=organization_id, comment=comment)
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


def _record(
    proposal: Proposal,
    old_status: str,
    *,
    actor: User | None,
    organization_id: UUID | None,
    comment: str,
) -> None:
    transition = ProposalTransition(
        proposal=proposal,
        from_status=old_status,
        to_status=proposal.status,
        actor=actor,
        organization_id=organization_id,
        comment=comment,
    )
    transition.full_clean(exclude=["proposal", "actor", "organization"])
    transition.save()


@transaction.atomic
def expire_overdue(*, now: datetime) -> int:
    """Let pending proposals expire whose time is over; returns how many."""
    overdue = list(
        Proposal.objects.overdue(now).select_for_update(no_key=True, skip_locked=True)[:500]
    )
    for proposal in overdue:
        _move(proposal, Status.EXPIRED, actor=None, sides=set(), comment="")
    return len(overdue)
