"""Between what partitions of a run find and the matches: rows wait here to be swapped in."""

from uuid import UUID

import numpy as np
from django.db import connection
from django.utils import timezone

from matching import bulk, loading, store
from matching.engine.arrays import COLUMNS, MODES
from matching.models import MatchingRun, StagedMatch
from organizations.ids import new_ids

_CHANGING = ("output_rank", "input_rank", *COLUMNS)
# A row of the binary COPY: each field after its length. No field is ever null.
_FIELDS = [
    ("id", "V16"),
    ("partition_id", ">i8"),
    ("output_id", "V16"),
    ("input_id", "V16"),
    ("output_rank", ">i2"),
    ("input_rank", ">i2"),
    *((name, ">f8") for name in COLUMNS),
]
_ROW = np.dtype(
    [("field_count", ">i2")]
    + [field for name, kind in _FIELDS for field in ((f"_{name}_length", ">i4"), (name, kind))]
)
# Signature, flags, length of the header's extension; and what comes after the last row.
_HEADER, _TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_COPY = f"COPY matching_stagedmatch ({', '.join(name for name, _ in _FIELDS)}) FROM STDIN BINARY"


def _figure(name: str) -> str:
    """Return the SQL of a staged figure as a match keeps it."""
    column = f"s.{name}"
    if name == "transport":
        return f"(ARRAY{list(MODES)})[{column}::integer + 1] AS {name}"
    if name in store.MONEY:
        # A cast keeps 15 digits: all of them, cents included, up to here.
        exact = (
            f"CASE WHEN abs({column}) < 1e13 THEN {column}::numeric ELSE {column}::text::numeric"
        )
        return f"({exact} END)::numeric(34, 2) AS {name}"
    return f"nullif({column}, 'NaN') AS {name}"


# The staged pairs of a run whose flows are both still there; the output's rank and the input's
# may come from two partitions.
_MERGE = f"""
CREATE TEMPORARY TABLE matching_merged ON COMMIT DROP AS
SELECT DISTINCT ON (s.output_id, s.input_id)
    s.id, s.output_id, s.input_id,
    nullif(max(s.output_rank) OVER pair, 0) AS output_rank,
    nullif(max(s.input_rank) OVER pair, 0) AS input_rank,
    {", ".join(map(_figure, COLUMNS))}
FROM matching_stagedmatch s
WHERE s.partition_id = ANY(%(partitions)s)
AND EXISTS (SELECT FROM organizations_resourceflow f WHERE f.id = s.output_id)
AND EXISTS (SELECT FROM organizations_resourceflow f WHERE f.id = s.input_id)
WINDOW pair AS (PARTITION BY s.output_id, s.input_id)
ORDER BY s.output_id, s.input_id, s.id
"""
_LEFT_BEHIND = """
SELECT DISTINCT stays.id FROM matching_stagedmatch s
CROSS JOIN LATERAL (VALUES (s.output_id, s.input_id), (s.input_id, s.output_id)) side (own, other)
JOIN organizations_resourceflow stays ON stays.id = side.own
WHERE s.partition_id = ANY(%(partitions)s)
AND NOT EXISTS (SELECT FROM organizations_resourceflow f WHERE f.id = side.other)
"""
# `types`: those that the run is of; null: all.
_DELETE = """
DELETE FROM matching_match m WHERE NOT EXISTS (
    SELECT FROM matching_merged s WHERE s.output_id = m.output_id AND s.input_id = m.input_id)
AND (%(types)s::smallint[] IS NULL OR EXISTS (
    SELECT FROM organizations_resourceflow f
    WHERE f.id IN (m.output_id, m.input_id) AND f.resource_type_id = ANY(%(types)s::smallint[])))
"""
_UPDATE = f"""
UPDATE matching_match m
SET updated_at = %(now)s, {", ".join(f"{name} = s.{name}" for name in _CHANGING)}
FROM matching_merged s
WHERE s.output_id = m.output_id AND s.input_id = m.input_id
AND ({", ".join(f"s.{name}" for name in _CHANGING)})
    IS DISTINCT FROM ({", ".join(f"m.{name}" for name in _CHANGING)})
"""
_INSERT = f"""
INSERT INTO matching_match
    (id, output_id, input_id, found_at, updated_at, {", ".join(_CHANGING)})
SELECT s.id, s.output_id, s.input_id, %(now)s, %(now)s, {", ".join(f"s.{n}" for n in _CHANGING)}
FROM matching_merged s
WHERE NOT EXISTS (
    SELECT FROM matching_match m WHERE m.output_id = s.output_id AND m.input_id = s.input_id)
"""


def stage(partition_id: int, found: bulk.Found, pairs, ranks, results) -> None:
    """Write a chunk of what a partition has found."""
    store.round_money(results)
    rows = np.empty(len(pairs), dtype=_ROW)
    rows["field_count"] = len(_FIELDS)
    for name, kind in _FIELDS:
        rows[f"_{name}_length"] = np.dtype(kind).itemsize
    rows["id"] = new_ids(len(pairs))
    rows["partition_id"] = partition_id
    rows["output_id"] = found.outputs.raw_ids[pairs[:, 0]]
    rows["input_id"] = found.inputs.raw_ids[pairs[:, 1]]
    rows["output_rank"], rows["input_rank"] = ranks.T
    for name, column in zip(COLUMNS, results.T, strict=True):
        rows[name] = column
    with connection.cursor() as cursor, cursor.cursor.copy(_COPY) as copy:
        copy.write(_HEADER + rows.tobytes() + _TRAILER)


def clear(*partition_ids: int) -> None:
    """Delete what partitions have staged."""
    # Deleted in one statement: nothing refers to staged rows.
    StagedMatch.objects.filter(partition__in=partition_ids).delete()


def swap_in(run: MatchingRun) -> tuple[int, int, list[UUID]]:
    """
    Make the staged pairs the matches: rows of pairs that stay keep their id, unchanged rows rest.

    Of a run of one tree of types (`run.root_type`) the matches of that tree alone.

    In the caller's transaction, which holds the lock of the matches. Returns (found, lost, flows
    that stay while a partner staged for them has been deleted).
    """
    partitions = {"partitions": list(run.partitions.values_list("pk", flat=True))}
    now = {"now": timezone.now()}
    with connection.cursor() as cursor:
        # All of both tables is joined. A planner that takes the matches for few would look through
        # them once for each row instead.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(_MERGE, partitions)
        cursor.execute("CREATE INDEX ON matching_merged (output_id, input_id)")
        cursor.execute("ANALYZE matching_merged")
        cursor.execute(_DELETE, {"types": _type_keys(run)})
        lost = cursor.rowcount
        cursor.execute(_UPDATE, now)
        cursor.execute(_INSERT, now)
        found = cursor.rowcount
        cursor.execute(_LEFT_BEHIND, partitions)
        left_behind = [row[0] for row in cursor.fetchall()]
        cursor.execute("DROP TABLE matching_merged")
        cursor.execute("RESET enable_nestloop")
    return found, lost, left_behind


def _type_keys(run: MatchingRun) -> list[int] | None:
    """Return the types whose matches a run replaces; None: all."""
    if run.root_type_id is None:
        return None
    return loading.load_types().subtree_keys(run.root_type_id)
