"""The records into which the database packs flows, and the engine's arrays made of them."""

from collections.abc import Mapping, Sequence

import numpy as np

from matching.engine.arrays import FLOW

# What `matching_record` (migration 0014) writes, in the byte order of the wire.
RECORD = np.dtype(
    [
        ("id", "V16"),
        ("number", ">i8"),
        ("organization_high", ">i8"),
        ("organization_low", ">i8"),
        ("resource_type_id", ">i4"),
        ("is_output", ">i4"),
        ("latitude", ">f8"),
        ("longitude", ">f8"),
        ("reach_m", ">f8"),  # as stated, without the type's
        ("quantity_per_year", ">f8"),
        ("min_quantity_per_year", ">f8"),
        ("hours_0", "<u8"),
        ("hours_1", "<u8"),
        ("hours_2", "<u8"),
        ("months", ">i4"),
        ("valid_from_day", ">i4"),
        ("valid_to_day", ">i4"),
        ("temperature_min_c", ">f8"),
        ("temperature_max_c", ">f8"),
        ("pressure_min_bar", ">f8"),
        ("pressure_max_bar", ">f8"),
        ("purity_min_pct", ">f8"),
        ("purity_max_pct", ">f8"),
        ("moisture_min_pct", ">f8"),
        ("moisture_max_pct", ">f8"),
        ("ph_min", ">f8"),
        ("ph_max", ">f8"),
        ("hazardous", ">i4"),
        ("permit", ">i4"),
        ("precision", ">i4"),
        ("verified", ">i4"),
        ("completed_exchanges", ">i4"),
        ("country", ">i4"),
        ("cost_per_unit", ">f8"),  # per canonical unit, in the flow's currency
        ("currency", ">i4"),  # three letters
        ("methods", ">i4"),
        ("storage_days", ">f8"),
    ]
)
# How much of a substance a flow states.
CONTENT = np.dtype([("number", ">i8"), ("substance", "S40"), ("mg_per_kg", ">f8")])
_ALIKE = [name for name in FLOW.names or () if name in (RECORD.names or ())]


def unpack(
    records: np.ndarray, type_keys: Sequence[int], eur_per_unit: Mapping[str, float]
) -> np.ndarray:
    """
    Return flows (FLOW) for records (RECORD), without their contaminants.

    `type_keys`: primary keys of the resource types in the order of the engine's. `eur_per_unit`:
    of each currency by its code.
    """
    flows = np.zeros(len(records), dtype=FLOW)
    for name in _ALIKE:
        flows[name] = records[name]
    places = np.full(max(type_keys, default=0) + 1, -1, dtype=np.int32)
    places[type_keys] = np.arange(len(type_keys))
    flows["type"] = places[records["resource_type_id"]]
    codes = np.array([int.from_bytes(code.encode()) for code in eur_per_unit])
    rates = np.array(list(eur_per_unit.values()))
    order = np.argsort(codes)
    own = order[np.searchsorted(codes[order], records["currency"])]
    flows["cost_eur_per_unit"] = records["cost_per_unit"] * rates[own]
    return flows


def order_of_ids(raw_ids: np.ndarray) -> np.ndarray:
    """Return what sorts ids, of 16 octets each, as PostgreSQL and Python sort UUIDs."""
    high, low = np.ascontiguousarray(raw_ids).view(">u8").reshape(-1, 2).T.astype(np.uint64)
    # Ids of one moment have the upper half in common. One key, of its rank and what there is room
    # for of the lower half, is sorted faster than two.
    order = np.argsort(high)
    rank = np.zeros(len(raw_ids), dtype=np.uint64)
    rank[order[1:]] = np.cumsum(np.diff(high[order]) != 0)
    bits = np.uint64(len(raw_ids).bit_length())
    key = rank << (np.uint64(64) - bits) | low >> bits
    order = np.argsort(key)
    if (np.diff(key[order]) == 0).any():
        order = np.lexsort((low, high))
    return order
