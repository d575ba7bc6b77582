"""From the lists of one side to who is in them."""

import numpy as np
from numba import njit

from matching.engine.best import NOBODY


@njit(cache=True, nogil=True)
def listed_by(partners, count):
    """
    Return for each of `count` flows who has it in its list, given the lists `partners`.

    As (rows of `partners`, one flow after the other, and where each flow's begin and the last end).
    """
    starts = np.zeros(count + 1, dtype=np.int64)
    for row in range(partners.shape[0]):
        for rank in range(partners.shape[1]):
            if partners[row, rank] != NOBODY:
                starts[partners[row, rank] + 1] += 1
    starts = np.cumsum(starts)
    places = starts[:-1].copy()
    holders = np.empty(starts[-1], dtype=np.int32)
    for row in range(partners.shape[0]):
        for rank in range(partners.shape[1]):
            partner = partners[row, rank]
            if partner != NOBODY:
                holders[places[partner]] = row
                places[partner] += 1
    return holders, starts


@njit(cache=True, nogil=True)
def match_counts(partners, holders, starts):
    """
    Return how many partners each flow has that are in its list, or have it in theirs.

    Given the lists, and who has each flow in theirs as `listed_by` returns it.
    """
    counts = np.zeros(len(partners), dtype=np.int64)
    for row in range(len(partners)):
        counts[row] = starts[row + 1] - starts[row]
        for partner in partners[row]:
            is_new = partner != NOBODY
            for place in range(starts[row], starts[row + 1]):
                is_new = is_new and holders[place] != partner
            counts[row] += is_new
    return counts


def warm_up() -> None:
    """Compile the kernels of this module, or load them from the cache."""
    lists = np.zeros((1, 1), dtype=np.int32)
    match_counts(lists, *listed_by(lists, 1))
