"""From database rows to the engine's arrays, by binary COPY."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection
from django.db.models import Model
from psycopg import sql

from matching.engine.arrays import (
    CONTAMINANT,
    FLOW,
    MODES,
    PRECISION_LEVELS,
    RESOURCE_TYPE,
    TEMPERATURE_RULES,
)
from organizations.hours import HoursOfWeek
from organizations.models import ResourceFlow, ResourceType

_FLOAT, _INT, _LONG, _UUID, _HOURS = ">f8", ">i4", ">i8", "V16", "V21"

# Column of the engine → (SQL, type in the binary COPY). No column is ever null, so that every row
# has the same length and the whole answer is one array.
_NAN = "'NaN'::float8"
_COLUMNS: dict[str, tuple[str, str]] = {
    "id": ("f.id", _UUID),
    "number": ("f.number", _LONG),
    "is_output": ("(f.direction = 'output')::int4", _INT),
    "organization": ("f.organization_id", _UUID),
    "resource_type_id": ("f.resource_type_id::int4", _INT),
    "latitude": ("ST_Y(f.location::geometry)", _FLOAT),
    "longitude": ("ST_X(f.location::geometry)", _FLOAT),
    "reach_m": ("coalesce(f.max_distance_km * 1000, 'Infinity'::float8)", _FLOAT),
    # What is under contract is not there to be matched.
    "quantity_per_year": ("f.quantity_per_year - f.reserved_per_year", _FLOAT),
    "min_quantity_per_year": ("f.min_quantity_per_year", _FLOAT),
    "hours": ("f.hours_of_week", _HOURS),
    "months": (
        "CASE WHEN cardinality(f.months) = 12 THEN 4095"
        " ELSE (SELECT sum(1 << (m - 1))::int4 FROM unnest(f.months) m) END",
        _INT,
    ),
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
        "CASE WHEN cardinality(f.methods) = 0 THEN 0"
        f" ELSE (SELECT sum(1 << (array_position(ARRAY{list(MODES)}, m::text) - 1))::int4"
        " FROM unnest(f.methods) m) END",
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
# The same of rows that are not stored, given as JSON.
_FROM_UNSAVED = """
FROM jsonb_populate_record(NULL::organizations_resourceflow, %s) f
CROSS JOIN jsonb_populate_record(NULL::organizations_site, %s) s
CROSS JOIN jsonb_populate_record(NULL::organizations_organization, %s) o
JOIN organizations_currencyrate c ON c.code = f.currency_id
"""


_OFFERED = "f.status = 'active' AND f.quantity_per_year > f.reserved_per_year"


@dataclass(frozen=True)
class TypeTable:
    """Resource types in tree order."""

    array: np.ndarray  # RESOURCE_TYPE
    index_of: dict[int, int]  # primary key → index
    keys: list[int]  # index → primary key
    groups: set[int]  # primary keys of those that no flow has

    def counterpart_keys(self, key: int, *, is_output: bool) -> list[int]:
        """Primary keys of the types that a flow's partners can have."""
        own = self.index_of[key]
        if is_output:
            ends = self.array["subtree_end"]
            return [self.keys[t] for t in range(own + 1) if t <= own < ends[t]]
        return self.subtree_keys(key)

    def roots(self) -> dict[int, int]:
        """Return for each type the topmost above it that flows can have, by primary keys."""
        result: dict[int, int] = {}
        for number, key in enumerate(self.keys):
            if key not in result and key not in self.groups:
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

    raw_ids: np.ndarray  # the 16 bytes of each
    numbers: np.ndarray
    array: np.ndarray  # FLOW

    def __len__(self) -> int:
        return len(self.array)

    @cached_property
    def ids(self) -> list[UUID]:
        octets = self.raw_ids.tobytes()
        return [UUID(bytes=octets[start : start + 16]) for start in range(0, len(octets), 16)]


class Contents(NamedTuple):
    """The contaminants that flows of a table state."""

    places: np.ndarray  # of the flow in its table
    substances: np.ndarray  # names
    mg_per_kg: np.ndarray


Loaded = tuple[FlowTable, Contents]


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
    groups = {resource_type.pk for resource_type in types if resource_type.is_group}
    return TypeTable(array, {key: number for number, key in enumerate(keys)}, keys, groups)


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
    where = f"f.direction = '{direction}' AND ({condition})"
    if offered:
        where += f" AND {_OFFERED}"
    return _loaded(*_read(where, parameters), types)


def load_both(
    types: TypeTable, *, condition: str, parameters: Sequence[Any]
) -> tuple[Loaded, Loaded]:
    """Read the outputs and the inputs that take part in matching and meet a condition, at once."""
    rows, contents = _read(f"({condition}) AND {_OFFERED}", parameters)
    are_outputs = rows["is_output"] == 1
    return _loaded(rows[are_outputs], contents, types), _loaded(rows[~are_outputs], contents, types)


