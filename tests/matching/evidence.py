"""Decided proposals for learning, without the proposals."""

from uuid import uuid4

from django.utils import timezone

from matching.engine.parameters import FACTORS
from matching.models import ProposalEvidence
from tests.factories import OrganizationFactory


def evidence(count: int = 40, factor: str = "spatial") -> None:
    """As many accepted as rejected proposals; one factor told them apart."""
    for number in range(2 * count):
        scores = [0.5] * len(FACTORS)
        scores[FACTORS.index(factor)] = (1.0, 0.0)[number % 2]
        ProposalEvidence.objects.create(
            proposal_id=uuid4(),
            organization=OrganizationFactory(),
            is_accepted=number % 2 == 0,
            scores=scores,
            decided_at=timezone.now(),
        )
