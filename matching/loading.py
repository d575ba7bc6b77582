"""From candidates in the database to the engine's arrays, by binary COPY."""

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

from matching import records
from matching.engine.arrays import CONTAMINANT, MODES, RESOURCE_TYPE, TEMPERATURE_RULES
from matching.models import Candidate
from organizations.hours import HoursOfWeek
from organizations.models import CurrencyRate, ResourceFlow, ResourceType

_RATES = f"(SELECT json_object_agg(code, eur_per_unit)::text FROM {CurrencyRate._meta.db_table})"
# Flows by the million come in a few values: to fetch a row for each takes longer than to read it.
# A value of PostgreSQL holds 1 GB, that is as many records as numbers go into a group.
_STORED = f"""
SELECT string_agg(c.record, ''), string_agg(c.contaminants, ''), {_RATES}
FROM {Candidate._meta.db_table} c WHERE {{where}} GROUP BY c.number >> 21
"""
# The same of a flow that is not stored, given with its site and owner as JSON.
_UNSAVED = f"""
SELECT matching_record(
    jsonb_populate_record(NULL::organizations_resourceflow, %s),
    jsonb_populate_record(NULL::organizations_site, %s),
    jsonb_populate_record(NULL::organizations_organization, %s)), '', {_RATES}
"""


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
    substances: np.ndarray  # names, as octets
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
    Read the flows of one direction that meet a condition on the candidate `c`, sorted by id.

    `offered`: only those that take part in matching, that is active ones with something left that
    is not under contract.
    """
    where = f"{'' if is_output else 'NOT '}c.is_output AND ({condition})"
    if offered:
        where += " AND c.is_offered"
    return _loaded(_copied(_STORED.format(where=where), parameters), types)


def load_both(
    types: TypeTable, *, condition: str, parameters: Sequence[Any]
) -> tuple[Loaded, Loaded]:
    """Read the outputs and the inputs that take part in matching and meet a condition, at once."""
    copied = _copied(_STORED.format(where=f"c.is_offered AND ({condition})"), parameters)
    are_outputs = copied.records["is_output"] == 1
    outputs, inputs = (
        copied._replace(records=copied.records[chosen]) for chosen in (are_outputs, ~are_outputs)
    )
    return _loaded(outputs, types), _loaded(inputs, types)


def load_unsaved(types: TypeTable, flow: ResourceFlow, contaminants: Mapping[str, float]) -> Loaded:
    """
    Read a flow that has no row as if it had one, with its site and owner, who need none either.

    `contaminants` in mg/kg by substance.
    """
    site = flow.site
    sides = [_as_json(instance) for instance in (flow, site, site.organization)]
    stated = [(flow.number, substance, content) for substance, content in contaminants.items()]
    contents = np.array(stated, dtype=records.CONTENT)
    return _loaded(_copied(_UNSAVED, sides)._replace(contents=contents), types)


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


class _Copied(NamedTuple):
    """What has come from the database."""

    records: np.ndarray
    contents: np.ndarray
    eur_per_unit: dict[str, float]  # by currency


def _copied(statement: str, parameters: Sequence[Any]) -> _Copied:
    with (
        connection.cursor() as cursor,
        cursor.cursor.copy(
            _with_literals(f"COPY ({statement}) TO STDOUT (FORMAT binary)", parameters)
        ) as copy,
    ):
        copy.set_types(["bytea", "bytea", "text"])
        rows = list(copy.rows())
    return _Copied(
        np.frombuffer(b"".join(row[0] for row in rows), dtype=records.RECORD),
        np.frombuffer(b"".join(row[1] for row in rows), dtype=records.CONTENT),
        json.loads(rows[0][2]) if rows else {},
    )


def _loaded(copied: _Copied, types: TypeTable) -> Loaded:
    rows = copied.records[records.order_of_ids(copied.records["id"])]
    array = records.unpack(rows, types.keys, copied.eur_per_unit)
    table = FlowTable(np.ascontiguousarray(rows["id"]), rows["number"].astype(np.int64), array)
    own = types.array["reach_m"][array["type"]]
    array["reach_m"] = np.where(
        rows["is_output"] == 1, np.minimum(array["reach_m"], own), array["reach_m"]
    )
    return table, _contents(copied.contents, table)


def _contents(stated: np.ndarray, table: FlowTable) -> Contents:
    """Return what flows of a table state; there may be others among them."""
    order = np.argsort(table.numbers)
    places = np.searchsorted(table.numbers, stated["number"], sorter=order)
    ours = places < len(table)
    places = order[places[ours]]
    stated = stated[ours]
    ours = table.numbers[places] == stated["number"]
    stated = stated[ours]
    # Padded by the database.
    substances = np.char.rstrip(stated["substance"])
    return Contents(places[ours], substances, stated["mg_per_kg"].astype(np.float64))


def _with_literals(statement: str, parameters: Sequence[Any]) -> sql.Composed:
    """Write the parameters into a statement: COPY takes none."""
    parts = statement.split("%s")
    composed = sql.SQL(parts[0])
    result: sql.Composed = sql.Composed([composed])
    for parameter, part in zip(parameters, parts[1:], strict=True):
        result = result + sql.Literal(parameter) + sql.SQL(part)
    return result


def substances(*tables: Loaded) -> list[str]:
    """Return the contaminants of several tables by their numbers in the engine."""
    return [name.decode() for name in _names(tables)]


def _names(tables: Sequence[Loaded]) -> np.ndarray:
    return np.unique(np.concatenate([contents.substances for _, contents in tables]))


def join_contaminants(*tables: Loaded) -> np.ndarray:
    """Put the contaminants of several tables into one array and set the flows' slices of it."""
    names = _names(tables)
    joined = []
    start = 0
    for table, contents in tables:
        part = np.zeros(len(contents.places), dtype=CONTAMINANT)
        part["substance"] = np.searchsorted(names, contents.substances)
        part["mg_per_kg"] = contents.mg_per_kg
        order = np.lexsort((part["substance"], contents.places))
        ends = np.searchsorted(contents.places[order], np.arange(len(table) + 1)) + start
        table.array["contaminants_start"], table.array["contaminants_end"] = ends[:-1], ends[1:]
        joined.append(part[order])
        start += len(part)
    return np.concatenate(joined)
