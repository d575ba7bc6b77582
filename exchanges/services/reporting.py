"""Report what was delivered, and confirm what the other side has reported."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges import permissions
from exchanges.models import Delivery
from exchanges.models.delivery import LARGEST_QUANTITY
from exchanges.services.fixing import fix_factors
from organizations import permissions as organization_permissions
from organizations.models import User
from proposals.models import Proposal
from proposals.states import Status
from turash.errors import DomainError, InvalidInput
from turash.events.catalogue import DeliveriesConfirmed, DeliveriesReported
from turash.events.publishers import publish

RUNNING = (Status.LIVE, Status.COMPLETED)
FIRST_YEAR = 2000
MOST_AT_ONCE = 600


class NotRunning(DomainError):
    """The exchange is neither live nor completed."""

    code = "not_running"


class ChangedMeanwhile(DomainError):
    """The reported quantity is another one than that to be confirmed."""

    code = "changed_meanwhile"


class AlreadyConfirmed(DomainError):
    """The month is confirmed."""

    code = "already_confirmed"


@dataclass(frozen=True, slots=True)
class Reported:
    """A month's quantity in canonical units; `path` names the input in error messages."""

    month: date
    quantity: Decimal
    note: str = ""
    path: str = ""


@transaction.atomic
def report_deliveries(
    *, proposal: Proposal, actor: User, rows: Sequence[Reported]
) -> list[Delivery]:
    """
    Write down what went over in some months: all of them, or none.

    A month that was reported before is replaced; unless nothing changes, its confirmation is gone.

    :raises PermissionDenied: the actor edits neither side's flows.
    :raises NotRunning: the exchange is not live yet, or has failed.
    :raises InvalidInput: a month or quantity makes no sense, or a month comes twice.
    """
    locked, sides = _running(proposal, actor)
    _check(rows)
    fix_factors(locked)
    now = timezone.now()
    there = {
        row.month: row
        for row in Delivery.objects.select_for_update().filter(
            proposal=locked, month__in=[row.month for row in rows]
        )
    }
    changed, result = [], []
    for row in rows:
        delivery = there.get(row.month) or Delivery(proposal=locked, month=row.month)
        if delivery._state.adding or _differs(delivery, row):
            delivery.quantity, delivery.note = row.quantity, row.note
            delivery.reported_for_id, delivery.reported_by = sides[0], actor
            delivery.reported_at = now
            delivery.confirmed_for = delivery.confirmed_by = delivery.confirmed_at = None
            delivery.save()
            changed.append(delivery)
        result.append(delivery)
    if changed:
        publish(
            DeliveriesReported(
                proposal_id=locked.pk,
                from_organization_id=locked.from_organization_id,
                to_organization_id=locked.to_organization_id,
                month_count=len(changed),
            )
        )
    return result


@transaction.atomic
def confirm_delivery(*, delivery: Delivery, actor: User, quantity: Decimal) -> Delivery:
    """
    Confirm for the other side what was reported; the quantity says what was read.

    :raises PermissionDenied: the actor edits not the flows of the side that has not reported.
    :raises NotRunning: the exchange has failed.
    :raises AlreadyConfirmed: that has happened before.
    :raises ChangedMeanwhile: another quantity was reported meanwhile.
    """
    proposal, sides = _running(delivery.proposal, actor)
    row = Delivery.objects.select_for_update().get(pk=delivery.pk)
    others: list[UUID] = [side for side in sides if side != row.reported_for_id]
    organization_permissions.require(
        bool(others), _("The other side confirms what one side has reported.")
    )
    organization_permissions.require(
        row.reported_by_id != actor.pk, _("Somebody else confirms what you have reported.")
    )
    if row.confirmed_at is not None:
        raise AlreadyConfirmed(_("This month is confirmed already."))
    if row.quantity != quantity:
        raise ChangedMeanwhile(_("Another quantity was reported meanwhile; look at it again."))
    row.confirmed_for_id, row.confirmed_by, row.confirmed_at = others[0], actor, timezone.now()
    row.save()
    publish(
        DeliveriesConfirmed(
            proposal_id=proposal.pk,
            from_organization_id=proposal.from_organization_id,
            to_organization_id=proposal.to_organization_id,
            month_count=1,
        )
    )
    return row


def _running(proposal: Proposal, actor: User) -> tuple[Proposal, list[UUID]]:
    """Lock the proposal, so that it does not move on and months are reported one after another."""
    locked = Proposal.objects.select_for_update(no_key=True).get(pk=proposal.pk)
    sides = permissions.sides_of(actor, locked)
    organization_permissions.require(
        bool(sides), _("Owners, managers and members of the two sides report deliveries.")
    )
    if locked.status not in RUNNING:
        raise NotRunning(_("Deliveries are reported once the exchange is live."))
    return locked, sides


def _differs(delivery: Delivery, row: Reported) -> bool:
    return (delivery.quantity, delivery.note) != (row.quantity, row.note)


def _check(rows: Sequence[Reported]) -> None:
    errors: dict[str, list[str]] = {}
    this_month = timezone.now().date().replace(day=1)
    seen: set[date] = set()
    for row in rows:
        prefix = f"{row.path}." if row.path else ""
        if row.month.day != 1 or not date(FIRST_YEAR, 1, 1) <= row.month <= this_month:
            text = _("Give a month between %(first)s and this one, such as 2026-03.")
            errors.setdefault(f"{prefix}month", []).append(text % {"first": f"{FIRST_YEAR}-01"})
        if row.month in seen:
            errors.setdefault(f"{prefix}month", []).append(_("This month comes twice."))
        seen.add(row.month)
        if not row.quantity.is_finite() or not 0 <= row.quantity <= LARGEST_QUANTITY:
            text = _("The quantity must be between 0 and 10¹².")
            errors.setdefault(f"{prefix}quantity", []).append(text)
        elif row.quantity != round(row.quantity, 6):
            text = _("At most six decimals.")
            errors.setdefault(f"{prefix}quantity", []).append(text)
        if len(row.note) > Delivery._meta.get_field("note").max_length:  # type: ignore[operator]
            errors.setdefault(f"{prefix}note", []).append(_("The note is too long."))
    if len(rows) > MOST_AT_ONCE:
        errors["rows"] = [_("At most %d months at once.") % MOST_AT_ONCE]
    if errors:
        raise InvalidInput(errors)
