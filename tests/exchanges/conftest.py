"""A live exchange: Charlie's fly ash goes to Alice, 1,200 t a year."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from proposals import services as proposals
from proposals.models import Proposal, ProposalTransition
from tests.factories import ResourceFlowFactory, SiteFactory

WAY = ["accepted", "negotiating", "contracted", "live", "completed"]


def put(proposal: Proposal, status: str, *, at: datetime | None = None) -> None:
    """Bring a proposal to a status, along the way that the database knows."""
    now = timezone.now()
    proposal.refresh_from_db()
    done = WAY.index(proposal.status) + 1 if proposal.status in WAY else 0
    steps = [status] if status in ("pending", "failed") else WAY[done : WAY.index(status) + 1]
    if status == "failed" and proposal.status == "pending":
        steps = ["accepted", "failed"]
    for step in steps:
        if step == proposal.status:
            continue
        Proposal.objects.filter(pk=proposal.pk).update(
            status=step,
            sender_confirmed_at=now,
            target_confirmed_at=now,
            sender_confirmed_version=proposal.terms_version,
            target_confirmed_version=proposal.terms_version,
        )
        ProposalTransition.objects.create(
            proposal=proposal,
            from_status=proposal.status,
            to_status=step,
            organization=proposal.to_organization,
            occurred_at=at or now,
        )
        proposal.refresh_from_db()


def propose(actor, sender, resource, **fields) -> Proposal:
    return proposals.create_proposal(
        actor=actor,
        from_organization=sender,
        to_organization=resource.organization,
        resource=resource,
        direction=resource.direction,
        message="Shall we?",
        **fields,
    )


@pytest.fixture
def ash(charlies_organization):
    return ResourceFlowFactory(
        site=SiteFactory(organization=charlies_organization, country="DK"),
        type_code="mineral.fly_ash",
        name="Fly ash",
        amount=5000,
    )


@pytest.fixture
def exchange(alice, alices_organization, ash) -> Proposal:
    """Live since January 2026."""
    proposal = propose(alice, alices_organization, ash, quantity=1200, price_per_unit=5)
    put(proposal, "live", at=datetime(2026, 1, 15, tzinfo=UTC))
    return proposal


@pytest.fixture
def url(exchange) -> str:
    return f"/api/v1/proposals/{exchange.pk}"
