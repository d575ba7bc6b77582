"""Turash itself: a run of all matches in one process."""

from django.db import connection

from tests.bench.peers import lists
from tests.bench.peers.lists import Timings

PEER = "turash"


def run() -> Timings:
    """Recompute all matches, and lay them beside those of the peers (which is not timed)."""
    from matching import engine
    from tests.bench import matching

    engine.warm_up()
    spent, _, seconds = matching._run()
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
        for own, partner in (("output", "input"), ("input", "output")):
            cursor.execute(
                f"""INSERT INTO {lists.table(PEER)}
                SELECT {own}_id,
                    array_agg({partner}_id ORDER BY {own}_rank),
                    array_agg(score ORDER BY {own}_rank),
                    array_agg(distance_m ORDER BY {own}_rank)
                FROM matching_match WHERE {own}_rank IS NOT NULL GROUP BY {own}_id"""
            )
        lists.finish(cursor, PEER)
