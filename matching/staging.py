"""Between what partitions of a run find and the matches: rows wait here to be swapped in."""

from uuid import UUID

from django.db import connection
from django.utils import timezone

from matching import bulk, store
from matching.engine.arrays import COLUMNS
from matching.models import MatchingRun, StagedMatch
from organizations.ids import new_id

_STAGED = ("id", "partition_id", "output_id", "input_id", "output_rank", "input_rank", *COLUMNS)
_CHANGING = ("output_rank", "input_rank", *COLUMNS)

# The staged pairs of a run whose flows are both still there; the output's rank and the input's
# may come from two partitions.
_MERGE = f"""
CREATE TEMPORARY TABLE matching_merged ON COMMIT DROP AS
SELECT DISTINCT ON (s.output_id, s.input_id)
    s.id, s.output_id, s.input_id,
    max(s.output_rank) OVER pair AS output_rank, max(s.input_rank) OVER pair AS input_rank,
    {", ".join(f"s.{name}" for name in COLUMNS)}
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
_DELETE = """
DELETE FROM matching_match m WHERE NOT EXISTS (
    SELECT FROM matching_merged s WHERE s.output_id = m.output_id AND s.input_id = m.input_id)
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
    statement = f"COPY matching_stagedmatch ({', '.join(_STAGED)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.cursor.copy(statement) as copy:
        for (output, input_), (output_rank, input_rank), result in zip(
            pairs.tolist(), ranks.tolist(), results, strict=True
        ):
            values = store.values_of(result)
            copy.write_row(
                (
                    new_id(),
                    partition_id,
                    found.outputs.ids[output],
                    found.inputs.ids[input_],
                    output_rank or None,
                    input_rank or None,
                    *(values[name] for name in COLUMNS),
                )
            )


def clear(*partition_ids: int) -> None:
    """Delete what partitions have staged."""
    # Deleted in one statement: nothing refers to staged rows.
    StagedMatch.objects.filter(partition__in=partition_ids).delete()


def swap_in(run: MatchingRun) -> tuple[int, int, list[UUID]]:
    """
    Make the staged pairs the matches: rows of pairs that stay keep their id, unchanged rows rest.

    In the caller's transaction, which holds the lock of the matches. Returns (found, lost, flows
    that stay while a partner staged for them has been deleted).
    """
    partitions = {"partitions": list(run.partitions.values_list("pk", flat=True))}
    now = {"now": timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute(_MERGE, partitions)
        cursor.execute("CREATE INDEX ON matching_merged (output_id, input_id)")
        cursor.execute("ANALYZE matching_merged")
        cursor.execute(_DELETE)
        lost = cursor.rowcount
        cursor.execute(_UPDATE, now)
        cursor.execute(_INSERT, now)
        found = cursor.rowcount
        cursor.execute(_LEFT_BEHIND, partitions)
        left_behind = [row[0] for row in cursor.fetchall()]
        cursor.execute("DROP TABLE matching_merged")
    return found, lost, left_behind
