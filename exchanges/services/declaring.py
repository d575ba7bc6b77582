"""Declare what no quantity tells: jobs and private investment."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges import permissions
from exchanges.models import Declaration
from exchanges.services.reporting import FIRST_YEAR, RUNNING, NotRunning
from organizations import permissions as organization_permissions
from organizations.models import User
from proposals.models import Proposal
from turash.events.catalogue import FiguresDeclared
from turash.events.publishers import publish


@transaction.atomic
def declare(
    *,
    proposal: Proposal,
    actor: User,
    month: date,
    jobs: Decimal = Decimal(0),
    private_investment_eur: Decimal = Decimal(0),
    note: str = "",
    organization_id: UUID | None = None,
) -> Declaration:
    """
    Declare for one's own side what the exchange brought in a month; replaces what was declared.

    `organization_id` chooses the side where the actor belongs to both.

    :raises PermissionDenied: the actor edits not the flows of that side.
    :raises NotRunning: the exchange is not live yet, or has failed.
    :raises ValidationError: a field is wrong.
    """
    locked = Proposal.objects.select_for_update(no_key=True).get(pk=proposal.pk)
    sides = permissions.sides_of(actor, locked)
    if organization_id is not None:
        if organization_id not in (locked.from_organization_id, locked.to_organization_id):
            text = _("This organization is neither side of the proposal.")
            raise ValidationError({"organization_id": text})
        sides = [side for side in sides if side == organization_id]
    organization_permissions.require(
        bool(sides), _("Owners, managers and members of the two sides declare for their own side.")
    )
    if locked.status not in RUNNING:
        raise NotRunning(_("This can be declared once the exchange is live."))
    this_month = timezone.now().date().replace(day=1)
    if month.day != 1 or not date(FIRST_YEAR, 1, 1) <= month <= this_month:
        text = _("Give a month between %(first)s and this one, such as 2026-03.")
        raise ValidationError({"month": text % {"first": f"{FIRST_YEAR}-01"}})
    declaration = Declaration.objects.filter(
        proposal=locked, organization=sides[0], month=month
    ).first() or Declaration(proposal=locked, organization_id=sides[0], month=month)
    declaration.jobs = jobs
    declaration.private_investment_eur = private_investment_eur
    declaration.note = note
    declaration.declared_by, declaration.declared_at = actor, timezone.now()
    declaration.full_clean(exclude=["proposal", "organization", "declared_by"])
    declaration.save()
    publish(
        FiguresDeclared(
            proposal_id=locked.pk,
            from_organization_id=locked.from_organization_id,
            to_organization_id=locked.to_organization_id,
            organization_id=sides[0],
        )
    )
    return declaration
