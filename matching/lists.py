"""Changes to lists of partners, gathered in memory and written at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import NamedTuple
from uuid import UUID

import numpy as np

from matching.array_parameters import execute
from matching.ids import match_id
from matching.models.list_change import ListChange
from matching.models.partners import PartnerList, Partners
from organizations.models import ResourceFlow


class Entry(NamedTuple):
    """A partner in a list."""

    number: int
    score: float
    distance_m: float


class PairIds(NamedTuple):
    """A match by its ids."""

    match_id: UUID
    output_id: UUID
    input_id: UUID


class Worth(NamedTuple):
    """What a flow's best partner brings."""

    savings_eur_per_year: Decimal
    co2_avoided_t_per_year: float


NOTHING = Worth(Decimal(0), 0.0)

_COLUMNS = (
    "is_output, partners, scores, distances_m, listed_by, match_count,"
    " best_savings_eur_per_year, best_co2_avoided_t_per_year"
)
# Lists of all rows come one behind the other: who is in the lists of a large city stands in those
# of thousands, and Django spells out each element.
_WRITE = f"""
INSERT INTO {PartnerList._meta.db_table} (flow_id, {_COLUMNS})
SELECT flow_id, is_output = 1,
    joined.partners[start + 1:stop], joined.scores[start + 1:stop],
    joined.distances_m[start + 1:stop], joined.listed_by[holders_start + 1:holders_stop],
    match_count, savings, co2
FROM unnest(
    %s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
    %s::bigint[], %s::numeric[], %s::float8[]
) AS row (
    flow_id, is_output, start, stop, holders_start, holders_stop, match_count, savings, co2
), (
    SELECT %s::bigint[] AS partners, %s::float8[] AS scores, %s::float8[] AS distances_m,
        %s::bigint[] AS listed_by
) joined
ON CONFLICT (flow_id) DO UPDATE
SET ({_COLUMNS}) = ROW({", ".join(f"excluded.{name}" for name in _COLUMNS.split(", "))})
"""


@dataclass
class FlowList:
    """The list of one flow, who has the flow in theirs, and how it was before."""

    flow_id: UUID
    number: int
    is_output: bool
    entries: list[Entry] = field(default_factory=list)
    listed_by: set[int] = field(default_factory=set)
    worth: Worth = NOTHING
    is_kept: bool = True  # False: the flow has no row, or is to have none

    def __post_init__(self) -> None:
        self._before = self._state()
        self._pairs_before = self.pairs()

    @classmethod
    def of(cls, flow_id: UUID, number: int, row: Partners) -> "FlowList":
        """Read a row."""
        return cls(
            flow_id,
            number,
            row.is_output,
            list(map(Entry, row.partners, row.scores, row.distances_m)),
            set(row.listed_by),
            Worth(
                Decimal(row.best_savings_eur_per_year),  # type: ignore[attr-defined]
                row.best_co2_avoided_t_per_year,
            ),
        )

    def pairs(self) -> set[tuple[int, int]]:
        """Return the matches of the flow as numbers (output, input)."""
        partners = {entry.number for entry in self.entries} | self.listed_by
        if self.is_output:
            return {(self.number, partner) for partner in partners}
        return {(partner, self.number) for partner in partners}

    def found_and_lost(self) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
        """Return the matches that were not there before, and those that are there no more."""
        now = self.pairs()
        return now - self._pairs_before, self._pairs_before - now

    def is_changed(self) -> bool:
        return self._state() != self._before

    def _state(self) -> tuple:
        return (
            self.is_kept, self.is_output, list(self.entries), set(self.listed_by), self.worth,
        )  # fmt: skip


class FlowsAreGone(Exception):
    """Lists were asked for of flows that have been deleted."""


