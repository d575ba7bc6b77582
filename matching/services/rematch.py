"""Incremental matching: what one changed flow changes, with the same result as a full run."""

from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from django.db import transaction

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


def _fits(flow: ResourceFlow, types: loading.TypeTable) -> Fits:
    """Return all that match a flow; none if it is not active."""
    pairs = pairing.pair_up(
        flow,
        types,
        # A metre more than the kernel allows: the two measure alike, but not to the last bit.
        condition="f.resource_type_id = ANY(%s::smallint[]) AND f.organization_id <> %s"
        " AND ST_DWithin(f.location, %s::geography, %s)",
        parameters=[
            pairing.counterpart_keys(flow, types),
            flow.organization_id,
            f"SRID=4326;{flow.location.wkt}",
            pairing.reach_m(flow, types) + 1,
        ],
    )
    # Read each time, under the lock of the matches: they change with the lists of a run of all.
    results = score_pairs(*pairs.arrays, weights.in_force())
    return {
        int(pairs.other_numbers[place]): _Fit(pairs.other_id(int(place)), results[place])
        for place in np.flatnonzero(~np.isnan(results[:, COLUMN["score"]]))
    }


class _Rematch:
    """
    One flow and the lists that it is, was or will be in.

    A partner's list changes only where the flow enters it, moves in it or leaves it. A full list
    that the flow leaves, or in which it sinks below all others, is filled again from the partner's
    own candidates, because one that was not in the list may now belong there.
    """

    def __init__(self, flow: ResourceFlow, types: loading.TypeTable) -> None:
        self.flow, self.types = flow, types
        self.changes = Changes()
        self.own = self.changes[flow.number]
        self.fits = _fits(flow, types)
        # A flow that has changed its direction leaves the lists of its old partners.
        affected = self.own.listed_by | self._entered()
        self.changes.load(affected)
        ids = self._ids_of_members(affected)
        for number in sorted(affected):
            self._change(self.changes[number], ids)
        self._fill(flow, self.own, self.fits)
        self.own.is_output = flow.direction == ResourceFlow.Direction.OUTPUT
        self.own.is_kept = flow.status == ResourceFlow.Status.ACTIVE

    def _entered(self) -> set[int]:
        """Partners whose list has room for the flow, or a last place that is not better."""
        keys = [fit.flow_id for fit in self.fits.values()]
        last_places = PartnerList.objects.filter(
            pk__in=keys, partners__len=BEST_PER_FLOW
        ).values_list(
            "flow__number", f"scores__{BEST_PER_FLOW - 1}", f"distances_m__{BEST_PER_FLOW - 1}"
        )
        closed = {
            number
            for number, score, distance_m in last_places
            if (-score, distance_m) < self.fits[number].key()[:2]
        }
        return set(self.fits) - closed

    def _ids_of_members(self, numbers: set[int]) -> dict[int, UUID]:
        members = {entry.number for number in numbers for entry in self.changes[number].entries}
        rows = ResourceFlow.objects.filter(number__in=members | {self.flow.number})
        return dict(rows.values_list("number", "pk"))

    def _change(self, theirs: FlowList, ids: dict[int, UUID]) -> None:
        """Bring the flow's place in a partner's list up to date."""

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
        was_full = len(old) == BEST_PER_FLOW
        has_sunk = was_full and (
            len(new) < BEST_PER_FLOW or key(new[BEST_PER_FLOW - 1]) > key(old[-1])
        )
        if has_sunk or (new and worth is None):
            partner = ResourceFlow.objects.get(pk=theirs.flow_id)
            if partner.status == ResourceFlow.Status.ACTIVE:
                self._fill(partner, theirs, _fits(partner, self.types))
                return
        self.changes.put(theirs.number, new[:BEST_PER_FLOW], worth or NOTHING)

    def _fill(self, flow: ResourceFlow, own: FlowList, fits: Fits) -> None:
        """Give a flow the list of its best partners."""
        best = sorted(fits, key=lambda number: fits[number].key())[:BEST_PER_FLOW]
        worth = fits[best[0]].worth() if best else NOTHING
        self.changes.put(own.number, [fits[number].entry(number) for number in best], worth)
