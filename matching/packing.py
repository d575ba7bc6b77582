"""Lists of partners as rows of PostgreSQL's binary COPY."""

import numpy as np
from numba import njit

from matching.bulk import Side
from matching.engine.best import NOBODY

# Signature, flags, length of the header's extension; and what comes after the last row.
HEADER, TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
COLUMNS = (
    "partition_id", "flow_id", "number", "is_output", "partners", "scores", "distances_m",
    "listed_by", "match_count", "best_savings_eur_per_year", "best_co2_avoided_t_per_year",
)  # fmt: skip
# Each field comes after its length in bytes.
_HEAD = np.dtype(
    [("field_count", ">i2")]
    + [
        field
        for name, kind in (
            ("partition_id", ">i8"), ("flow_id", "V16"), ("number", ">i8"), ("is_output", "u1"),
        )
        for field in ((f"{name}_length", ">i4"), (name, kind))
    ]
)  # fmt: skip
_TAIL = np.dtype(
    [
        field
        for name, kind in (("match_count", ">i4"), ("savings", ">f8"), ("co2", ">f8"))
        for field in ((f"{name}_length", ">i4"), (name, kind))
    ]
)
_INTEGER, _FLOAT = 20, 701  # PostgreSQL's object ids of int8 and float8
_ELEMENT_BYTES = 12


def pack(
    partition_id: int, side: Side, partner_numbers: np.ndarray, rows: slice, *, is_output: bool
) -> bytes:
    """Return some lists of a side; `partner_numbers` are those of the flows of the other side."""
    partners = side.lists.partners[rows]
    # The last one stands for `NOBODY`, whom no row will hold.
    partner_numbers = np.append(partner_numbers, 0)
    starts = side.starts[rows.start : rows.stop + 1]
    holders = side.listed_by[starts[0] : starts[-1]]
    starts = starts - starts[0]
    heads = np.zeros(len(partners), dtype=_HEAD)
    heads["field_count"] = len(COLUMNS)
    heads["partition_id"], heads["flow_id"] = partition_id, side.flows.raw_ids[rows]
    heads["number"], heads["is_output"] = side.flows.numbers[rows], is_output
    tails = np.zeros(len(partners), dtype=_TAIL)
    tails["match_count"] = _match_counts(partners, holders, starts)
    tails["savings"] = np.round(side.lists.first_savings[rows], 2)
    tails["co2"] = side.lists.first_co2[rows]
    for table in (heads, tails):
        for name in table.dtype.names or ():
            if name.endswith("_length"):
                table[name] = table.dtype[name.removesuffix("_length")].itemsize
    octets = _rows(
        _bytes(heads), _elements(partner_numbers[partners], ">i8"),
        _elements(side.lists.scores[rows], ">f8"), _elements(side.lists.distances_m[rows], ">f8"),
        (partners != NOBODY).sum(axis=1), _elements(partner_numbers[holders], ">i8"), starts,
        _bytes(tails),
    )  # fmt: skip
    return HEADER + octets.tobytes() + TRAILER


def _bytes(rows: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(rows).view(np.uint8).reshape(len(rows), rows.dtype.itemsize)


def _elements(values: np.ndarray, kind: str) -> np.ndarray:
    """Return values as the elements of an array, each after its length, in rows of bytes."""
    elements = np.empty(values.shape, dtype=np.dtype([("length", ">i4"), ("value", kind)]))
    elements["length"], elements["value"] = 8, values
    return elements.view(np.uint8).reshape(len(values), _ELEMENT_BYTES * values[:1].size)


@njit(cache=True, nogil=True)
def _match_counts(partners, holders, starts):
    """Return how many partners each flow has that are in its list, or have it in theirs."""
    counts = np.zeros(len(partners), dtype=np.int64)
    for row in range(len(partners)):
        counts[row] = starts[row + 1] - starts[row]
        for partner in partners[row]:
            is_new = partner != NOBODY
            for place in range(starts[row], starts[row + 1]):
                is_new = is_new and holders[place] != partner
            counts[row] += is_new
    return counts


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
    return 12 + (8 + _ELEMENT_BYTES * size if size else 0)


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
        at = _copy(buffer, at, elements[: _ELEMENT_BYTES * size])
    return at


@njit(cache=True, nogil=True)
def _rows(heads, partners, scores, distances, sizes, holders, starts, tails):
    total = heads.size + tails.size
    for row in range(len(heads)):
        total += (
            3 * (4 + _array_bytes(sizes[row])) + 4 + _array_bytes(starts[row + 1] - starts[row])
        )
    buffer = np.empty(total, dtype=np.uint8)
    at = 0
    for row in range(len(heads)):
        at = _copy(buffer, at, heads[row])
        at = _put_array(buffer, at, partners[row], sizes[row], _INTEGER)
        at = _put_array(buffer, at, scores[row], sizes[row], _FLOAT)
        at = _put_array(buffer, at, distances[row], sizes[row], _FLOAT)
        size = starts[row + 1] - starts[row]
        at = _put_array(buffer, at, holders[starts[row] : starts[row + 1]].ravel(), size, _INTEGER)
        at = _copy(buffer, at, tails[row])
    return buffer
