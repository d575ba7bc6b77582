"""Rows with arrays of different lengths, as octets for PostgreSQL's binary COPY."""

import numpy as np
from numba import njit

INTEGER, FLOAT = 20, 701  # PostgreSQL's object ids of int8 and float8
# Each element comes after its length.
ELEMENT_BYTES = 12


@njit(cache=True)
def _put(buffer, at, number):
    """Write four bytes; returns where they end."""
    for byte in range(4):
        buffer[at + byte] = number >> 8 * (3 - byte) & 0xFF
    return at + 4


@njit(cache=True)
def _copy(buffer, at, octets):
    buffer[at : at + len(octets)] = octets
    return at + len(octets)


@njit(cache=True)
def _array_bytes(size):
    return 12 + (8 + ELEMENT_BYTES * size if size else 0)


@njit(cache=True)
def _put_array(buffer, at, elements, size, kind):
    """Write an array of one dimension from its elements, a row of bytes."""
    at = _put(buffer, at, _array_bytes(size))
    at = _put(buffer, at, 1 if size else 0)
    at = _put(buffer, at, 0)  # no element is null
    at = _put(buffer, at, kind)
    if size:
        at = _put(buffer, at, size)
        at = _put(buffer, at, 1)  # the first index
        at = _copy(buffer, at, elements[: ELEMENT_BYTES * size])
    return at


@njit(cache=True, nogil=True)
def rows(heads, partners, scores, distances, sizes, holders, starts, tails):
    """
    Return rows as binary COPY has them: head, four arrays and tail, one after the other.

    Heads and tails are the octets of their fields, a row each. Of the next three, each a row of
    elements with their lengths, `sizes` are taken; of `holders` those from one of `starts` to the
    next.
    """
    total = heads.size + tails.size
    for row in range(len(heads)):
        total += (
            3 * (4 + _array_bytes(sizes[row])) + 4 + _array_bytes(starts[row + 1] - starts[row])
        )
    buffer = np.empty(total, dtype=np.uint8)
    at = 0
    for row in range(len(heads)):
        at = _copy(buffer, at, heads[row])
        at = _put_array(buffer, at, partners[row], sizes[row], INTEGER)
        at = _put_array(buffer, at, scores[row], sizes[row], FLOAT)
        at = _put_array(buffer, at, distances[row], sizes[row], FLOAT)
        size = starts[row + 1] - starts[row]
        at = _put_array(buffer, at, holders[starts[row] : starts[row + 1]].ravel(), size, INTEGER)
        at = _copy(buffer, at, tails[row])
    return buffer


def warm_up() -> None:
    """Compile the kernel, or load it from the cache."""
    octets = np.zeros((1, ELEMENT_BYTES), dtype=np.uint8)
    one = np.ones(1, dtype=np.int64)
    rows(octets, octets, octets, octets, one, octets, np.arange(2), octets)