class Changes:
    """Lists that are looked at and changed together; each change holds on both sides."""

    def __init__(self) -> None:
        self._lists: dict[int, FlowList] = {}

    def load(self, numbers: Iterable[int]) -> None:
        """
        Read the lists of flows that have not been read yet; who has none gets an empty one.

        Raises FlowsAreGone.
        """
        missing = {number for number in numbers if number not in self._lists}
        if not missing:
            return
        flows = ResourceFlow.objects.filter(number__in=missing).values_list(
            "pk", "number", "direction"
        )
        if len(flows) < len(missing):
            raise FlowsAreGone
        rows = PartnerList.objects.in_bulk([flow_id for flow_id, _, _ in flows])
        for flow_id, number, direction in flows:
            row = rows.get(flow_id)
            if row is not None:
                self._lists[number] = FlowList.of(flow_id, number, row)
            else:
                is_output = direction == ResourceFlow.Direction.OUTPUT
                self._lists[number] = FlowList(flow_id, number, is_output, is_kept=False)

    def adopt(self, number: int, flow_id: UUID, row: Partners) -> None:
        """Take the list of a flow that is no longer there from elsewhere."""
        self._lists[number] = FlowList.of(flow_id, number, row)

    def __getitem__(self, number: int) -> FlowList:
        if number not in self._lists:
            self.load([number])
        return self._lists[number]

    def put(self, lists: Mapping[int, tuple[list[Entry], Worth]]) -> None:
        """Give flows new lists, and note on their partners who has them in theirs."""
        self.load(lists)
        moves = {}
        for number, (entries, _) in lists.items():
            old = {entry.number for entry in self._lists[number].entries}
            new = {entry.number for entry in entries}
            moves[number] = old - new, new - old
        self.load(chain.from_iterable(chain.from_iterable(moves.values())))
        for number, (left, entered) in moves.items():
            own = self._lists[number]
            own.entries, own.worth = lists[number]
            own.is_kept = True
            for partner in left:
                self._lists[partner].listed_by.discard(number)
            for partner in entered:
                self._lists[partner].listed_by.add(number)
                self._lists[partner].is_kept = True

    def forget(self, number: int) -> list[UUID]:
        """Take a flow out of all lists; returns those whose list it was in."""
        holders = sorted(self[number].listed_by)
        self.load(holders)
        lists: dict[int, tuple[list[Entry], Worth]] = {number: ([], NOTHING)}
        for holder in holders:
            theirs = self._lists[holder]
            rest = [entry for entry in theirs.entries if entry.number != number]
            # What the next one brings is found out when the list is filled again.
            worth = theirs.worth if theirs.entries[0].number != number else NOTHING
            lists[holder] = rest, worth
        self.put(lists)
        self[number].is_kept = False
        return [self._lists[holder].flow_id for holder in holders]

    def save(self) -> tuple[list[PairIds], list[PairIds]]:
        """Write what has changed; returns the matches that were found, and those that were lost."""
        changed = [row for row in self._lists.values() if row.is_changed()]
        found: set[tuple[int, int]] = set()
        lost: set[tuple[int, int]] = set()
        for row in changed:
            new, old = row.found_and_lost()
            found |= new
            lost |= old
        PartnerList.objects.filter(
            pk__in=[row.flow_id for row in changed if not row.is_kept]
        ).delete()
        _write([row for row in changed if row.is_kept])
        if changed:
            ListChange.note([row.number for row in changed])
        return self._ids(found), self._ids(lost)

    def _ids(self, pairs: set[tuple[int, int]]) -> list[PairIds]:
        return [
            PairIds(
                match_id(output, input_), self._lists[output].flow_id, self._lists[input_].flow_id
            )
            for output, input_ in sorted(pairs)
        ]


def _write(rows: Sequence[FlowList]) -> None:
    """Insert or replace rows of lists."""
    if not rows:
        return
    entries = list(chain.from_iterable(row.entries for row in rows))
    numbers, scores, distances_m = zip(*entries, strict=True) if entries else ((), (), ())
    stops = np.cumsum([len(row.entries) for row in rows])
    holders_stops = np.cumsum([len(row.listed_by) for row in rows])
    execute(
        _WRITE,
        [
            [row.flow_id for row in rows],
            _integers(row.is_output for row in rows),
            np.append(0, stops[:-1]),
            stops,
            np.append(0, holders_stops[:-1]),
            holders_stops,
            _integers(len(row.pairs()) for row in rows),
            [row.worth.savings_eur_per_year for row in rows],
            np.array([row.worth.co2_avoided_t_per_year for row in rows]),
            _integers(numbers),
            np.array(scores, dtype=np.float64),
            np.array(distances_m, dtype=np.float64),
            _integers(chain.from_iterable(sorted(row.listed_by) for row in rows)),
        ],
    )


def _integers(values: Iterable[int]) -> np.ndarray:
    return np.fromiter(values, dtype=np.int64)
