"""Incremental matching: what one changed flow changes, with the same result as a full run."""

from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from django.db import connection, transaction

from matching import figures, loading, pairing, store, weights
from matching.engine.arrays import COLUMN
from matching.engine.best import score_pairs
from matching.engine.parameters import BEST_PER_FLOW
from matching.lists import NOTHING, Changes, Entry, FlowList, PairIds, Worth
from matching.models import PartnerList
from organizations.models import ResourceFlow
from turash.events.catalogue import MatchFound, MatchLost
from turash.events.publishers import publish

# What orders partners: higher score, then nearer, then smaller id.
Key = tuple[float, float, UUID]


@dataclass
class Rematched:
    """What a rematch did."""

    found: list[PairIds] = field(default_factory=list)
    lost: list[PairIds] = field(default_factory=list)


@transaction.atomic
def rematch_flow(*, flow_id: UUID) -> Rematched:
    """
    Bring the matches of a flow up to date, and the lists of the partners it concerns.

    Announces what was found and lost. Idempotent; a flow that is not active loses all, and one that
    is gone has none.
    """
    store.lock_matches()
    with connection.cursor() as cursor:
        # To begin parallel workers takes as long as to read some thousand candidates.
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
    flow = ResourceFlow.objects.filter(pk=flow_id).first()
    if flow is None:
        return Rematched()
    found, lost = _Rematch(flow, loading.load_types()).changes.save()
    publish(*store.events_about(MatchFound, found), *store.events_about(MatchLost, lost))
    return Rematched(found, lost)


@dataclass(frozen=True)
class _Fit:
    """A flow that matches another, and what the kernel says of the two."""

    flow_id: UUID
    result: np.ndarray

    def key(self) -> Key:
        score, distance_m = self.result[COLUMN["score"]], self.result[COLUMN["distance_m"]]
        return -float(score), float(distance_m), self.flow_id

    def entry(self, number: int) -> Entry:
        score, distance_m, _ = self.key()
        return Entry(number, -score, distance_m)

    def worth(self) -> Worth:
        result = figures.values_of(figures.rounded(self.result))
        return Worth(result["savings_eur_per_year"], result["co2_avoided_t_per_year"])


Fits = dict[int, _Fit]  # by the number of the other flow

# Of partners with these scores and distances: those in whose list the flow %(own)s moves, or that
# it enters, because there is room or the last one is no better. It may change the worth of a list
# that it leads.
_CONCERNED = f"""
SELECT fits.number
FROM unnest(%(numbers)s::bigint[], %(ids)s::uuid[], %(scores)s::float8[], %(distances_m)s::float8[])
    AS fits (number, flow_id, score, distance_m)
LEFT JOIN {PartnerList._meta.db_table} l USING (flow_id)
LEFT JOIN LATERAL (SELECT array_position(l.partners, %(own)s::bigint)) place (rank) ON true
WHERE CASE
    WHEN rank > 1 THEN (l.scores[rank], l.distances_m[rank]) <> (score, distance_m)
    ELSE rank = 1 OR coalesce(cardinality(l.partners), 0) < {BEST_PER_FLOW}
        OR (-score, distance_m) <= (-l.scores[{BEST_PER_FLOW}], l.distances_m[{BEST_PER_FLOW}])
END
"""


def _best(fits: Fits) -> tuple[list[Entry], Worth]:
    """Return the list of the best, and what the first of them brings."""
    best = sorted(fits, key=lambda number: fits[number].key())[:BEST_PER_FLOW]
    worth = fits[best[0]].worth() if best else NOTHING
    return [fits[number].entry(number) for number in best], worth


