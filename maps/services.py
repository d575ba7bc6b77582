"""Count the flows of each cell of the map."""

import time
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from maps.models import Count
from organizations.models import Organization, ResourceFlow, Site

# The deepest tiles that have cells of their own; deeper ones show those of the tile above them.
DEEPEST = 11
# So many cells lie side by side in a tile: 2 to the power of this.
BITS = 4
# To count takes at most this share of the time.
PAUSE_PER_COUNT = 20

# Two counts at once would insert the same cells. A number that nothing else of Turash locks.
_COUNTS_LOCK = 0x6D617073

# Squares of the Web Mercator plane at the deepest level. Beyond its edge there are no tiles.
_LEAVES = """
CREATE TEMPORARY TABLE leaf_{zoom} ON COMMIT DROP AS
SELECT least(floor((longitude + 180) / 360 * {side}), {side} - 1)::int AS x,
    least(greatest(floor((0.5 - ln(tan(radians(45 + latitude / 2))) / (2 * pi())) * {side}), 0),
        {side} - 1)::int AS y,
    audience, resource_type_id AS type,
    count(*) FILTER (WHERE direction = 'output')::int AS outputs,
    count(*) FILTER (WHERE direction = 'input')::int AS inputs,
    sum(longitude) AS longitude, sum(latitude) AS latitude
FROM ({flows}) AS flow
WHERE abs(latitude) < 85.06
GROUP BY 1, 2, 3, 4
"""
_PARENTS = """
CREATE TEMPORARY TABLE leaf_{zoom} ON COMMIT DROP AS
SELECT x >> 1 AS x, y >> 1 AS y, audience, type, sum(outputs)::int AS outputs,
    sum(inputs)::int AS inputs, sum(longitude) AS longitude, sum(latitude) AS latitude
FROM leaf_{below} GROUP BY 1, 2, 3, 4
"""
_COUNTED = """
INSERT INTO counted
SELECT {zoom}, x >> {bits}, y >> {bits}, x & {rest}, y & {rest}, audience,
    sum(outputs), sum(inputs),
    round((sum(longitude) / sum(outputs + inputs))::numeric, 6),
    round((sum(latitude) / sum(outputs + inputs))::numeric, 6),
    array_agg(type ORDER BY type), array_agg(outputs ORDER BY type),
    array_agg(inputs ORDER BY type)
FROM leaf_{zoom} GROUP BY x, y, audience
"""
_KEY = ("zoom", "tile_x", "tile_y", '"column"', '"row"', "audience")
_REST = (
    "outputs", "inputs", "longitude", "latitude", "types", "outputs_of_types", "inputs_of_types",
)  # fmt: skip
_COLUMNS = ", ".join((*_KEY, *_REST))
_EMPTY = f"""
CREATE TEMPORARY TABLE counted ON COMMIT DROP AS SELECT {_COLUMNS} FROM maps_cell LIMIT 0
"""
# Only what has changed is written: readers wait for nothing, and the table does not swell.
_FORGET = f"""
DELETE FROM maps_cell cell WHERE NOT EXISTS (
    SELECT FROM counted WHERE ({", ".join(f"counted.{name}" for name in _KEY)})
        = ({", ".join(f"cell.{name}" for name in _KEY)}))
"""
_TAKE_IN = f"""
INSERT INTO maps_cell AS cell ({_COLUMNS})
SELECT {_COLUMNS} FROM counted
ON CONFLICT ({", ".join(_KEY)}) DO UPDATE
SET ({", ".join(_REST)}) = ({", ".join(f"excluded.{name}" for name in _REST)})
WHERE ({", ".join(f"cell.{name}" for name in _REST)})
    IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in _REST)})
"""
_WRITES = """
SELECT coalesce(string_agg((n_tup_ins + n_tup_upd + n_tup_del)::text, ' ' ORDER BY relname), '')
FROM pg_stat_user_tables WHERE schemaname = current_schema() AND relname = ANY(%s)
"""


def count_if_changed() -> bool:
    """
    Count the flows of all cells if there may be others than last time; return whether it was done.

    A count that takes long is not repeated at once: at most a twentieth of the time goes into it.
    """
    last = Count.objects.filter(pk=Count.ONLY).first()
    if last is not None:
        rest = timedelta(seconds=last.took_s * PAUSE_PER_COUNT)
        if last.writes == _writes() or timezone.now() < last.counted_at + rest:
            return False
    count_cells()
    return True


@transaction.atomic
def count_cells() -> int:
    """Count the active flows of all cells, and return how many there are."""
    began = time.monotonic()
    counted_at, writes = timezone.now(), _writes()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_COUNTS_LOCK])
        # A million rows are grouped in memory.
        cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute(_EMPTY)
        flows, arguments = _flows()
        for zoom in range(DEEPEST, -1, -1):
            if zoom == DEEPEST:
                side = 2 ** (zoom + BITS)
                cursor.execute(_LEAVES.format(zoom=zoom, side=side, flows=flows), arguments)
            else:
                cursor.execute(_PARENTS.format(zoom=zoom, below=zoom + 1))
                cursor.execute(f"DROP TABLE leaf_{zoom + 1}")
            cursor.execute(_COUNTED.format(zoom=zoom, bits=BITS, rest=2**BITS - 1))
        cursor.execute("DROP TABLE leaf_0")
        cursor.execute("ANALYZE counted")
        cursor.execute(_FORGET)
        cursor.execute(_TAKE_IN)
        cursor.execute("SELECT coalesce(sum(outputs + inputs), 0) FROM counted WHERE zoom = 0")
        (total,) = cursor.fetchone()
        cursor.execute("DROP TABLE counted")
    took_s = time.monotonic() - began
    Count.objects.update_or_create(
        pk=Count.ONLY,
        defaults={"counted_at": counted_at, "took_s": took_s, "flows": total, "writes": writes},
    )
    return int(total)


def _flows() -> tuple[str, tuple[Any, ...]]:
    flows: Any = ResourceFlow.objects.active().with_audience().with_coordinates().order_by()
    return flows.values(
        "direction", "resource_type_id", "audience", "longitude", "latitude"
    ).query.sql_with_params()


def _writes() -> str:
    """Return what tells whether flows, sites or organizations have been written since."""
    tables = [model._meta.db_table for model in (Organization, Site, ResourceFlow)]
    with connection.cursor() as cursor:
        cursor.execute(_WRITES, [tables])
        (writes,) = cursor.fetchone()
    return str(writes)
