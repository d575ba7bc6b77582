"""Between what partitions of a run find and the lists of partners: lists wait here."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db import connection

from matching import lists, loading
from matching.bulk import Side
from matching.models import MatchingRun, PartnerList, StagedList
from matching.packing import COLUMNS, pack

LISTS_PER_CHUNK = 20_000
_COPY = f"COPY {StagedList._meta.db_table} ({', '.join(COLUMNS)}) FROM STDIN BINARY"
_SAVINGS = "best_savings_eur_per_year"
_LIVE, _STAGED = PartnerList._meta.db_table, StagedList._meta.db_table
_CHANGING = [name for name in COLUMNS if name not in ("partition_id", "flow_id", "number")]
# A cast keeps 15 digits: all of them, cents included, up to here.
_EXACT_SAVINGS = (
    f"(CASE WHEN abs(s.{_SAVINGS}) < 1e13 THEN s.{_SAVINGS}::numeric"
    f" ELSE s.{_SAVINGS}::text::numeric END)::numeric(34, 2)"
)
_NEW = ", ".join(_EXACT_SAVINGS if name == _SAVINGS else f"s.{name}" for name in _CHANGING)
_OLD = ", ".join(f"l.{name}" for name in _CHANGING)

# Pairs are counted from their output: those in one state that are not in the other.
_COUNT = f"""
WITH one AS (
    SELECT l.* FROM {_LIVE} l WHERE l.is_output
    AND (%(types)s::smallint[] IS NULL OR EXISTS (
        SELECT FROM organizations_resourceflow f
        WHERE f.id = l.flow_id AND f.resource_type_id = ANY(%(types)s::smallint[])))
),
other AS (
    SELECT * FROM {_STAGED} s WHERE s.partition_id = ANY(%(partitions)s) AND s.is_output
)
SELECT
    coalesce(sum(CASE WHEN one IS NULL THEN other.match_count ELSE (
        SELECT count(*) FROM (SELECT unnest(other.partners || other.listed_by)
            EXCEPT SELECT unnest(one.partners || one.listed_by)) found) END), 0),
    coalesce(sum(CASE WHEN other IS NULL THEN one.match_count ELSE (
        SELECT count(*) FROM (SELECT unnest(one.partners || one.listed_by)
            EXCEPT SELECT unnest(other.partners || other.listed_by)) lost) END), 0)
FROM one FULL JOIN other USING (flow_id)
WHERE one IS NULL OR other IS NULL
    OR (one.partners, one.listed_by) IS DISTINCT FROM (other.partners, other.listed_by)
"""
# `types`: those that the run is of; null: all.
_DELETE = f"""
DELETE FROM {_LIVE} l WHERE NOT EXISTS (
    SELECT FROM {_STAGED} s WHERE s.partition_id = ANY(%(partitions)s) AND s.flow_id = l.flow_id)
AND (%(types)s::smallint[] IS NULL OR EXISTS (
    SELECT FROM organizations_resourceflow f
    WHERE f.id = l.flow_id AND f.resource_type_id = ANY(%(types)s::smallint[])))
"""
_UPDATE = f"""
UPDATE {_LIVE} l SET ({", ".join(_CHANGING)}) = ROW({_NEW})
FROM {_STAGED} s
WHERE s.partition_id = ANY(%(partitions)s) AND s.flow_id = l.flow_id
AND ({_NEW}) IS DISTINCT FROM ({_OLD})
"""
_INSERT = f"""
INSERT INTO {_LIVE} (flow_id, {", ".join(_CHANGING)})
SELECT s.flow_id, {_NEW} FROM {_STAGED} s
WHERE s.partition_id = ANY(%(partitions)s)
AND NOT EXISTS (SELECT FROM {_LIVE} l WHERE l.flow_id = s.flow_id)
ON CONFLICT DO NOTHING
"""
# Flows that have been deleted since they were read, or were read as two different ones.
_UNSURE = f"""
SELECT s.number FROM {_STAGED} s
LEFT JOIN organizations_resourceflow f ON f.id = s.flow_id
WHERE s.partition_id = ANY(%(partitions)s)
GROUP BY s.number HAVING count(*) > 1 OR count(f.id) = 0
"""


@dataclass(frozen=True)
class Chunk:
    """Some of the lists that a partition has found, small enough to be packed in memory."""

    side: Side
    partner_numbers: np.ndarray
    is_output: bool
    start: int
    stop: int


def chunks(outputs: Side, inputs: Side) -> Iterator[Chunk]:
    """Yield all lists of both sides."""
    for side, other, is_output in ((outputs, inputs, True), (inputs, outputs, False)):
        for start in range(0, len(side.flows), LISTS_PER_CHUNK):
            stop = min(start + LISTS_PER_CHUNK, len(side.flows))
            yield Chunk(side, other.flows.numbers, is_output, start, stop)


def stage(partition_id: int, chunk: Chunk) -> None:
    """Write a chunk of what a partition has found."""
    rows = pack(
        partition_id, chunk.side, chunk.partner_numbers, slice(chunk.start, chunk.stop),
        is_output=chunk.is_output,
    )  # fmt: skip
    with connection.cursor() as cursor, cursor.cursor.copy(_COPY) as copy:
        copy.write(rows)


def clear(*partition_ids: int) -> None:
    """Delete what partitions have staged."""
    # Deleted in one statement: nothing refers to staged rows.
    StagedList.objects.filter(partition__in=partition_ids).delete()


def swap_in(run: MatchingRun) -> tuple[int, int, set[UUID]]:
    """
    Make the staged lists the lists of all flows; those that are the same rest.

    Of a run of one tree of types (`run.root_type`) the lists of that tree alone.

    In the caller's transaction, which holds the lock of the matches. Returns (found, lost, flows to
    match again because they or a partner changed too much meanwhile).
    """
    partitions = list(run.partitions.values_list("pk", flat=True))
    parameters = {"partitions": partitions, "types": _type_keys(run)}
    with connection.cursor() as cursor:
        # All of both tables is joined. A planner that takes the lists for few would look through
        # them once for each row instead.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(_COUNT, parameters)
        found, lost = map(int, cursor.fetchone())
        for statement in (_DELETE, _UPDATE, _INSERT, _UNSURE):
            cursor.execute(statement, parameters)
        unsure = [row[0] for row in cursor.fetchall()]
        cursor.execute("RESET enable_nestloop")
    return found, lost, _forget(unsure, partitions)


def _type_keys(run: MatchingRun) -> list[int] | None:
    """Return the types whose lists a run replaces; None: all."""
    if run.root_type_id is None:
        return None
    return loading.load_types().subtree_keys(run.root_type_id)


def _forget(numbers: list[int], partitions: list[int]) -> set[UUID]:
    """Take flows out of all lists, and return who is to be matched again; some may be gone."""
    if not numbers:
        return set()
    changes = lists.Changes()
    again: set[UUID] = set()
    for row in StagedList.objects.filter(partition__in=partitions, number__in=numbers):
        changes.adopt(row.number, row.flow_id, row)
        again |= {row.flow_id, *changes.forget(row.number)}
    changes.save()
    return again
