"""
One set-based statement of SQL (folder `sql`), with as many workers as the server gives it.

For each flow it looks for partners through a GiST index like Turash's own, scores them, and keeps
the best. The flows are prepared first, in a table with an index of its own: without, each pair
would look up two sites, owners and rates.
"""

import time
from pathlib import Path

from django.db import connection, transaction

from tests.bench.peers import lists
from tests.bench.peers.lists import Timings

PEER = "sql"
SOURCE = Path(__file__).parent / "sql"
RATE, YEARS = 0.03, 30
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FUNCTIONS = (
    "partners_of_output", "partners_of_input", "days", "hours_per_year", "deficit", "acceptance",
    "pipe_eur_per_m",
)  # fmt: skip
_SETTINGS = {
    "max_parallel_workers_per_gather": "2",
    "parallel_setup_cost": "0",
    "parallel_tuple_cost": "0",
    "min_parallel_table_scan_size": "0",
    # In the order of the statement: what rejects most comes first.
    "join_collapse_limit": "1",
    "enable_memoize": "off",
    "jit": "off",
    "work_mem": "'64MB'",
}


def run() -> Timings:
    """Prepare (load), run the statement (compute), add the primary key (store)."""
    times = [time.perf_counter()]
    with transaction.atomic(), connection.cursor() as cursor:
        for name, value in _SETTINGS.items():
            cursor.execute(f"SET LOCAL {name} = {value}")
        _drop(cursor)
        cursor.execute(_functions())
        cursor.execute(_read("flows"))
        cursor.execute(_partners())
        cursor.execute("SELECT count(*) FROM bench_sql_flow")
        flows = cursor.fetchone()[0]
        times.append(time.perf_counter())
        # Only a statement that makes its table may run in parallel.
        cursor.execute(f"DROP TABLE IF EXISTS {lists.table(PEER)}")
        cursor.execute(f"CREATE TABLE {lists.table(PEER)} AS {_read('lists')}")
        times.append(time.perf_counter())
        lists.finish(cursor, PEER)
        _drop(cursor)
    times.append(time.perf_counter())
    load_s, compute_s, store_s = (times[place + 1] - times[place] for place in range(3))
    return Timings(load_s, compute_s, store_s, times[-1] - times[0], flows)


def _partners() -> str:
    """Return the SQL of the functions that find the partners of an output, and of an input."""
    annuity = RATE * (1 + RATE) ** YEARS / ((1 + RATE) ** YEARS - 1)
    template = _read("partners").replace("{annuity}", repr(annuity))
    functions = []
    for side, own, partner, partner_is, bears_hazard in (
        ("output", "o", "i", "NOT near.is_output", "(near.hazardous OR NOT o.hazardous)"),
        ("input", "i", "o", "near.is_output", "(i.hazardous OR NOT near.hazardous)"),
    ):
        names = {
            "side": side,
            "own": own,
            "partner": partner,
            "partner_is": partner_is,
            "bears_hazard": bears_hazard,
        }
        function = template
        for name, text in names.items():
            function = function.replace(f"{{{name}}}", text)
        functions.append(function)
    return "\n".join(functions)


def _functions() -> str:
    days = (
        sum(length for bit, length in enumerate(MONTH_DAYS) if months >> bit & 1)
        for months in range(4096)
    )
    return _read("functions").replace("{days_of_months}", f"{{{','.join(map(str, days))}}}")


def _read(name: str) -> str:
    return (SOURCE / f"{name}.sql").read_text()


def _drop(cursor) -> None:
    """Remove what prepares the statement."""
    for name in _FUNCTIONS:
        cursor.execute(f"DROP ROUTINE IF EXISTS pg_temp.{name}")
    cursor.execute("DROP TABLE IF EXISTS bench_sql_flow")
