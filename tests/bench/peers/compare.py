"""Do two tables of lists say the same?"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from tests.bench.peers.lists import table

# Scores that differ by less are equal, and partners with equal scores may stand in any order.
TOLERANCE = 1e-9
# Lengths of geodesics differ by less than this between programs.
NEAR_LIMIT_M = 0.001
FIRST = 10


class Entry(NamedTuple):
    """A partner in a list."""

    partner: UUID
    score: float
    distance_m: float


@dataclass
class Comparison:
    """Counts of flows whose lists were compared, by how they agree, and the first differences."""

    flows: int = 0
    equal: int = 0
    swapped: int = 0  # the same but for the order, or the last place, of equal scores
    at_limit: int = 0  # differ by pairs within a millimetre of their limit of distance
    different: int = 0
    largest_score_gap: float = 0.0
    largest_distance_gap_m: float = 0.0
    first: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        return not self.different


def compare(peer: str, with_peer: str, *, only_sampled: bool = False) -> Comparison:
    """
    Compare the lists of two peers.

    `only_sampled`: the first peer matched a sample; flows without a row of its are left out.
    """
    result = Comparison()
    with connection.cursor() as cursor:
        _compare_equal_partners(cursor, result, peer, with_peer)
        join = "LEFT JOIN" if only_sampled else "FULL JOIN"
        cursor.execute(
            f"""SELECT flow_id, a.partners, a.scores, a.distances,
                b.partners, b.scores, b.distances
            FROM {table(peer)} a {join} {table(with_peer)} b USING (flow_id)
            WHERE a.partners IS DISTINCT FROM b.partners ORDER BY flow_id"""
        )
        for flow_id, *columns in cursor.fetchall():
            one, other = _entries(*columns[:3]), _entries(*columns[3:])
            result.flows += 1
            verdict = _verdict(cursor, flow_id, one, other)
            setattr(result, verdict, getattr(result, verdict) + 1)
            if verdict == "different" and len(result.first) < FIRST:
                result.first.append(_describe(flow_id, one, other))
    return result


def _entries(partners: Any, scores: Any, distances: Any) -> list[Entry]:
    return [
        Entry(*entry) for entry in zip(partners or [], scores or [], distances or [], strict=True)
    ]


def _compare_equal_partners(cursor: Any, result: Comparison, peer: str, with_peer: str) -> None:
    """Look at the figures of lists with the same partners in the same order."""
    cursor.execute(
        f"""SELECT flow_id, max(abs(score_a - score_b)), max(abs(distance_a - distance_b))
        FROM {table(peer)} a JOIN {table(with_peer)} b USING (flow_id)
        CROSS JOIN LATERAL unnest(a.scores, b.scores, a.distances, b.distances)
            u (score_a, score_b, distance_a, distance_b)
        WHERE a.partners = b.partners GROUP BY flow_id"""
    )
    while rows := cursor.fetchmany(10_000):
        for flow_id, score_gap, distance_gap_m in rows:
            result.flows += 1
            result.largest_score_gap = max(result.largest_score_gap, score_gap)
            result.largest_distance_gap_m = max(result.largest_distance_gap_m, distance_gap_m)
            if score_gap <= TOLERANCE:
                result.equal += 1
                continue
            result.different += 1
            if len(result.first) < FIRST:
                result.first.append(f"{flow_id}: the same partners, scores {score_gap:.3g} apart")


def _verdict(cursor: Any, flow_id: UUID, one: list[Entry], other: list[Entry]) -> str:
    if _same_scores(one, other) and _same_but_for_ties(one, other):
        return "swapped"
    alone = {entry.partner for entry in one} ^ {entry.partner for entry in other}
    if alone and _some_at_limit(cursor, flow_id, alone, [*one, *other]):
        return "at_limit"
    return "different"


def _same_scores(one: list[Entry], other: list[Entry]) -> bool:
    return len(one) == len(other) and all(
        abs(a.score - b.score) <= TOLERANCE for a, b in zip(one, other, strict=True)
    )


def _same_but_for_ties(one: list[Entry], other: list[Entry]) -> bool:
    """Whether each partner has its score in both; those equal to the last may be other ones."""
    last = one[-1].score
    scores = {entry.partner: entry.score for entry in other}
    return all(
        abs(scores[entry.partner] - entry.score) <= TOLERANCE
        if entry.partner in scores
        else abs(entry.score - last) <= TOLERANCE
        for entry in one
    )


def _some_at_limit(cursor: Any, flow_id: UUID, alone: set[UUID], entries: list[Entry]) -> bool:
    """Whether one of the partners that only one side has lies at its limit of distance."""
    cursor.execute(
        """SELECT other.id, 1000 * least(
            own.max_distance_km, other.max_distance_km, kind.max_distance_km)
        FROM organizations_resourceflow own
        JOIN organizations_resourceflow other ON other.id = ANY(%s)
        JOIN organizations_resourcetype kind ON kind.id =
            CASE own.direction WHEN 'output' THEN own.resource_type_id
            ELSE other.resource_type_id END
        WHERE own.id = %s""",
        [list(alone), flow_id],
    )
    limits = dict(cursor.fetchall())
    return any(
        abs(entry.distance_m - limits[entry.partner]) <= NEAR_LIMIT_M
        for entry in entries
        if entry.partner in alone
    )


def _describe(flow_id: UUID, one: list[Entry], other: list[Entry]) -> str:
    for place in range(max(len(one), len(other))):
        a, b = (entries[place] if place < len(entries) else None for entries in (one, other))
        if a is None or b is None or a.partner != b.partner:
            return f"{flow_id}: at place {place + 1} {_of(a)} against {_of(b)}"
    return f"{flow_id}: the same partners"


def _of(entry: Entry | None) -> str:
    if entry is None:
        return "nobody"
    return f"{entry.partner} (score {entry.score:.12f}, {entry.distance_m:.6f} m)"
