"""All that match one flow: tens of thousands in a large city, so they are kept as columns."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

import numpy as np

from matching import array_parameters, figures, loading, pairing, surroundings
from matching.engine.arrays import COLUMN
from matching.engine.best import score_pairs
from matching.engine.parameters import BEST_PER_FLOW
from matching.lists import NOTHING, Entry, Worth
from matching.models import PartnerList
from organizations.models import ResourceFlow

# What orders partners: higher score, then nearer, then smaller id.
Key = tuple[float, float, UUID]

_LISTS = PartnerList._meta.db_table
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
    places: np.ndarray  # of each among the candidates around
    around: surroundings.Surroundings

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
        leading = np.arange(len(self.scores))
        if len(leading) > BEST_PER_FLOW:
            least = np.partition(self.scores, -BEST_PER_FLOW)[-BEST_PER_FLOW]
            leading = np.flatnonzero(self.scores >= least)
        # Sorted stably: the smaller id comes first.
        order = np.lexsort((self.distances_m[leading], -self.scores[leading]))[:BEST_PER_FLOW]
        best = leading[order].tolist()
        entries = [self.entry(place, int(self.numbers[place])) for place in best]
        return entries, self.worth(best[0]) if best else NOTHING

    def entered(self, listed_by: Collection[int]) -> set[int]:
        """
        Return the partners whose list the flow enters, by number; `listed_by`: others.

        Because there is room in it, or the last one is no better.
        """
        new = np.flatnonzero(~np.isin(self.numbers, list(listed_by)))
        last_scores, last_distances_m = self.around.thresholds_of(self.places[new]).T
        scores, distances_m = self.scores[new], self.distances_m[new]
        enters = (scores > last_scores) | (scores == last_scores) & (
            distances_m <= last_distances_m
        )
        return set(self.numbers[new[enters]].tolist())

    def moved(self, own_number: int, listed_by: Collection[int]) -> set[int]:
        """Return those who list the flow, and whose list changes with it."""
        listed = np.flatnonzero(np.isin(self.numbers, list(listed_by)))
        if not len(listed):
            return set()
        savings, co2 = (
            self.results[listed, COLUMN[name]]
            for name in ("savings_eur_per_year", "co2_avoided_t_per_year")
        )
        columns = (self.numbers, self.raw_ids, self.scores, self.distances_m)
        rows = array_parameters.fetch(
            _MOVED,
            [*(column[listed] for column in columns), np.round(savings, 2), co2, own_number],
        )
        return {number for (number,) in rows}


def find_fits(flow: ResourceFlow, types: loading.TypeTable, weights: np.ndarray) -> Fits:
    """Return all that match a flow; none if it is not active."""
    own = pairing.load_own(flow, types)
    around = surroundings.around(flow, types)
    is_output = flow.direction == ResourceFlow.Direction.OUTPUT
    pairs = pairing.pair_with(own, around.loaded, types, is_output=is_output)
    results = score_pairs(*pairs.arrays, weights)
    matching = np.flatnonzero(~np.isnan(results[:, COLUMN["score"]]))
    others = pairs.others
    return Fits(
        others.numbers[matching], others.raw_ids[matching], results[matching], matching, around
    )
