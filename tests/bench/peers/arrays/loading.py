"""From the database to arrays by column."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.bench import copying
from tests.bench.peers import extract
from tests.bench.peers.arrays.geodesy import from_centre, reduced

MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# Days of a set of months, by its bits.
DAYS_OF_MONTHS = np.array(
    [
        sum(days for bit, days in enumerate(MONTH_DAYS) if months >> bit & 1)
        for months in range(4096)
    ],
    dtype=float,
)


class Columns:
    """The flows of one direction in the order of their ids, column by column."""

    def __init__(self, rows: np.ndarray) -> None:
        self._columns: dict[str, np.ndarray] = {}
        for name, kind in extract.FLOW:
            column = np.ascontiguousarray(rows[name])
            if kind in ("integer", "double precision"):
                column = column.astype(column.dtype.newbyteorder("="))
            self._columns[name] = column
        week = np.zeros((len(rows), 24), dtype=np.uint8)
        week[:, :21] = self["hours"].view(np.uint8).reshape(-1, 21)
        self._columns["hours"] = week.view("<u8").astype(np.uint64)
        self._columns["hours_per_year"] = hours_per_year(self["hours"], self["months"])
        self._columns["sine"], self._columns["cosine"] = reduced(self["latitude"])

    def __len__(self) -> int:
        return len(self["id"])

    def __getitem__(self, name: str) -> np.ndarray:
        return self._columns[name]

    def __setitem__(self, name: str, column: np.ndarray) -> None:
        self._columns[name] = column


@dataclass(frozen=True)
class Market:
    """Everything that is matched."""

    types: dict[int, np.void]
    servings: list[tuple[int, int]]  # (type of outputs, type of inputs)
    outputs: Columns
    inputs: Columns
    output_places: np.ndarray  # m from the centre of the earth
    input_places: np.ndarray


def hours_per_year(hours: np.ndarray, months: np.ndarray) -> np.ndarray:
    """Return the hours of a year of 365 days that a week's hours have in these months."""
    count = np.bitwise_count(hours).sum(axis=1, dtype=np.int64)
    return 8760.0 * (count / 168) * (DAYS_OF_MONTHS[months] / 365)


def load(cursor: Any) -> Market:
    types = copying.decode(extract.TYPE, copying.copy_out(cursor, extract.TYPES))
    servings = copying.decode(extract.SERVES, copying.copy_out(cursor, extract.SERVINGS))
    flows = copying.decode(extract.FLOW, copying.copy_out(cursor, extract.FLOWS))
    contents = copying.decode(extract.CONTAMINANT, copying.copy_out(cursor, extract.CONTAMINANTS))
    by_id = {int(row["id"]): row for row in types}
    is_output = flows["is_output"] == 1
    outputs, inputs = Columns(flows[is_output]), Columns(flows[~is_output])
    for side in (outputs, inputs):
        side["contents"] = _contents(side["id"], contents)
        side["owner"] = np.ascontiguousarray(side["organization"]).view(">u8").reshape(-1, 2)
    limits = {key: float(row["reach_m"]) for key, row in by_id.items()}
    own = np.array([limits[key] for key in outputs["type"].tolist()])
    outputs["reach_m"] = np.minimum(outputs["reach_m"], own)
    return Market(
        by_id,
        [(int(pair["output_type"]), int(pair["input_type"])) for pair in servings],
        outputs,
        inputs,
        from_centre(outputs["latitude"], outputs["longitude"]),
        from_centre(inputs["latitude"], inputs["longitude"]),
    )


def _contents(ids: np.ndarray, contents: np.ndarray) -> np.ndarray:
    """Return (flow, substance) in mg/kg, NaN where nothing is stated."""
    table = np.full((len(ids), max([0, *contents["substance"].tolist()])), np.nan)
    if len(ids) and len(contents):
        place = {octets: number for number, octets in enumerate(ids.tolist())}
        rows = np.array([place.get(octets, -1) for octets in contents["flow"].tolist()])
        known = rows >= 0
        table[rows[known], contents["substance"][known] - 1] = contents["mg_per_kg"][known]
    return table
