"""The best partners of many flows, kept while pairs arrive in chunks."""

import numpy as np

from tests.bench.peers.lists import BEST_PER_FLOW

NOBODY = -1


class Lists:
    """The best of each flow so far, in order: higher score, nearer, the smaller place (id)."""

    def __init__(self, count: int) -> None:
        shape = (count, BEST_PER_FLOW)
        self.partners = np.full(shape, NOBODY, dtype=np.int32)
        self.scores = np.full(shape, -np.inf)
        self.distances_m = np.zeros(shape)

    def worst(self, own: np.ndarray) -> np.ndarray:
        """Return the scores that new partners have to reach."""
        return self.scores[own, -1]

    def merge(
        self, own: np.ndarray, partner: np.ndarray, score: np.ndarray, distance_m: np.ndarray
    ) -> None:
        """Let pairs in; no pair comes twice."""
        chosen = np.flatnonzero(score >= self.worst(own))
        chosen = chosen[_front(own[chosen], score[chosen])]
        if not len(chosen):
            return
        flows = np.unique(own[chosen])
        known_row, known_place = np.nonzero(self.partners[flows] != NOBODY)
        known = flows[known_row]
        own = np.concatenate([own[chosen], known])
        partner = np.concatenate([partner[chosen], self.partners[known, known_place]])
        score = np.concatenate([score[chosen], self.scores[known, known_place]])
        distance_m = np.concatenate([distance_m[chosen], self.distances_m[known, known_place]])
        order = np.lexsort((partner, distance_m, -score, own))
        rank = _ranks(own[order])
        order, rank = order[rank < BEST_PER_FLOW], rank[rank < BEST_PER_FLOW]
        self.partners[own[order], rank] = partner[order]
        self.scores[own[order], rank] = score[order]
        self.distances_m[own[order], rank] = distance_m[order]


def _ranks(sorted_own: np.ndarray) -> np.ndarray:
    """Return each element's place among those of the same flow."""
    starts = np.flatnonzero(np.diff(sorted_own, prepend=-1))
    return np.arange(len(sorted_own)) - np.repeat(
        starts, np.diff(np.append(starts, len(sorted_own)))
    )


def _front(own: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Return the pairs among the best of their flow by score, with all that equal the last."""
    order = np.lexsort((-score, own))
    rank = _ranks(own[order])
    sorted_own, sorted_score = own[order], score[order]
    last = np.full(own.max(initial=0) + 1, -np.inf)
    at_last = rank == BEST_PER_FLOW - 1
    last[sorted_own[at_last]] = sorted_score[at_last]
    return order[sorted_score >= last[sorted_own]]
