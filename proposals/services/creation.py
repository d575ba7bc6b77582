"""Ask another organization for an exchange."""

from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from matching.models import Match
from organizations import permissions as organization_permissions
from organizations.models import Organization, ResourceFlow, User
from proposals.models import Proposal
from proposals.services import terms
from proposals.services.recording import record_transition
from proposals.states import OPEN
from turash.errors import DomainError
from turash.events.catalogue import ProposalCreated
from turash.events.publishers import publish


class AlreadyProposed(DomainError):
    """The two organizations have an open proposal about the resource."""

    code = "already_proposed"


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
    terms.first_terms(proposal, actor=actor)
    record_transition(proposal, "", actor=actor, organization_id=from_organization.pk, comment="")
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


def _counterpart(match: Match, sender: Organization, resource: ResourceFlow) -> ResourceFlow:
    """Return the sender's own flow of a match."""
    for theirs, ours in ((match.output, match.input), (match.input, match.output)):
        if theirs.pk == resource.pk and ours.organization_id == sender.pk:
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