def load_unsaved(types: TypeTable, flow: ResourceFlow, contaminants: Mapping[str, float]) -> Loaded:
    """
    Read a flow that has no row as if it had one, with its site and owner, who need none either.

    `contaminants` in mg/kg by substance.
    """
    site = flow.site
    sides = [_as_json(instance) for instance in (flow, site, site.organization)]
    rows = _copied(_FROM_UNSAVED, sides)
    contents = [(flow.pk, substance, content) for substance, content in contaminants.items()]
    return _loaded(rows, contents, types)


def _as_json(instance: Model) -> str:
    """Return the columns of an instance in words that PostgreSQL reads."""
    columns = {
        field.column: field.value_from_object(instance) for field in instance._meta.concrete_fields
    }
    return json.dumps(columns, default=_in_words)


def _in_words(value: Any) -> str:
    if isinstance(value, HoursOfWeek):
        return f"\\x{value.to_bytes().hex()}"
    if isinstance(value, GEOSGeometry):
        # To the last bit.
        return value.hexewkb.decode()
    return str(value)


def _copied(source: str, parameters: Sequence[Any]) -> np.ndarray:
    """Return rows by `_ROW`."""
    columns = ", ".join(expression for expression, _ in _COLUMNS.values())
    statement = f"COPY (SELECT {columns} {source}) TO STDOUT (FORMAT binary)"
    with (
        connection.cursor() as cursor,
        cursor.cursor.copy(_with_literals(statement, parameters)) as copy,
    ):
        data = b"".join(copy)
    return np.frombuffer(data[_HEADER_BYTES:-_TRAILER_BYTES], dtype=_ROW)


def _read(where: str, parameters: Sequence[Any]) -> tuple[np.ndarray, list[tuple]]:
    """Return rows by `_ROW`, sorted by id, and (id, substance, mg/kg) of their contaminants."""
    rows = _copied(f"{_FROM} WHERE {where}", parameters)
    high, low = _halves(rows["id"]).T
    rows = rows[np.lexsort((low, high))]
    # By their ids: to find the flows anew takes longer where many lie around.
    octets = rows["id"].tobytes().hex()
    ids = ",".join(octets[start : start + 32] for start in range(0, len(octets), 32))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT flow_id, substance, mg_per_kg FROM organizations_flowcontaminant"
            " WHERE flow_id = ANY(%s::uuid[])",
            [f"{{{ids}}}"],
        )
        return rows, cursor.fetchall()


def _halves(uuids: np.ndarray) -> np.ndarray:
    """Return UUIDs as two numbers each, in the order of which they are sorted."""
    return np.ascontiguousarray(uuids).view(">u8").reshape(-1, 2)


def _loaded(rows: np.ndarray, contents: list[tuple], types: TypeTable) -> Loaded:
    table = FlowTable(
        np.ascontiguousarray(rows["id"]), rows["number"].astype(np.int64), _flows(rows, types)
    )
    own = types.array["reach_m"][table.array["type"]]
    reach = table.array["reach_m"]
    table.array["reach_m"] = np.where(rows["is_output"] == 1, np.minimum(reach, own), reach)
    return table, _contents(contents, table)


def _contents(rows: list[tuple], table: FlowTable) -> Contents:
    """Return what flows of a table state; there may be others among the rows."""
    octets = table.raw_ids.tobytes() if rows else b""
    place_of = {octets[start : start + 16]: start // 16 for start in range(0, len(octets), 16)}
    ours = [row for row in rows if row[0].bytes in place_of]
    return Contents(
        np.array([place_of[row[0].bytes] for row in ours], dtype=np.int64),
        np.array([row[1] for row in ours], dtype=object),
        np.array([row[2] for row in ours], dtype=np.float64),
    )


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
    halves = _halves(rows["organization"]).astype(np.uint64).view(np.int64)
    array["organization_high"], array["organization_low"] = halves.T
    lookup = np.full(max(types.keys, default=0) + 1, -1, dtype=np.int32)
    lookup[types.keys] = np.arange(len(types.keys))
    array["type"] = lookup[rows["resource_type_id"]]
    hours = np.zeros((len(rows), 24), dtype=np.uint8)
    hours[:, :21] = np.ascontiguousarray(rows["hours"]).view(np.uint8).reshape(-1, 21)
    for number, word in enumerate(hours.view("<u8").T):
        array[f"hours_{number}"] = word
    return array


def substances(*tables: Loaded) -> list[str]:
    """Return the contaminants of several tables by their numbers in the engine."""
    return sorted({name for _, contents in tables for name in contents.substances})


def join_contaminants(*tables: Loaded) -> np.ndarray:
    """Put the contaminants of several tables into one array and set the flows' slices of it."""
    numbers = {name: number for number, name in enumerate(substances(*tables))}
    joined = []
    start = 0
    for table, contents in tables:
        part = np.zeros(len(contents.places), dtype=CONTAMINANT)
        part["substance"] = [numbers[name] for name in contents.substances]
        part["mg_per_kg"] = contents.mg_per_kg
        order = np.lexsort((part["substance"], contents.places))
        ends = np.searchsorted(contents.places[order], np.arange(len(table) + 1)) + start
        table.array["contaminants_start"], table.array["contaminants_end"] = ends[:-1], ends[1:]
        joined.append(part[order])
        start += len(part)
    return np.concatenate(joined)