class _Rematch:
    """
    One flow and the lists that it is, was or will be in.

    A partner's list changes only where the flow enters it, moves in it or leaves it. A full list
    that the flow leaves, or in which it sinks below all others, is filled again from the partner's
    own candidates, because one that was not in the list may now belong there.
    """

    def __init__(self, flow: ResourceFlow, types: loading.TypeTable) -> None:
        self.flow, self.types = flow, types
        # Read under the lock of the matches: they change with the lists of a run of all.
        self.weights = weights.in_force()
        self.changes = Changes()
        own = self.changes[flow.number]
        self.fits = self._fits(flow)
        # New lists by the numbers of their flows.
        self.lists = {flow.number: _best(self.fits)}
        # Those that it does not match any more lose it, if only because its direction has changed.
        affected = own.listed_by - set(self.fits) | self._concerned()
        self.changes.load(affected)
        ids = self._ids_of_members(affected)
        to_refill = [n for n in sorted(affected) if not self._change(self.changes[n], ids)]
        for partner in ResourceFlow.objects.active().filter(number__in=to_refill):
            self.lists[partner.number] = _best(self._fits(partner))
        self.changes.put(self.lists)
        own.is_output = flow.direction == ResourceFlow.Direction.OUTPUT
        own.is_kept = flow.status == ResourceFlow.Status.ACTIVE

    def _fits(self, flow: ResourceFlow) -> Fits:
        """Return all that match a flow; none if it is not active."""
        pairs = pairing.pair_up(
            flow,
            self.types,
            # On a sphere, which is quicker to measure; it may say a little more than the ellipsoid,
            # on which the kernel measures.
            condition="f.resource_type_id = ANY(%s::smallint[]) AND f.organization_id <> %s"
            " AND ST_DWithin(f.location, %s::geography, %s, false)",
            parameters=[
                pairing.counterpart_keys(flow, self.types),
                flow.organization_id,
                f"SRID=4326;{flow.location.wkt}",
                pairing.reach_m(flow, self.types) * 1.01 + 1,
            ],
        )
        results = score_pairs(*pairs.arrays, self.weights)
        return {
            int(pairs.others.numbers[place]): _Fit(pairs.other_id(int(place)), results[place])
            for place in np.flatnonzero(~np.isnan(results[:, COLUMN["score"]]))
        }

    def _concerned(self) -> set[int]:
        """Partners whose list the flow enters, or in which it moves."""
        keys = [fit.key() for fit in self.fits.values()]
        with connection.cursor() as cursor:
            cursor.execute(
                _CONCERNED,
                {
                    "own": self.flow.number,
                    "numbers": list(self.fits),
                    "ids": [flow_id for _, _, flow_id in keys],
                    "scores": [-score for score, _, _ in keys],
                    "distances_m": [distance_m for _, distance_m, _ in keys],
                },
            )
            return {row[0] for row in cursor.fetchall()}

    def _ids_of_members(self, numbers: set[int]) -> dict[int, UUID]:
        members = {entry.number for number in numbers for entry in self.changes[number].entries}
        rows = ResourceFlow.objects.filter(number__in=members | {self.flow.number})
        return dict(rows.values_list("number", "pk"))

    def _change(self, theirs: FlowList, ids: dict[int, UUID]) -> bool:
        """Bring the flow's place in a partner's list up to date; False: it is to be refilled."""

        def key(entry: Entry) -> Key:
            return -entry.score, entry.distance_m, ids[entry.number]

        old = theirs.entries
        new = [entry for entry in old if entry.number != self.flow.number]
        worth = theirs.worth if new[:1] == old[:1] else None
        fit = self.fits.get(theirs.number)
        if fit is not None:
            new.append(fit.entry(self.flow.number))
            new.sort(key=key)
            if new[0].number == self.flow.number:
                worth = fit.worth()
        self.lists[theirs.number] = new[:BEST_PER_FLOW], worth or NOTHING
        was_full = len(old) == BEST_PER_FLOW
        has_sunk = was_full and (
            len(new) < BEST_PER_FLOW or key(new[BEST_PER_FLOW - 1]) > key(old[-1])
        )
        # What comes first now is worth, nobody has kept.
        return not (has_sunk or (new and worth is None))
