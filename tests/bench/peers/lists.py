"""The table of a peer's result, and what it tells of its time."""

from dataclasses import dataclass
from typing import Any

BEST_PER_FLOW = 20


@dataclass(frozen=True)
class Timings:
    """
    Seconds from PostgreSQL back into it; None: not told apart.

    `pairs_near` counts pairs of fitting types and different owners in reach of each other. With a
    `sample` only so many flows were matched, and the seconds are extrapolated to all.
    """

    load_s: float | None
    compute_s: float | None
    store_s: float | None
    total_s: float
    flows: int
    pairs_near: int | None = None
    sample: int | None = None


def table(peer: str) -> str:
    return f"bench_lists_{peer}"


def create(cursor: Any, peer: str) -> None:
    """
    Make a peer's table anew; a flow without partners has no row.

    `distances` in m. The primary key comes last (`finish`): rows are faster without.
    """
    cursor.execute(f"DROP TABLE IF EXISTS {table(peer)}")
    cursor.execute(
        f"CREATE TABLE {table(peer)} (flow_id uuid NOT NULL, partners uuid[] NOT NULL,"
        " scores double precision[] NOT NULL, distances double precision[] NOT NULL)"
    )


def copy_in(peer: str) -> str:
    """Return the statement that reads rows of a table as binary COPY."""
    return f"COPY {table(peer)} (flow_id, partners, scores, distances) FROM STDIN BINARY"


def finish(cursor: Any, peer: str) -> None:
    cursor.execute(f"ALTER TABLE {table(peer)} ADD PRIMARY KEY (flow_id)")
