"""Writes of weights, and of the decisions about proposals that teach them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db.models import Count
from django.utils import timezone

from matching import learning, loading, pairing, weights
from matching.engine.arrays import COLUMN
from matching.engine.best import score_pairs
from matching.engine.parameters import FACTORS
from matching.learning import Decision, Dismissals, Lesson
from matching.models import (
    FACTOR_OF,
    MatchDismissal,
    MatchingRun,
    MatchingWeights,
    ProposalEvidence,
)
from organizations.models import ResourceFlow

_SCORES = [COLUMN[f"{name}_score"] for name in FACTORS]


def note_decision(
    *,
    proposal_id: UUID,
    organization_id: UUID,
    is_accepted: bool,
    output_id: UUID,
    input_id: UUID,
    decided_at: datetime,
) -> None:
    """
    Keep how well a pair fits of which a proposal was accepted or rejected by an organization.

    Once for each proposal. Nothing is kept of a pair that is no match any more.
    """
    scores = _scores_of_pair(output_id, input_id)
    if scores is None:
        return
    evidence = ProposalEvidence(
        proposal_id=proposal_id,
        organization_id=organization_id,
        is_accepted=is_accepted,
        scores=scores,
        decided_at=decided_at,
    )
    ProposalEvidence.objects.bulk_create([evidence], ignore_conflicts=True)


def _scores_of_pair(output_id: UUID, input_id: UUID) -> list[float] | None:
    output = ResourceFlow.objects.active().filter(pk=output_id, direction="output").first()
    if output is None:
        return None
    types = loading.load_types()
    pairs = pairing.pair_up(output, types, condition="c.flow_id = %s", parameters=[input_id])
    results = score_pairs(*pairs.arrays, weights.in_force())
    if not len(results) or np.isnan(results[0, COLUMN["score"]]):
        return None
    return results[0, _SCORES].tolist()


def learn() -> Lesson:
    """Return what all evidence of now teaches; where learning is switched off, the defaults."""
    if not settings.MATCHING_LEARNS:
        return Lesson()
    return learning.learn(_dismissals(), _decisions())


def _dismissals() -> list[Dismissals]:
    counts = (
        MatchDismissal.objects.filter(category__in=FACTOR_OF)
        .order_by()
        .values_list("organization", "category")
        .annotate(Count("pk"))
    )
    return [
        Dismissals(organization_id, FACTOR_OF[category], count)
        for organization_id, category, count in counts
    ]


def _decisions() -> list[Decision]:
    return [
        Decision(row.organization_id, row.is_accepted, row.by_factor)
        for row in ProposalEvidence.objects.order_by().iterator()
    ]


def bring_weights(run: MatchingRun) -> None:
    """
    Give a run of all that begins the weights that it works with, if others are in force.

    What a person has asked for with the run stays; so do chosen weights that are in force.
    """
    present = weights.latest()
    if MatchingWeights.objects.filter(run=run).exists() or (present and present.is_chosen):
        return
    lesson = learn()
    if np.array_equal(lesson.weights, weights.in_force()):
        return
    learned(lesson, run=run).save(force_insert=True)


def learned(lesson: Lesson, **fields: Any) -> MatchingWeights:
    """Return a row, not stored, of what a lesson teaches and what it was worked out from."""
    return MatchingWeights(
        **lesson.weights_by_factor,
        votes=lesson.votes,
        contrast=lesson.contrast,
        differences=lesson.differences,
        dismissal_count=lesson.dismissal_count,
        accepted_count=lesson.accepted_count,
        rejected_count=lesson.rejected_count,
        organization_count=lesson.organization_count,
        **fields,
    )


def adopt_weights(run: MatchingRun) -> None:
    """Put in force what a run has brought, in the transaction that swaps in its matches."""
    MatchingWeights.objects.filter(run=run).update(adopted_at=timezone.now())


def drop_weights(run: MatchingRun) -> None:
    """Forget what a run has learned that ends without its matches; what was asked for stays."""
    MatchingWeights.objects.filter(run=run, adopted_at=None, reason="").delete()
