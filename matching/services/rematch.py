"""Incremental matching: what one changed flow changes, with the same result as a full run."""

from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from django.db import transaction

from matching import loading, pairing, store, weights
from matching.engine.arrays import COLUMN
from matching.engine.best import score_pairs
from matching.engine.parameters import BEST_PER_FLOW
from matching.engine.scoring import add_internal_rates_of_return
from matching.models import Match
from organizations.models import ResourceFlow
from turash.events.catalogue import MatchFound, MatchLost
from turash.events.publishers import publish

# What orders partners: higher score, then nearer, then smaller id.
Key = tuple[float, float, UUID]
OTHER_SIDE = {"output": "input", "input": "output"}


@dataclass
class Changes:
    """What a rematch did."""

    found: list[Match] = field(default_factory=list)
    lost: list[Match] = field(default_factory=list)


@transaction.atomic
def rematch_flow(*, flow_id: UUID) -> Changes:
    """
    Bring the matches of a flow up to date, and the lists of the partners it concerns.

    Announces what was found and lost. Idempotent; a flow that is gone or not active loses all.
    """
    store.lock_matches()
    flow = ResourceFlow.objects.active().filter(pk=flow_id).first()
    types = loading.load_types()
    changes = Changes()
    # A flow that has changed its direction leaves the lists of its old partners.
    for side in OTHER_SIDE:
        fresh = {}
        if flow is not None and flow.direction == side:
            fresh = _candidates(flow, types)
        _Rematch(flow_id, side, fresh, types).write(changes)
    publish(*store.events_about(MatchFound, changes.found))
    return changes


def _candidates(flow: ResourceFlow, types: loading.TypeTable) -> dict[UUID, np.ndarray]:
    """Return the kernel's result for every flow that matches this one, by the other's id."""
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
        other_id: result
        for other_id, result in zip(pairs.other_ids, results, strict=True)
        if not np.isnan(result[COLUMN["score"]])
    }


def _key(other_id: UUID, result: np.ndarray) -> Key:
    return (-float(result[COLUMN["score"]]), float(result[COLUMN["distance_m"]]), other_id)


def _best(results: dict[UUID, np.ndarray]) -> list[UUID]:
    ordered = sorted(results, key=lambda other_id: _key(other_id, results[other_id]))
    return ordered[:BEST_PER_FLOW]


