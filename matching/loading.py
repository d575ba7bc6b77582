"""From database rows to the engine's arrays, by binary COPY."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from psycopg import sql

from matching.engine.arrays import (
    CONTAMINANT,
    FLOW,
    MODES,
    PRECISION_LEVELS,
    RESOURCE_TYPE,
    TEMPERATURE_RULES,
)
from organizations.models import ResourceType

_FLOAT, _INT, _LONG, _UUID, _HOURS = ">f8", ">i4", ">i8", "V16", "V21"

# Column of the engine → (SQL, type in the binary COPY). No column is ever null, so that every row
# has the same length and the whole answer is one array.
_NAN = "'NaN'::float8"
_COLUMNS: dict[str, tuple[str, str]] = {
    "id": ("f.id", _UUID),
    "organization": ("f.organization_id", _UUID),
    "resource_type_id": ("f.resource_type_id::int4", _INT),
    "latitude": ("ST_Y(f.location::geometry)", _FLOAT),
    "longitude": ("ST_X(f.location::geometry)", _FLOAT),
    "reach_m": ("coalesce(f.max_distance_km * 1000, 'Infinity'::float8)", _FLOAT),
    # What is under contract is not there to be matched.
    "quantity_per_year": ("f.quantity_per_year - f.reserved_per_year", _FLOAT),
    "min_quantity_per_year": ("f.min_quantity_per_year", _FLOAT),
    "hours": ("f.hours_of_week", _HOURS),
    "months": ("(SELECT sum(1 << (m - 1))::int4 FROM unnest(f.months) m)", _INT),
    "valid_from_day": ("coalesce(f.valid_from - DATE '1970-01-01', -2147483648)", _INT),
    "valid_to_day": ("coalesce(f.valid_to - DATE '1970-01-01', 2147483647)", _INT),
    "hazardous": ("f.hazardous::int4", _INT),
    "permit": ("s.holds_hazardous_waste_permit::int4", _INT),
    "precision": (
        f"array_position(ARRAY{list(PRECISION_LEVELS)}, f.precision_level::text) - 1",
        _INT,
    ),
    "verified": ("(o.verified_at IS NOT NULL)::int4", _INT),
    "completed_exchanges": ("o.completed_exchanges", _INT),
    "country": ("ascii(s.country) * 256 + ascii(substr(s.country, 2))", _INT),
    "cost_eur_per_unit": (
        f"coalesce((f.current_cost_per_unit * c.eur_per_unit)::float8 / f.unit_factor, {_NAN})",
        _FLOAT,
    ),
    "methods": (
        f"(SELECT coalesce(sum(1 << (array_position(ARRAY{list(MODES)}, m::text) - 1)), 0)::int4"
        " FROM unnest(f.methods) m)",
        _INT,
    ),
    "storage_days": ("coalesce(f.storage_days, 0)", _FLOAT),
} | {
    f"{engine}_{end}_{unit}" if unit else f"{engine}_{end}": (
        f"coalesce(f.{column}_{end}, {_NAN})",
        _FLOAT,
    )
    for engine, unit, column in (
        ("temperature", "c", "temperature_celsius"),
        ("pressure", "bar", "pressure_bar"),
        ("purity", "pct", "purity_pct"),
        ("moisture", "pct", "moisture_pct"),
        ("ph", "", "ph"),
    )
    for end in ("min", "max")
}
_ROW = np.dtype(
    [("field_count", ">i2")]
    + [
        field
        for name, (_, kind) in _COLUMNS.items()
        for field in ((f"_{name}_length", ">i4"), (name, kind))
    ]
)
# "PGCOPY\n\377\r\n\0", flags, length of the header extension; and the two bytes at the end.
_HEADER_BYTES, _TRAILER_BYTES = 19, 2
_FROM = """
FROM organizations_resourceflow f
JOIN organizations_site s ON s.id = f.site_id
JOIN organizations_organization o ON o.id = f.organization_id
JOIN organizations_currencyrate c ON c.code = f.currency_id
"""


@dataclass(frozen=True)
class TypeTable:
    """Resource types in tree order."""

    array: np.ndarray  # RESOURCE_TYPE
    index_of: dict[int, int]  # primary key → index
    keys: list[int]  # index → primary key

    def counterpart_keys(self, key: int, *, is_output: bool) -> list[int]:
        """Primary keys of the types that a flow's partners can have."""
        own = self.index_of[key]
        if is_output:
            ends = self.array["subtree_end"]
            return [self.keys[t] for t in range(own + 1) if t <= own < ends[t]]
        return self.subtree_keys(key)

    def roots(self) -> dict[int, int]:
        """Return for each type the root of its tree, by primary keys."""
        result: dict[int, int] = {}
        for number, key in enumerate(self.keys):
            if key not in result:
                end = int(self.array["subtree_end"][number])
                result |= dict.fromkeys(self.keys[number:end], key)
        return result

    def subtree_keys(self, key: int) -> list[int]:
        """Primary keys of a type and all below it."""
        own = self.index_of[key]
        return self.keys[own : int(self.array["subtree_end"][own])]

    def reach_m(self, key: int, *, is_output: bool) -> float:
        """The farthest that a partner of a flow of this type can be."""
        own = self.index_of[key]
        end = own + 1 if is_output else int(self.array["subtree_end"][own])
        return float(self.array["reach_m"][own:end].max())


@dataclass(frozen=True)
class FlowTable:
    """Flows of one direction, sorted by id."""

    ids: list[UUID]
    raw_ids: np.ndarray  # the 16 bytes of each
    array: np.ndarray  # FLOW

    def __len__(self) -> int:
        return len(self.ids)


# Flows, and their contaminants as (index of the flow, substance, mg/kg).
Loaded = tuple[FlowTable, list[tuple[int, str, float]]]


