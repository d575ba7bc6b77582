"""Incremental matching: what one changed flow changes, with the same result as a full run."""

from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max

from matching import loading, store, surroundings, weights
from matching.engine.parameters import BEST_PER_FLOW
from matching.fits import Fits, Key, find_fits
from matching.lists import NOTHING, Changes, Entry, FlowList, FlowsAreGone, PairIds
from matching.models import ListChange
from organizations.models import ResourceFlow
from turash.events.catalogue import MatchFound, MatchLost
from turash.events.publishers import publish


@dataclass
class Rematched:
    """What a rematch did."""

    found: list[PairIds] = field(default_factory=list)
    lost: list[PairIds] = field(default_factory=list)


# Who remembers something of lists looks after at most so many changes of them.
CHANGES_KEPT = 10_000


def prune_list_changes() -> None:
    """Forget which lists have changed, except by the newest changes."""
    newest = ListChange.objects.aggregate(newest=Max("pk"))["newest"] or 0
    ListChange.objects.filter(pk__lte=newest - CHANGES_KEPT).delete()


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
    types = loading.load_types()
    try:
        changes = _Rematch(flow, types).changes
    except FlowsAreGone:
        # They were remembered.
        surroundings.forget()
        changes = _Rematch(flow, types).changes
    found, lost = changes.save()
    publish(*store.events_about(MatchFound, found), *store.events_about(MatchLost, lost))
    return Rematched(found, lost)


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
        self.lists = {flow.number: self.fits.best()}
        # Those that it does not match any more lose it, if only because its direction has changed.
        affected = own.listed_by - self.fits.place_of.keys()
        affected |= self.fits.moved(flow.number, own.listed_by)
        affected |= self.fits.entered(own.listed_by)
        self.changes.load(affected)
        ids = self._ids_of_members(affected)
        to_refill = [n for n in sorted(affected) if not self._change(self.changes[n], ids)]
        for partner in ResourceFlow.objects.active().filter(number__in=to_refill):
            self.lists[partner.number] = self._fits(partner).best()
        self.changes.put(self.lists)
        own.is_output = flow.direction == ResourceFlow.Direction.OUTPUT
        own.is_kept = flow.status == ResourceFlow.Status.ACTIVE

    def _fits(self, flow: ResourceFlow) -> Fits:
        return find_fits(flow, self.types, self.weights)

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
        place = self.fits.place_of.get(theirs.number)
        if place is not None:
            new.append(self.fits.entry(place, self.flow.number))
            new.sort(key=key)
            if new[0].number == self.flow.number:
                worth = self.fits.worth(place)
        self.lists[theirs.number] = new[:BEST_PER_FLOW], worth or NOTHING
        was_full = len(old) == BEST_PER_FLOW
        has_sunk = was_full and (
            len(new) < BEST_PER_FLOW or key(new[BEST_PER_FLOW - 1]) > key(old[-1])
        )
        # What comes first now is worth, nobody has kept.
        return not (has_sunk or (new and worth is None))
