"""What the pairs of a group of sites come to."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.contrib.gis.geos import MultiPolygon, Point


class Pair(NamedTuple):
    """A match whose ends lie in one group of sites."""

    number: int
    type_id: int
    output_id: UUID
    input_id: UUID
    output_site: UUID
    input_site: UUID
    giver: UUID
    taker: UUID
    output_per_year: float
    input_per_year: float
    quantity: float
    savings: Decimal
    co2: float


@dataclass(slots=True)
class Cluster:
    """A group of close sites, and what could be exchanged between them."""

    number: int
    type_id: int
    match_count: int = 0
    exchange_count: int = 0
    quantity_per_year: float = 0.0
    savings_eur_per_year: Decimal = Decimal(0)
    co2_avoided_t_per_year: float = 0.0
    # Flow → site, site → canonical units per year of its flows.
    flows: dict[UUID, UUID] = field(default_factory=dict)
    sites: dict[UUID, float] = field(default_factory=dict)
    organizations: set[UUID] = field(default_factory=set)
    contributors: set[UUID] = field(default_factory=set)
    # Empty until they are drawn.
    area: MultiPolygon = field(default_factory=MultiPolygon)
    centre: Point = field(default_factory=Point)


def add_up(pairs: list[Pair]) -> Cluster:
    """
    Count all pairs of a group, and sum up those that could be realised together.

    These are taken from the best savings down to 0, each as a whole, while both of its flows have
    enough left: no unit is given away twice, and no sum is a fraction of somebody's figure.
    """
    left: dict[UUID, float] = {}
    cluster = Cluster(pairs[0].number, pairs[0].type_id)
    for pair in pairs:
        cluster.match_count += 1
        cluster.organizations.update((pair.giver, pair.taker))
        for flow, site, per_year in (
            (pair.output_id, pair.output_site, pair.output_per_year),
            (pair.input_id, pair.input_site, pair.input_per_year),
        ):
            if flow not in cluster.flows:
                cluster.flows[flow] = site
                cluster.sites[site] = cluster.sites.get(site, 0.0) + per_year
                left[flow] = per_year
        least = pair.quantity * (1 - 1e-9)
        if pair.savings > 0 and least <= left[pair.output_id] and least <= left[pair.input_id]:
            left[pair.output_id] -= pair.quantity
            left[pair.input_id] -= pair.quantity
            cluster.exchange_count += 1
            cluster.contributors.update((pair.giver, pair.taker))
            cluster.quantity_per_year += pair.quantity
            cluster.savings_eur_per_year += pair.savings
            cluster.co2_avoided_t_per_year += pair.co2
    return cluster
