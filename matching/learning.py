"""What dismissals and decided proposals teach about the weights of the factors: a plain formula."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from math import fsum

import numpy as np

from matching.engine.parameters import (
    DEFAULT_WEIGHTS,
    EVIDENCE_FOR_HALF_SHIFT,
    EVIDENCE_PER_ORGANIZATION,
    FACTORS,
    LARGEST_WEIGHT_SHIFT,
)


@dataclass(frozen=True, slots=True)
class Dismissals:
    """How many matches an organization has dismissed for a reason that points to a factor."""

    organization: Hashable
    factor: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Decision:
    """An organization accepted or rejected a proposal about a match of these factor scores."""

    organization: Hashable
    is_accepted: bool
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Lesson:
    """
    Weights, and what they were worked out from.

    `votes` are dismissals for each factor and `contrast` decisions, both after the bound of one
    organization; `differences` tell for each factor how much higher its mean score was in accepted
    proposals than in rejected ones.
    """

    weights: np.ndarray = field(default_factory=DEFAULT_WEIGHTS.copy)
    votes: dict[str, float] = field(default_factory=dict)
    contrast: float = 0.0
    differences: dict[str, float] = field(default_factory=dict)
    dismissal_count: int = 0
    accepted_count: int = 0
    rejected_count: int = 0
    organization_count: int = 0

    @property
    def weights_by_factor(self) -> dict[str, float]:
        return _by_factor(self.weights)


def learn(dismissals: Iterable[Dismissals], decisions: Iterable[Decision]) -> Lesson:
    """
    Return the weights that the evidence speaks for, in whatever order it comes.

    They add up to 1, and none is farther from its default than `LARGEST_WEIGHT_SHIFT` of it, less
    where there is little evidence: see docs/matching.md. No evidence leaves the defaults.
    """
    dismissals, decisions = list(dismissals), list(decisions)
    votes = _votes(dismissals)
    contrast, differences = _contrast(decisions)
    evidence = float(votes.sum()) + contrast
    # Between any two factors this differs by less than 1; so does each from their mean.
    pull = (votes + contrast * differences / 2) / (evidence + EVIDENCE_FOR_HALF_SHIFT)
    mean = DEFAULT_WEIGHTS @ pull / DEFAULT_WEIGHTS.sum()
    accepted = sum(decision.is_accepted for decision in decisions)
    return Lesson(
        DEFAULT_WEIGHTS * (1 + LARGEST_WEIGHT_SHIFT * (pull - mean)),
        _by_factor(votes),
        contrast,
        _by_factor(differences),
        sum(one.count for one in dismissals),
        accepted,
        len(decisions) - accepted,
        len({one.organization for one in dismissals} | {one.organization for one in decisions}),
    )


def _share_that_counts(count: float) -> float:
    """Return what each of an organization's pieces of evidence counts for."""
    return min(1.0, EVIDENCE_PER_ORGANIZATION / count)


def _votes(dismissals: list[Dismissals]) -> np.ndarray:
    """Return the dismissals for each factor, those of one organization bounded."""
    of_organization: dict[Hashable, Counter[str]] = defaultdict(Counter)
    for one in dismissals:
        of_organization[one.organization][one.factor] += one.count
    counts = [
        {factor: count * _share_that_counts(own.total()) for factor, count in own.items()}
        for own in of_organization.values()
        if own.total()
    ]
    return np.array([fsum(own.get(factor, 0.0) for own in counts) for factor in FACTORS])


def _contrast(decisions: list[Decision]) -> tuple[float, np.ndarray]:
    """
    Return how many decisions can be compared, and mean score accepted − rejected by factor.

    As many count of the more frequent kind as there are of the other: all of one kind teach
    nothing.
    """
    own_counts = Counter(decision.organization for decision in decisions)
    shares = [_share_that_counts(own_counts[decision.organization]) for decision in decisions]
    amounts, means = [], []
    for is_accepted in (True, False):
        chosen = [
            (share, decision.scores)
            for share, decision in zip(shares, decisions, strict=True)
            if decision.is_accepted == is_accepted
        ]
        amount = fsum(share for share, _ in chosen)
        if not amount:
            return 0.0, np.zeros(len(FACTORS))
        amounts.append(amount)
        means.append(
            [fsum(share * scores[name] for share, scores in chosen) / amount for name in FACTORS]
        )
    return 2 * min(amounts), np.array(means[0]) - np.array(means[1])


def _by_factor(values: np.ndarray) -> dict[str, float]:
    return dict(zip(FACTORS, values.tolist(), strict=True))
