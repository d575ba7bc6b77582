"""What a process remembers of dense places, so that it reads only what has changed there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

import numpy as np
from django.db import connection

from matching import array_parameters, loading, pairing, records
from matching.engine.geodesy import distance_m
from matching.engine.parameters import BEST_PER_FLOW
from matching.models import Candidate, ListChange, PartnerList
from organizations.models import CurrencyRate, ResourceFlow

# Fewer candidates are soon read.
REMEMBERED_FROM = 2_000
# Candidates of all places together, 300 bytes each.
MOST_REMEMBERED = 200_000
# More changes than these are not looked through: all is read again.
MOST_CHANGES = 2_000
# Where another flow has been looked at before, all is read that any in the middle of a place could
# reach, and a little more, so that its neighbours find it, too.
WIDENED = 1.25

# `xmin`: whatever changes that is not visible yet was written by this transaction or a later one.
# A transaction that has written itself remembers nothing: it could be rolled back.
_STATE = f"""
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
    pg_current_xact_id_if_assigned() IS NULL,
    (SELECT max(id) FROM {ListChange._meta.db_table}),
    (SELECT json_object_agg(code, eur_per_unit ORDER BY code)::text
     FROM {CurrencyRate._meta.db_table})
"""
# The last place of a list: who scores more enters it. There is room in one that is not full.
_THRESHOLDS = f"""
SELECT string_agg(
    float8send(coalesce(l.scores[last], '-Infinity'))
    || float8send(coalesce(l.distances_m[last], 'Infinity')),
    '' ORDER BY place)
