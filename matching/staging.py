"""Between what partitions of a run find and the lists of partners: lists wait here."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import Sum
from django.db.models.functions import Coalesce

from matching import lists, loading
from matching.bulk import Side
from matching.models import ListChange, MatchingRun, PartnerList, StagedList
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

# `types`: those that the run is of; null: all. Lists are compared by 64 bits of hash, which are
# joined in memory where whole lists would not fit into it.
_CHANGED = f"""
CREATE TEMPORARY TABLE changed_list AS
SELECT flow_id, l.state IS NULL AS is_new, s.state IS NULL AS is_gone,
    l.count_of_output AS old_count, s.count_of_output AS new_count
FROM (
    SELECT l.flow_id, hash_record_extended(ROW({_OLD}), 0) AS state,
        CASE WHEN l.is_output THEN l.match_count END AS count_of_output
    FROM {_LIVE} l
    WHERE %(types)s::smallint[] IS NULL OR EXISTS (
        SELECT FROM organizations_resourceflow f
        WHERE f.id = l.flow_id AND f.resource_type_id = ANY(%(types)s::smallint[]))
) l
FULL JOIN (
    SELECT s.flow_id, hash_record_extended(ROW({_NEW}), 0) AS state,
        CASE WHEN s.is_output THEN s.match_count END AS count_of_output
    FROM {_STAGED} s
    WHERE s.partition_id = ANY(%(partitions)s)
) s USING (flow_id)
WHERE l.state IS DISTINCT FROM s.state
"""
# Pairs are counted from their output: those in one state that are not in the other.
_COUNT = f"""
SELECT sum(found), sum(lost)
FROM (
    SELECT
        coalesce(sum(new_count) FILTER (WHERE old_count IS NULL), 0) AS found,
        coalesce(sum(old_count) FILTER (WHERE new_count IS NULL), 0) AS lost
    FROM changed_list
    UNION ALL
    SELECT
        coalesce(sum((SELECT count(*) FROM (SELECT unnest(s.partners || s.listed_by)
            EXCEPT SELECT unnest(l.partners || l.listed_by)) found)), 0),
        coalesce(sum((SELECT count(*) FROM (SELECT unnest(l.partners || l.listed_by)
            EXCEPT SELECT unnest(s.partners || s.listed_by)) lost)), 0)
    FROM changed_list c JOIN {_LIVE} l USING (flow_id) JOIN {_STAGED} s USING (flow_id)
    WHERE c.old_count IS NOT NULL AND c.new_count IS NOT NULL
    AND s.partition_id = ANY(%(partitions)s) AND s.is_output
) counts
"""
_DELETE = f"DELETE FROM {_LIVE} l USING changed_list c WHERE c.flow_id = l.flow_id AND c.is_gone"
_UPDATE = f"""
UPDATE {_LIVE} l SET ({", ".join(_CHANGING)}) = ROW({_NEW})
FROM {_STAGED} s JOIN changed_list c USING (flow_id)
WHERE s.partition_id = ANY(%(partitions)s) AND s.flow_id = l.flow_id
"""
_INSERT_ALL = f"""
INSERT INTO {_LIVE} (flow_id, {", ".join(_CHANGING)})
SELECT s.flow_id, {_NEW} FROM {_STAGED} s
WHERE s.partition_id = ANY(%(partitions)s)
ON CONFLICT DO NOTHING
"""
_INSERT = _INSERT_ALL.replace("WHERE", "JOIN changed_list c USING (flow_id) WHERE c.is_new AND")
# Flows that have been deleted since they were read (whose lists are gone, too), or were read as two
# different ones.
_UNSURE_OF_ALL = f"""
SELECT s.number FROM {_STAGED} s LEFT JOIN organizations_resourceflow f ON f.id = s.flow_id
WHERE s.partition_id = ANY(%(partitions)s)
GROUP BY s.number HAVING count(*) > 1 OR count(f.id) = 0
"""
_UNSURE = _UNSURE_OF_ALL.replace("WHERE", "JOIN changed_list c USING (flow_id) WHERE")
# Whether other partitions have something staged; each is looked up in an index.
_OTHERS = f"""
SELECT EXISTS (
    SELECT FROM matching_matchingrunpartition p WHERE p.id <> ALL(%(partitions)s)
    AND EXISTS (SELECT FROM {_STAGED} s WHERE s.partition_id = p.id)
)
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


def clear_all(partition_ids: list[int]) -> None:
    """Delete what the partitions of a run have staged: at once, where there is nothing else."""
    with connection.cursor() as cursor:
        # Waits for who is staging now: their rows must not be lost.
        cursor.execute(f"LOCK TABLE {_STAGED} IN ACCESS EXCLUSIVE MODE")
        cursor.execute(_OTHERS, {"partitions": partition_ids})
        if cursor.fetchone()[0]:
            clear(*partition_ids)
        else:
            cursor.execute(f"TRUNCATE {_STAGED}")


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
        if PartnerList.objects.exists():
            found, lost, unsure = _swap(cursor, parameters)
        else:
            found, lost, unsure = _fill(cursor, parameters)
        cursor.execute("RESET enable_nestloop")
    ListChange.note(None)
    return found, lost, _forget(unsure, partitions)


def _swap(cursor: Any, parameters: dict[str, Any]) -> tuple[int, int, list[int]]:
    """Change what has changed; returns (found, lost, numbers of flows that are not sure)."""
    cursor.execute(_CHANGED, parameters)
    cursor.execute("ANALYZE changed_list")
    cursor.execute(_COUNT, parameters)
    found, lost = map(int, cursor.fetchone())
    for statement in (_DELETE, _UPDATE, _INSERT, _UNSURE):
        cursor.execute(statement, parameters)
    unsure = [row[0] for row in cursor.fetchall()]
    cursor.execute("DROP TABLE changed_list")
    return found, lost, unsure


def _fill(cursor: Any, parameters: dict[str, Any]) -> tuple[int, int, list[int]]:
    """Do the same where there are no lists yet, which is faster without looking for any."""
    cursor.execute(_INSERT_ALL, parameters)
    cursor.execute(_UNSURE_OF_ALL, parameters)
    unsure = [row[0] for row in cursor.fetchall()]
    outputs = PartnerList.objects.filter(is_output=True)
    return outputs.aggregate(found=Coalesce(Sum("match_count"), 0))["found"], 0, unsure


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
    rows = list(StagedList.objects.filter(partition__in=partitions, number__in=numbers))
    for row in rows:
        changes.adopt(row.number, row.flow_id, row)
    for row in rows:
        again |= {row.flow_id, *changes.forget(row.number)}
    changes.save()
    return again
