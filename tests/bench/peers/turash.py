"""Turash itself: a run of all matches in one process, with a thread for each core."""

import os

from django.db import connection

from tests.bench.peers import lists
from tests.bench.peers.lists import Timings

PEER = "turash"


def run() -> Timings:
    """Recompute all matches, and lay them beside those of the peers (which is not timed)."""
    from matching import engine
    from tests.bench import matching

    engine.warm_up()
    spent, _, seconds = matching._run(os.cpu_count() or 1)
    turash_lists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM organizations_resourceflow WHERE status = 'active'")
        flows = cursor.fetchone()[0]
    store_s = spent["stage"] + spent["swap in"]
    return Timings(spent["load"], spent["kernel"], store_s, seconds, flows)


def turash_lists() -> None:
    """Fill the table of lists from what Turash keeps."""
    with connection.cursor() as cursor:
        lists.create(cursor, PEER)
        cursor.execute(
            f"""INSERT INTO {lists.table(PEER)}
            SELECT flow_id,
                (SELECT array_agg(flow.id ORDER BY place)
                FROM unnest(partners) WITH ORDINALITY partner (number, place)
                JOIN organizations_resourceflow flow USING (number)),
                scores, distances_m
            FROM matching_partnerlist WHERE partners <> '{{}}'"""
        )
        lists.finish(cursor, PEER)
