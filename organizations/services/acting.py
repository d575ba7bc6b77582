"""Facilitators who act for an organization: openly, for a reason and a limited time."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from organizations import permissions
from organizations.models import Acting, Membership, Organization, User
from organizations.models.moderation import LONGEST_ACTING
from turash.errors import DomainError
from turash.events.catalogue import ActingEnded, ActingStarted
from turash.events.publishers import publish
from turash.locking import lock


class CannotAct(DomainError):
    """The facilitator cannot act for this organization now."""

    code = "cannot_act"


@transaction.atomic
def start_acting(
    *, actor: User, organization: Organization, reason: str, lasts: timedelta = LONGEST_ACTING
) -> Acting:
    """
    Give a facilitator the rights of a manager of the organization, which is told.

    :raises PermissionDenied: the actor is no facilitator.
    :raises CannotAct: the actor is a member, or acts for an organization already.
    :raises ValidationError: there is no reason, or it would last too long.
    """
    permissions.require(actor.is_facilitator, _("Only facilitators act for others."))
    lock(organization)
    if Acting.objects.filter(user=actor, ended_at=None).exists():
        raise CannotAct(_("You act for an organization already; end that first."))
    if permissions.role_in(actor, organization.pk):
        raise CannotAct(_("You are a member of this organization."))
    now = timezone.now()
    acting = Acting(
        organization=organization,
        user=actor,
        reason=reason.strip(),
        started_at=now,
        expires_at=now + lasts,
    )
    acting.full_clean()
    acting.save()
    Membership.objects.create(
        organization=organization, user=actor, role=Membership.Role.MANAGER, acting=acting
    )
    publish(ActingStarted(organization_id=organization.pk, acting_id=acting.pk))
    return acting


def end_acting(*, actor: User) -> Acting | None:
    """End what the actor does for others; returns it, or None when there was nothing."""
    acting = acting_of(actor)
    if acting is not None:
        _end(acting)
    return acting


def acting_of(user: User) -> Acting | None:
    """For whom the user acts now."""
    return Acting.objects.filter(user=user, ended_at=None).select_related("organization").first()


def end_overdue_acting(*, now: datetime) -> int:
    """End what has lasted as long as it may; returns how many."""
    overdue = list(Acting.objects.filter(ended_at=None, expires_at__lte=now))
    for acting in overdue:
        _end(acting)
    return len(overdue)


@transaction.atomic
def _end(acting: Acting) -> None:
    # A trigger notes the end, as it does when an owner of the organization ends it.
    deleted, _rows = Membership.objects.filter(acting=acting).delete()
    if deleted:
        publish(ActingEnded(organization_id=acting.organization_id, acting_id=acting.pk))
    acting.refresh_from_db()
