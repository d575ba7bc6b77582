"""All that match one flow: tens of thousands in a large city, so they are kept as columns."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np

from matching import array_parameters, figures, loading, pairing
from matching.engine.arrays import COLUMN
from matching.engine.best import score_pairs
from matching.engine.parameters import BEST_PER_FLOW
from matching.lists import NOTHING, Entry, Worth
from matching.models import PartnerList
from organizations.models import ResourceFlow

# What orders partners: higher score, then nearer, then smaller id.
Key = tuple[float, float, UUID]

_LISTS = PartnerList._meta.db_table
# Of partners that do not list the flow: those whose list it enters, because there is room or the
# last one is no better.
_ENTERED = f"""
SELECT fits.number
FROM unnest(%s::bigint[], %s::uuid[], %s::float8[], %s::float8[])
    AS fits (number, flow_id, score, distance_m)
LEFT JOIN {_LISTS} l USING (flow_id)
WHERE score > l.scores[{BEST_PER_FLOW}]
    OR l.scores[{BEST_PER_FLOW}] IS NULL
    OR score = l.scores[{BEST_PER_FLOW}] AND distance_m <= l.distances_m[{BEST_PER_FLOW}]
"""
# Of partners that list the flow: those where its score or distance has changed, or what it brings
# to a list that it leads.
_MOVED = f"""
SELECT fits.number
FROM unnest(%s::bigint[], %s::uuid[], %s::float8[], %s::float8[], %s::float8[], %s::float8[])
    AS fits (number, flow_id, score, distance_m, savings_eur_per_year, co2_avoided_t_per_year)
LEFT JOIN {_LISTS} l USING (flow_id)
LEFT JOIN LATERAL (SELECT array_position(l.partners, %s::bigint)) place (rank) ON true
WHERE (l.scores[rank], l.distances_m[rank]) IS DISTINCT FROM (score, distance_m)
    OR rank = 1 AND (l.best_savings_eur_per_year::float8, l.best_co2_avoided_t_per_year)
        <> (savings_eur_per_year, co2_avoided_t_per_year)
"""


@dataclass(frozen=True)
class Fits:
    """The flows that match one, in the order of their ids; values of one place belong together."""

    numbers: np.ndarray
    raw_ids: np.ndarray
    results: np.ndarray  # what the kernel says of each pair, by COLUMNS

    @cached_property
    def place_of(self) -> dict[int, int]:
        """Places by the numbers of flows."""
        return {number: place for place, number in enumerate(self.numbers.tolist())}

    @property
    def scores(self) -> np.ndarray:
        return self.results[:, COLUMN["score"]]

    @property
    def distances_m(self) -> np.ndarray:
        return self.results[:, COLUMN["distance_m"]]

    def entry(self, place: int, number: int) -> Entry:
        """Return the pair of a place as it stands in a list, under a flow's number."""
        return Entry(number, float(self.scores[place]), float(self.distances_m[place]))

    def worth(self, place: int) -> Worth:
        """Return what the pair of a place brings."""
        result = figures.values_of(figures.rounded(self.results[place]))
        return Worth(result["savings_eur_per_year"], result["co2_avoided_t_per_year"])

    def best(self) -> tuple[list[Entry], Worth]:
        """Return the list of the best, and what the first of them brings."""
        # Sorted stably: the smaller id comes first.
        order = np.lexsort((self.distances_m, -self.scores))[:BEST_PER_FLOW].tolist()
        entries = [self.entry(place, int(self.numbers[place])) for place in order]
        return entries, self.worth(order[0]) if order else NOTHING

    def entered(self, listed_by: Collection[int]) -> set[int]:
        """Return the partners whose list the flow enters, by number; `listed_by`: others."""
        is_new = ~np.isin(self.numbers, list(listed_by))
        return self._ask(_ENTERED, is_new, [])

    def moved(self, own_number: int, listed_by: Collection[int]) -> set[int]:
        """Return those who list the flow, and whose list changes with it."""
        is_listed = np.isin(self.numbers, list(listed_by))
        savings, co2 = (
            self.results[is_listed, COLUMN[name]]
            for name in ("savings_eur_per_year", "co2_avoided_t_per_year")
        )
        return self._ask(_MOVED, is_listed, [np.round(savings, 2), co2, own_number])

    def _ask(self, statement: str, chosen: np.ndarray, more: Sequence[Any]) -> set[int]:
        if not chosen.any():
            return set()
        columns = (self.numbers, self.raw_ids, self.scores, self.distances_m)
        chosen_ones = [column[chosen] for column in columns]
        return {number for (number,) in array_parameters.fetch(statement, [*chosen_ones, *more])}


def find_fits(flow: ResourceFlow, types: loading.TypeTable, weights: np.ndarray) -> Fits:
    """Return all that match a flow; none if it is not active."""
    pairs = pairing.pair_up(
        flow,
        types,
        # All in a box around: the kernel measures distances faster than the database.
        condition="c.resource_type_id = ANY(%s::smallint[])"
        " AND c.location && _ST_Expand(%s::geography, %s)",
        parameters=[
            pairing.counterpart_keys(flow, types),
            f"SRID=4326;{flow.location.wkt}",
            pairing.reach_m(flow, types) * 1.01 + 1,
        ],
    )
    results = score_pairs(*pairs.arrays, weights)
    matching = np.flatnonzero(~np.isnan(results[:, COLUMN["score"]]))
    others = pairs.others
    return Fits(others.numbers[matching], others.raw_ids[matching], results[matching])