class _Rematch:
    """
    One flow on one side, and the best-of lists that it is, was or will be in.

    A partner's list changes only where the flow enters it, moves in it or leaves it. A full list
    that the flow leaves, or in which it sinks below all others, is refilled from the partner's own
    candidates, because one that was not in the list may now belong there.
    """

    def __init__(
        self, flow_id: UUID, side: str, fresh: dict[UUID, np.ndarray], types: loading.TypeTable
    ) -> None:
        self.flow_id, self.side, self.other = flow_id, side, OTHER_SIDE[side]
        self.fresh, self.types = fresh, types
        # Rows by (id on the flow's side, id on the other side), and results for new ones.
        self.rows: dict[tuple[UUID, UUID], Match] = {}
        self.results = {(flow_id, other_id): result for other_id, result in fresh.items()}
        self.own_ranks = {other_id: rank for rank, other_id in enumerate(_best(fresh), 1)}
        # Best-of lists of partners by their id.
        self.lists: dict[UUID, list[UUID]] = {}

    def write(self, changes: Changes) -> None:
        """Compute the new lists and write what differs from the rows."""
        self._read({f"{self.side}_id": self.flow_id})
        if not self.rows and not self.fresh:
            return
        self._update_lists_of_partners()
        self._write_rows(changes)

    def _read(self, condition: dict[str, object]) -> list[Match]:
        matches = list(Match.objects.filter(**condition))
        for match in matches:
            key = (getattr(match, f"{self.side}_id"), getattr(match, f"{self.other}_id"))
            self.rows.setdefault(key, match)
        return matches

    def _update_lists_of_partners(self) -> None:
        affected = {
            other_id
            for (_, other_id), match in self.rows.items()
            if getattr(match, f"{self.other}_rank") is not None
        } | self._entered()
        old_lists: dict[UUID, list[Key]] = defaultdict(list)
        condition = {f"{self.other}_id__in": affected, f"{self.other}_rank__isnull": False}
        for match in self._read(condition):
            member_id = getattr(match, f"{self.side}_id")
            old_lists[getattr(match, f"{self.other}_id")].append(
                (-match.score, match.distance_m, member_id)
            )
        to_refill = []
        for other_id in affected:
            old = sorted(old_lists[other_id])
            new = [key for key in old if key[2] != self.flow_id]
            if other_id in self.fresh:
                new.append(_key(self.flow_id, self.fresh[other_id]))
            new.sort()
            was_full = len(old) == BEST_PER_FLOW
            if was_full and (len(new) < BEST_PER_FLOW or new[BEST_PER_FLOW - 1] > old[-1]):
                to_refill.append(other_id)
            self.lists[other_id] = [member_id for _, _, member_id in new[:BEST_PER_FLOW]]
        self._refill(to_refill)

    def _entered(self) -> set[UUID]:
        """Partners whose list has room for the flow, or a last place that is worse."""
        last_places = Match.objects.filter(
            **{f"{self.other}_id__in": list(self.fresh), f"{self.other}_rank": BEST_PER_FLOW}
        ).values_list(f"{self.other}_id", "score", "distance_m", f"{self.side}_id")
        closed = {
            other_id
            for other_id, score, distance_m, member_id in last_places
            if (-score, distance_m, member_id) < _key(self.flow_id, self.fresh[other_id])
        }
        return set(self.fresh) - closed

    def _refill(self, other_ids: list[UUID]) -> None:
        for other in ResourceFlow.objects.active().filter(pk__in=other_ids):
            results = _candidates(other, self.types)
            self.lists[other.pk] = _best(results)
            for member_id in self.lists[other.pk]:
                self.results.setdefault((member_id, other.pk), results[member_id])
            self._read({f"{self.other}_id": other.pk, f"{self.side}_id__in": self.lists[other.pk]})

    def _write_rows(self, changes: Changes) -> None:
        ranks = {
            (member_id, other_id): rank
            for other_id, members in self.lists.items()
            for rank, member_id in enumerate(members, 1)
        }
        pairs = set(self.rows) | set(ranks) | {(self.flow_id, other) for other in self.own_ranks}
        to_save, to_delete = [], []
        for pair in sorted(pairs):
            member_id, other_id = pair
            match = self.rows.get(pair)
            own_rank = getattr(match, f"{self.side}_rank") if match else None
            if member_id == self.flow_id:
                own_rank = self.own_ranks.get(other_id)
            other_rank = ranks.get(pair)
            if other_id not in self.lists and match and member_id != self.flow_id:
                other_rank = getattr(match, f"{self.other}_rank")
            if own_rank is None and other_rank is None:
                if match:
                    to_delete.append(match)
                continue
            if match is None:
                match = Match(**{f"{self.side}_id": member_id, f"{self.other}_id": other_id})
                changes.found.append(match)
            if self._set(match, pair, own_rank, other_rank):
                to_save.append(match)
        # Events look up the rows, so they are written while the rows still exist.
        publish(*store.events_about(MatchLost, to_delete))
        changes.lost += to_delete
        Match.objects.filter(pk__in=[match.pk for match in to_delete]).delete()
        store.save(to_save)

    def _set(
        self,
        match: Match,
        pair: tuple[UUID, UUID],
        own_rank: int | None,
        other_rank: int | None,
    ) -> bool:
        """Give a row its ranks and values; returns whether anything changed."""
        values = {f"{self.side}_rank": own_rank, f"{self.other}_rank": other_rank}
        if pair in self.results:
            add_internal_rates_of_return(self.results[pair].reshape(1, -1))
            store.round_money(self.results[pair])
            values |= store.values_of(self.results[pair])
        changed = match._state.adding or any(
            getattr(match, name) != value for name, value in values.items()
        )
        for name, value in values.items():
            setattr(match, name, value)
        return changed
