"""Remind the side asked of proposals that are about to expire."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from proposals.models import Proposal, ProposalReminder
from proposals.states import Status
from turash.events.catalogue import ProposalExpiring
from turash.events.publishers import publish

# Before the end; who was asked less than a day ago needs no reminder.
REMIND_BEFORE = timedelta(days=2)
YOUNGEST = timedelta(days=1)
AT_ONCE = 500


@transaction.atomic
def remind_expiring(*, now: datetime) -> int:
    """Announce once for each pending proposal that its time is nearly over; returns how many."""
    reminded = ProposalReminder.objects.filter(
        proposal=OuterRef("pk"), valid_until=OuterRef("valid_until")
    )
    expiring = list(
        Proposal.objects.filter(
            ~Exists(reminded),
            status=Status.PENDING,
            valid_until__gt=now,
            valid_until__lte=now + REMIND_BEFORE,
            created_at__lte=now - YOUNGEST,
        )
        .order_by(F("valid_until"), "pk")
        .select_for_update(no_key=True, skip_locked=True)[:AT_ONCE]
    )
    ProposalReminder.objects.bulk_create(
        ProposalReminder(proposal=proposal, valid_until=proposal.valid_until, announced_at=now)  # type: ignore[misc]  # has one, see above
        for proposal in expiring
    )
    for proposal in expiring:
        publish(
            ProposalExpiring(
                proposal_id=proposal.pk,
                from_organization_id=proposal.from_organization_id,
                to_organization_id=proposal.to_organization_id,
            )
        )
    return len(expiring)
