"""A live exchange: Charlie's fly ash goes to Alice, 1,200 t a year."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from proposals import services as proposals
from proposals.models import Proposal, ProposalTransition
from tests.factories import ResourceFlowFactory, SiteFactory


def put(proposal: Proposal, status: str, *, at: datetime | None = None) -> None:
    """Put a proposal into a status, as if its steps had been taken."""
    now = timezone.now()
    Proposal.objects.filter(pk=proposal.pk).update(
        status=status, sender_confirmed_at=now, target_confirmed_at=now
    )
    ProposalTransition.objects.create(
        proposal=proposal,
        from_status=proposal.status,
        to_status=status,
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
