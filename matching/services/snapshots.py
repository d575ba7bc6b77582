"""Keeping what the lists hold at the end of a run of all."""

import zlib

import numpy as np
from django.db import connection

from matching import engine, weights
from matching.models import MatchingRun, PartnerList, RunSnapshot
from turash.history.models import Change

# Lists of more flows are counted and not kept: at 20 partners each the final step would wait.
MOST_FLOWS = 20_000
# Of so many runs the pairs are kept.
KEPT = 10

_PAIRS = f"""
SELECT f.number, unnest(l.partners || l.listed_by)
FROM {PartnerList._meta.db_table} l JOIN organizations_resourceflow f ON f.id = l.flow_id
WHERE l.is_output
"""


def take_snapshot(run: MatchingRun) -> None:
    """Keep what a run of all has swapped in, in its transaction; forget the pairs of old ones."""
    is_small = PartnerList.objects.values("pk")[: MOST_FLOWS + 1].count() <= MOST_FLOWS
    RunSnapshot.objects.update_or_create(
        run=run,
        defaults={
            "match_count": run.match_count or 0,
            "weights": weights.in_force().tolist(),
            "engine": engine._STATE,
            "pairs": _pairs() if is_small else None,
            "last_change": Change.objects.values_list("pk", flat=True).first() or 0,
        },
    )
    kept = RunSnapshot.objects.order_by("-taken_at").values_list("pk", flat=True)[:KEPT]
    RunSnapshot.objects.exclude(pk__in=list(kept)).exclude(pairs=None).update(pairs=None)


def _pairs() -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS)
        rows = np.array(cursor.fetchall(), dtype="<i8").reshape(-1, 2)
    return zlib.compress(np.unique(rows, axis=0).tobytes())