FROM (SELECT %s::int) best (last), unnest(%s::uuid[]) WITH ORDINALITY AS asked (flow_id, place)
LEFT JOIN {PartnerList._meta.db_table} l USING (flow_id)
"""


class _State(NamedTuple):
    """How far what is read goes."""

    transaction: int
    is_clean: bool
    newest_change: int | None  # of lists
    rates: str

    @classmethod
    def now(cls) -> "_State":
        with connection.cursor() as cursor:
            cursor.execute(_STATE)
            return cls(*cursor.fetchone())


class _Scope(NamedTuple):
    """Of what a place holds candidates."""

    database: str
    is_output: bool
    type_keys: tuple[int, ...]
    types: bytes
    rates: str


class _Circle(NamedTuple):
    latitude: float
    longitude: float
    radius_m: float

    def distance_m(self, other: "_Circle") -> float:
        return distance_m(self.latitude, self.longitude, other.latitude, other.longitude)

    def contains(self, other: "_Circle") -> bool:
        return self.distance_m(other) + other.radius_m <= self.radius_m


@dataclass(frozen=True)
class Surroundings:
    """The candidates around a flow, at least all in its reach, and what their lists ask for."""

    loaded: loading.Loaded
    # (score, distance) of the last place of each candidate's list; None: not read yet.
    thresholds: np.ndarray | None = None

    def thresholds_of(self, places: np.ndarray) -> np.ndarray:
        """Return the last places of the lists of some candidates, shape (n, 2)."""
        if self.thresholds is None:
            return _read_thresholds(self.loaded[0].raw_ids[places])
        return self.thresholds[places]


@dataclass(frozen=True)
class _Place:
    scope: _Scope
    circle: _Circle
    state: _State
    loaded: loading.Loaded
    thresholds: np.ndarray

    def __len__(self) -> int:
        return len(self.loaded[0])


def around(flow: ResourceFlow, types: loading.TypeTable) -> Surroundings:
    """
    Return all candidates in reach of a flow, remembered or read.

    In a transaction that holds the lock of the matches. Flows that are no longer there can be among
    those remembered: who then finds one that is gone forgets all, and asks again.
    """
    state = _State.now()
    scope = _Scope(
        str(connection.settings_dict["NAME"]),
        flow.direction == ResourceFlow.Direction.INPUT,
        tuple(pairing.counterpart_keys(flow, types)),
        types.array.tobytes(),
        state.rates,
    )
    circle = _Circle(flow.location.y, flow.location.x, pairing.reach_m(flow, types))
    if not state.is_clean:
        return Surroundings(_load(scope, circle, types))
    place = _memory.take(scope, circle)
    place = place and _up_to_date(place, state, types)
    if place is None:
        if _memory.knows(scope, circle):
            circle = circle._replace(radius_m=pairing.farthest_m(flow, types) * WIDENED)
        loaded = _load(scope, circle, types)
        if len(loaded[0]) < REMEMBERED_FROM:
            return Surroundings(loaded)
        place = _Place(scope, circle, state, loaded, _read_thresholds(loaded[0].raw_ids))
    _memory.put(place)
    return Surroundings(place.loaded, place.thresholds)


def forget() -> None:
    """Forget all places."""
    _memory.clear()


class _Memory:
    """Places, the last used last."""

    def __init__(self) -> None:
        self._places: list[_Place] = []

    def take(self, scope: _Scope, circle: _Circle) -> _Place | None:
        """Take out a place that holds all in a circle: who fails on the way leaves none behind."""
        for number, place in enumerate(self._places):
            if place.scope == scope and place.circle.contains(circle):
                return self._places.pop(number)
        return None

    def knows(self, scope: _Scope, circle: _Circle) -> bool:
        """Return whether the middle of a circle lies in a place."""
        middle = circle._replace(radius_m=0)
        return any(p.scope == scope and p.circle.contains(middle) for p in self._places)

    def put(self, place: _Place) -> None:
        self._places.append(place)
        while sum(map(len, self._places)) > MOST_REMEMBERED and len(self._places) > 1:
            del self._places[0]

    def clear(self) -> None:
        self._places.clear()


_memory = _Memory()


def _load(
    scope: _Scope, circle: _Circle, types: loading.TypeTable, *, only: Sequence[UUID] | None = None
) -> loading.Loaded:
    return loading.load_flows(
        types,
        is_output=scope.is_output,
        # All in a box around: the kernel measures distances faster than the database.
        condition="c.resource_type_id = ANY(%s::smallint[])"
        " AND c.location && _ST_Expand(ST_Point(%s, %s, 4326)::geography, %s)"
        + ("" if only is None else " AND c.flow_id = ANY(%s::uuid[])"),
        parameters=[
            list(scope.type_keys),
            circle.longitude,
            circle.latitude,
            circle.radius_m * 1.01 + 1,
            *([] if only is None else [list(only)]),
        ],
    )


def _read_thresholds(raw_ids: np.ndarray) -> np.ndarray:
    if not len(raw_ids):
        return np.empty((0, 2))
    ((octets,),) = array_parameters.fetch(_THRESHOLDS, [BEST_PER_FLOW, raw_ids])
    return np.frombuffer(octets, dtype=">f8").astype(np.float64).reshape(-1, 2)


def _up_to_date(place: _Place, state: _State, types: loading.TypeTable) -> _Place | None:
    """Bring a place up to date; None: so much has changed that it is to be read again."""
    changed = Candidate.objects.filter(changed_in__gte=place.state.transaction).values_list(
        "pk", "number", "is_output", "resource_type_id"
    )[: MOST_CHANGES + 1]
    asked_anew = _changed_lists(place.state.newest_change)
    if asked_anew is None or len(changed) > MOST_CHANGES:
        return None
    scope = place.scope
    only = [
        flow_id
        for flow_id, _, is_output, type_key in changed
        if is_output == scope.is_output and type_key in scope.type_keys
    ]
    gone = np.isin(place.loaded[0].numbers, [number for _, number, _, _ in changed])
    if only or gone.any():
        place = _replaced(place, gone, _load(scope, place.circle, types, only=only))
    return replace(_asked_anew(place, asked_anew), state=state)


def _changed_lists(since: int | None) -> list[int] | None:
    """Return the flows whose lists have changed; None: there is no telling."""
    rows = list(
        ListChange.objects.filter(pk__gte=since or 0)
        .order_by("pk")
        .values_list("pk", "numbers")[: MOST_CHANGES + 1]
    )
    # Where the one that was the newest is no longer kept, others could be missing, too.
    if not rows or rows[0][0] != since or len(rows) > MOST_CHANGES:
        return None
    changed: list[int] = []
    for _, numbers in rows[1:]:
        if numbers is None:
            return None
        changed += numbers
    return changed


def _replaced(place: _Place, gone: np.ndarray, new: loading.Loaded) -> _Place:
    """Take candidates out, and put others in, in the order of ids."""
    (old_table, old_contents), (new_table, new_contents) = place.loaded, new
    order = records.order_of_ids(np.concatenate([old_table.raw_ids[~gone], new_table.raw_ids]))

    def joined(old_values: np.ndarray, new_values: np.ndarray) -> np.ndarray:
        return np.concatenate([old_values[~gone], new_values])[order]

    # Where those of old that stay, and then the new ones, have come to.
    place_of = np.empty(len(order), dtype=np.int64)
    place_of[order] = np.arange(len(order))
    stays = ~gone[old_contents.places]
    rank = np.cumsum(~gone) - 1
    places = np.concatenate(
        [rank[old_contents.places[stays]], new_contents.places + np.count_nonzero(~gone)]
    )
    table = loading.FlowTable(
        joined(old_table.raw_ids, new_table.raw_ids),
        joined(old_table.numbers, new_table.numbers),
        joined(old_table.array, new_table.array),
    )
    contents = loading.Contents(
        place_of[places],
        np.concatenate([old_contents.substances[stays], new_contents.substances]),
        np.concatenate([old_contents.mg_per_kg[stays], new_contents.mg_per_kg]),
    )
    thresholds = joined(place.thresholds, _read_thresholds(new_table.raw_ids))
    return replace(place, loaded=(table, contents), thresholds=thresholds)


def _asked_anew(place: _Place, numbers: list[int]) -> _Place:
    """Read the thresholds of some flows again, of those that are among the candidates."""
    table, _ = place.loaded
    asked = np.flatnonzero(np.isin(table.numbers, numbers))
    if not len(asked):
        return place
    thresholds = place.thresholds.copy()
    thresholds[asked] = _read_thresholds(table.raw_ids[asked])
    return replace(place, thresholds=thresholds)
