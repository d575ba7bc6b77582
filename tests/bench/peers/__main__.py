"""Turash and its peers side by side: `python -m tests.bench.peers 12500 --peers go,sql`."""

import argparse
import os
import sys
from collections.abc import Callable
from typing import Any

from tests.bench.tables import show

PEERS = ("go", "numpy", "sql", "orm")


def main() -> int:
    arguments = _arguments()
    if arguments.data == "hotmaps":
        from tests.bench import hotmaps

        path = hotmaps.file_named(arguments.hotmaps)

        def settle() -> None:
            hotmaps.settle(path)
    else:

        def settle() -> None:
            from tests.bench.country import Country

            Country(arguments.flows, dense_candidates=arguments.dense).settle()

    from tests.bench.sockets import scratch_database

    with scratch_database():
        settle()
        rows, differences = _measure(arguments.peers, with_turash=arguments.turash)
    show(
        f"The best 20 partners of every flow, from PostgreSQL and back into it ({arguments.data})",
        ["", "flows", "pairs near", "load [s]", "compute [s]", "store [s]", "all [s]",
         "Turash ×", "lists compared", "equal", "ties", "at limit", "different",
         "largest score gap"],
        rows,
    )  # fmt: skip
    for line in differences:
        print(line)
    return 1 if differences else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers", description=__doc__)
    parser.add_argument("flows", type=int, nargs="?", default=12_500, help="of the country")
    parser.add_argument(
        "--peers",
        type=lambda names: names.split(",") if names else [],
        default=PEERS,
        help=f"of {', '.join(PEERS)}; all by default",
    )
    parser.add_argument("--data", choices=["country", "hotmaps"], default="country")
    parser.add_argument("--hotmaps", metavar="FILE", help="the Hotmaps industrial database")
    parser.add_argument(
        "--dense",
        type=int,
        default=0,
        metavar="CANDIDATES",
        help="add a city in which each output has so many inputs in reach",
    )
    parser.add_argument(
        "--no-turash",
        dest="turash",
        action="store_false",
        help="compare the peers with the first of them instead",
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.peers) - set(PEERS):
        parser.error(f"no such peer: {', '.join(sorted(unknown))}")
    return arguments


def _runner(peer: str) -> Callable[[], Any] | None:
    """Return what runs a peer, None with a line where this machine cannot."""
    from tests.bench.peers import arrays, go_program, orm, sql_statement

    if peer == "go" and not go_program.is_available():
        print("go: skipped, there is no Go compiler (Debian: apt-get install golang).")
        return None
    modules = {"go": go_program, "numpy": arrays, "sql": sql_statement, "orm": orm}
    return modules[peer].run


def _measure(peers: list[str], *, with_turash: bool) -> tuple[list[list[str]], list[str]]:
    """Run Turash and the peers; return the rows of the table, and how they differ."""
    from django.db import connection

    from tests.bench.peers import turash
    from tests.bench.peers.compare import compare

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    runners = {peer: _runner(peer) for peer in peers}
    if with_turash:
        runners = {turash.PEER: turash.run} | runners
    rows, differences = [], []
    first, first_s = None, 0.0
    for peer, run in runners.items():
        if run is None:
            continue
        timings = run()
        # Large ones take long: what is known by now is said now.
        print(f"{peer}: {timings}", file=sys.stderr, flush=True)
        if first is None:
            first, first_s = peer, timings.total_s
            rows.append([*_figures(peer, timings), *_speed(timings, first_s), *[""] * 6])
            continue
        compared = compare(peer, first, only_sampled=timings.sample is not None)
        counts = (
            compared.flows,
            compared.equal,
            compared.swapped,
            compared.at_limit,
            compared.different,
        )
        rows.append(
            [
                *_figures(peer, timings),
                *_speed(timings, first_s),
                *(f"{count:,}" for count in counts),
                f"{compared.largest_score_gap:.0e}",
            ]
        )
        if timings.sample is not None:
            print(f"{peer}: {timings.sample:,} flows matched, seconds are extrapolated to all.")
        differences += [f"{peer} differs from {first}: {line}" for line in compared.first]
    return rows, differences


def _figures(peer: str, timings: Any) -> list[str]:
    return [
        peer if timings.sample is None else f"{peer} (extrapolated)",
        f"{timings.flows:,}",
        "" if timings.pairs_near is None else f"{timings.pairs_near:,}",
        *(
            "" if seconds is None else f"{seconds:.2f}"
            for seconds in (timings.load_s, timings.compute_s, timings.store_s, timings.total_s)
        ),
    ]


def _speed(timings: Any, first_s: float) -> list[str]:
    return [f"{timings.total_s / first_s:.2f}"]


if __name__ == "__main__":
    os.environ |= {"DJANGO_SETTINGS_MODULE": "turash.settings", "LOG_LEVEL": "ERROR"}
    import django

    django.setup()
    from tests.conftest import start_servers

    start_servers()
    sys.exit(main())
