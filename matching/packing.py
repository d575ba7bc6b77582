"""Lists of partners as rows of PostgreSQL's binary COPY."""

import numpy as np

from matching.bulk import Side
from matching.engine import copying
from matching.engine.best import NOBODY
from matching.engine.copying import ELEMENT_BYTES
from matching.engine.inversion import match_counts

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
    tails["match_count"] = match_counts(partners, holders, starts)
    tails["savings"] = np.round(side.lists.first_savings[rows], 2)
    tails["co2"] = side.lists.first_co2[rows]
    for table in (heads, tails):
        for name in table.dtype.names or ():
            if name.endswith("_length"):
                table[name] = table.dtype[name.removesuffix("_length")].itemsize
    octets = copying.rows(
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
    return elements.view(np.uint8).reshape(len(values), ELEMENT_BYTES * values[:1].size)
