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


def warm_up() -> None:
    """Compile the kernel, or load it from the cache."""
    listed_by(np.zeros((1, 1), dtype=np.int32), 1)
