"""The weights of the factors that scores are made with."""

from uuid import UUID

import numpy as np

from matching.engine.parameters import DEFAULT_WEIGHTS, FACTORS
from matching.models import MatchingWeights


def latest() -> MatchingWeights | None:
    """Return the row whose weights are in force; None: the defaults are, and always were."""
    adopted = MatchingWeights.objects.filter(adopted_at__isnull=False)
    return adopted.order_by("-adopted_at", "-pk").first()


def in_force() -> np.ndarray:
    """
    Return the weights of the matches of now, in the order of `FACTORS`.

    They change in the transaction that swaps in the matches of a run of all: who holds the lock of
    the matches sees those that the lists were made with.
    """
    return _array(latest())


def by_factor() -> dict[str, float]:
    """Return the weights in force by factor, for who reads them; they add up to 1."""
    return dict(zip(FACTORS, in_force().tolist(), strict=True))


def of_run(run_id: UUID) -> np.ndarray:
    """Return the weights that a run works with: those it brings along, else those in force."""
    return _array(MatchingWeights.objects.filter(run=run_id).first() or latest())


def _array(row: MatchingWeights | None) -> np.ndarray:
    return DEFAULT_WEIGHTS.copy() if row is None else np.array(list(row.by_factor.values()))
