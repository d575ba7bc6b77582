"""What an exchange of a given quantity costs and brings, whether or not the pair is a match."""

import numpy as np
from numba import njit

from matching.engine.arrays import FLOW, RESOURCE_TYPE
from matching.engine.scoring import (
    COLUMN_COUNT,
    distance_of_pair_m,
    hours_of_pair,
    value_exchange,
)


@njit(cache=True)
def value_quantity(output, input_, types, quantity, result):
    """
    Fill in the figures of an exchange of `quantity` [canonical units per year]; see `COLUMNS`.

    Sized for the hours in which both run; returns whether there are any. Scores are left as they
    are, but for the economic one.
    """
    shared_hours, _output_hours, _input_hours = hours_of_pair(output, input_)
    if shared_hours <= 0.0:
        return False
    distance = distance_of_pair_m(output, input_)
    value_exchange(output, input_, types[output.type], quantity, shared_hours, distance, result)
    return True


def warm_up() -> None:
    """Compile the kernel, or load it from the cache."""
    flow = np.zeros(1, dtype=FLOW)[0]
    value_quantity(flow, flow, np.zeros(1, dtype=RESOURCE_TYPE), 1.0, np.zeros(COLUMN_COUNT))
