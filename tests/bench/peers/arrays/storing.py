"""From lists to the binary COPY that fills the table."""

from collections.abc import Iterator

import numpy as np

from tests.bench import copying
from tests.bench.peers.arrays.best import NOBODY, Lists
from tests.bench.peers.arrays.loading import Market
from tests.bench.peers.lists import BEST_PER_FLOW

# Object ids of the element types of arrays.
UUID, FLOAT8 = 2950, 701
ROWS_PER_PIECE = 20_000


def stream(market: Market, of_outputs: Lists, of_inputs: Lists) -> Iterator[bytes]:
    """Yield the COPY in pieces; rows with lists of one length are alike, and come together."""
    yield copying.HEADER
    for own, partners, lists in (
        (market.outputs, market.inputs, of_outputs),
        (market.inputs, market.outputs, of_inputs),
    ):
        lengths = (lists.partners != NOBODY).sum(axis=1)
        for length in range(1, BEST_PER_FLOW + 1):
            flows = np.flatnonzero(lengths == length)
            for start in range(0, len(flows), ROWS_PER_PIECE):
                chosen = flows[start : start + ROWS_PER_PIECE]
                yield _rows(own["id"][chosen], partners["id"], lists, chosen, length)
    yield copying.TRAILER


def _array(kind: str, length: int) -> np.dtype:
    """Return what an array of one dimension looks like in the stream."""
    element = np.dtype([("length", ">i4"), ("value", kind)])
    head = [(name, ">i4") for name in ("length", "dimensions", "nulls", "oid", "count", "first")]
    return np.dtype([*head, ("elements", element, (length,))])


def _rows(
    ids: np.ndarray, partner_ids: np.ndarray, lists: Lists, chosen: np.ndarray, length: int
) -> bytes:
    columns = {
        "partners": ("V16", UUID, partner_ids[lists.partners[chosen, :length]]),
        "scores": (">f8", FLOAT8, lists.scores[chosen, :length]),
        "distances": (">f8", FLOAT8, lists.distances_m[chosen, :length]),
    }
    rows = np.zeros(
        len(chosen),
        dtype=[
            ("field_count", ">i2"),
            ("id_length", ">i4"),
            ("id", "V16"),
            *((name, _array(kind, length)) for name, (kind, _, _) in columns.items()),
        ],
    )
    rows["field_count"], rows["id_length"], rows["id"] = 4, 16, ids
    for name, (kind, oid, values) in columns.items():
        array = rows[name]
        array["length"] = array.dtype.itemsize - 4
        array["dimensions"], array["oid"], array["count"], array["first"] = 1, oid, length, 1
        array["elements"]["length"] = np.dtype(kind).itemsize
        array["elements"]["value"] = values
    return rows.tobytes()