def load_types() -> TypeTable:
    """Read all resource types."""
    types = sorted(ResourceType.objects.all(), key=lambda t: t.code.split("."))
    array = np.zeros(len(types), dtype=RESOURCE_TYPE)
    for number, resource_type in enumerate(types):
        prefix = f"{resource_type.code}."
        end = number + 1
        while end < len(types) and types[end].code.startswith(prefix):
            end += 1
        array[number] = (
            end,
            MODES.index(resource_type.transport),
            TEMPERATURE_RULES.index(resource_type.temperature_rule),
            _number(resource_type.price_eur_per_unit),
            _number(resource_type.co2_t_per_unit),
            _number(resource_type.tonnes_per_unit),
            _number(resource_type.pipe_mw_per_unit_per_hour),
            resource_type.max_distance_km * 1000,
        )
    keys = [resource_type.pk for resource_type in types]
    return TypeTable(array, {key: number for number, key in enumerate(keys)}, keys)


def _number(value: Any) -> float:
    return np.nan if value is None else float(value)


def load_flows(
    types: TypeTable,
    *,
    is_output: bool,
    condition: str = "true",
    parameters: Sequence[Any] = (),
    offered: bool = True,
) -> Loaded:
    """
    Read the flows of one direction that meet a condition on `f`, sorted by id.

    `offered`: only those that take part in matching, that is active ones with something left that
    is not under contract.
    """
    direction = "output" if is_output else "input"
    where = f"{_FROM} WHERE f.direction = '{direction}' AND ({condition})"
    if offered:
        where += " AND f.status = 'active' AND f.quantity_per_year > f.reserved_per_year"
    columns = ", ".join(expression for expression, _ in _COLUMNS.values())
    statement = f"COPY (SELECT {columns} {where} ORDER BY f.id) TO STDOUT (FORMAT binary)"
    with connection.cursor() as cursor:
        literal = _with_literals(statement, parameters)
        with cursor.cursor.copy(literal) as copy:
            data = b"".join(copy)
        rows = np.frombuffer(data[_HEADER_BYTES:-_TRAILER_BYTES], dtype=_ROW)
        raw_ids = np.ascontiguousarray(rows["id"])
        table = FlowTable(_uuids(raw_ids), raw_ids, _flows(rows, types))
        if is_output:
            own = types.array["reach_m"][table.array["type"]]
            np.minimum(table.array["reach_m"], own, out=table.array["reach_m"])
        cursor.execute(
            f"""SELECT x.flow_id, x.substance, x.mg_per_kg
            FROM organizations_flowcontaminant x
            JOIN (SELECT f.id {where}) wanted ON wanted.id = x.flow_id""",
            list(parameters),
        )
        contents = cursor.fetchall()
    place = {flow_id: number for number, flow_id in enumerate(table.ids)} if contents else {}
    return table, [(place[flow_id], name, content) for flow_id, name, content in contents]


def _uuids(raw_ids: np.ndarray) -> list[UUID]:
    octets = raw_ids.tobytes()
    return [UUID(bytes=octets[start : start + 16]) for start in range(0, len(octets), 16)]


def _with_literals(statement: str, parameters: Sequence[Any]) -> sql.Composed:
    """Write the parameters into a statement: COPY takes none."""
    parts = statement.split("%s")
    composed = sql.SQL(parts[0])
    result: sql.Composed = sql.Composed([composed])
    for parameter, part in zip(parameters, parts[1:], strict=True):
        result = result + sql.Literal(parameter) + sql.SQL(part)
    return result


def _flows(rows: np.ndarray, types: TypeTable) -> np.ndarray:
    array = np.zeros(len(rows), dtype=FLOW)
    for name in set(_COLUMNS) & set(FLOW.names or ()):
        array[name] = rows[name]
    halves = np.ascontiguousarray(rows["organization"]).view(">i8").reshape(-1, 2)
    array["organization_high"], array["organization_low"] = halves[:, 0], halves[:, 1]
    lookup = np.full(max(types.keys, default=0) + 1, -1, dtype=np.int32)
    lookup[types.keys] = np.arange(len(types.keys))
    array["type"] = lookup[rows["resource_type_id"]]
    hours = np.zeros((len(rows), 24), dtype=np.uint8)
    hours[:, :21] = np.ascontiguousarray(rows["hours"]).view(np.uint8).reshape(-1, 21)
    for number, word in enumerate(hours.view("<u8").T):
        array[f"hours_{number}"] = word
    latitude, longitude = np.radians(array["latitude"]), np.radians(array["longitude"])
    array["x"] = np.cos(latitude) * np.cos(longitude)
    array["y"] = np.cos(latitude) * np.sin(longitude)
    array["z"] = np.sin(latitude)
    return array


def substances(*tables: Loaded) -> list[str]:
    """Return the contaminants of several tables by their numbers in the engine."""
    return sorted({name for _, contents in tables for _, name, _ in contents})


def join_contaminants(*tables: Loaded) -> np.ndarray:
    """Put the contaminants of several tables into one array and set the flows' slices of it."""
    numbers = {name: number for number, name in enumerate(substances(*tables))}
    joined = np.zeros(sum(len(contents) for _, contents in tables), dtype=CONTAMINANT)
    place = 0
    for table, contents in tables:
        table.array["contaminants_start"] = table.array["contaminants_end"] = 0
        ordered = sorted((index, numbers[name], content) for index, name, content in contents)
        for index, substance, content in ordered:
            flow = table.array[index]
            if flow["contaminants_end"] == flow["contaminants_start"]:
                flow["contaminants_start"] = flow["contaminants_end"] = place
            joined[place] = (substance, content)
            place += 1
            flow["contaminants_end"] = place
    return joined
