"""A country at random, with a fixed seed: clustered cities, many types, all attributes of flows."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
from django.contrib.gis.geos import Point
from django.utils import timezone

from organizations.hours import HoursOfWeek
from organizations.ids import new_id
from organizations.models import Organization, ResourceFlow, ResourceType, Site

SEED = 20_261_125
TYPES = 24
FLOWS_PER_SITE, SITES_PER_ORGANIZATION, FLOWS_PER_CITY = 4, 2, 2_000
# Within a city sites scatter by so much (standard deviation) [degrees of latitude].
CITY_DEGREES = 0.06
WEEKS = ["Mon-Sun", "Mon-Sun", "Mon-Fri 06:00-22:00", "Sat-Sun", "Mon-Fri 22:00-06:00"]
BATCH = 5_000


class Country:
    """Makes organizations, sites and flows by the thousand, past the services and their events."""

    def __init__(self, flow_count: int, seed: int = SEED) -> None:
        self.chance = np.random.default_rng(seed)
        self.flow_count = flow_count
        self.types = list(ResourceType.objects.filter(is_group=False).order_by("code")[:TYPES])
        self.weeks = [HoursOfWeek.parse(week) for week in WEEKS]

    def settle(self) -> None:
        """Fill the database."""
        sites = self._settle_sites(max(1, self.flow_count // FLOWS_PER_SITE))
        flows = (self._flow(sites[number % len(sites)]) for number in range(self.flow_count))
        _create(ResourceFlow, flows)

    def _settle_sites(self, count: int) -> list[Site]:
        organizations = [
            Organization(
                id=new_id(),
                name=f"Organization {number}",
                slug=f"organization-{number}",
                verified_at=timezone.now() if self.chance.random() < 0.3 else None,
                completed_exchanges=int(self.chance.integers(0, 4)),
            )
            for number in range(max(2, count // SITES_PER_ORGANIZATION))
        ]
        _create(Organization, iter(organizations))
        city_count = max(1, self.flow_count // FLOWS_PER_CITY)
        cities = self.chance.uniform([22, 50], [60, 60], (city_count, 2))
        # Few large cities and many small ones.
        weights = 1 / np.arange(1, city_count + 1) ** 0.8
        chosen = self.chance.choice(city_count, count, p=weights / weights.sum())
        spread = self.chance.normal(0, CITY_DEGREES, (count, 2)) * [1.8, 1]
        sites = [
            Site(
                id=new_id(),
                organization=organizations[number % len(organizations)],
                name=f"Site {number}",
                location=Point(*place, srid=4326),
                country=("RU", "KZ")[int(place[0] > 55)],
                holds_hazardous_waste_permit=self.chance.random() < 0.3,
            )
            for number, place in enumerate((cities[chosen] + spread).tolist())
        ]
        _create(Site, iter(sites))
        return sites

    def _flow(self, site: Site) -> ResourceFlow:
        amount = Decimal(int(self.chance.integers(10, 10_000)))
        low, high = np.sort(self.chance.uniform(20, 150, 2)).round(1).tolist()
        is_stated = self.chance.random(4) < (0.6, 0.2, 0.2, 0.2)
        fields: dict[str, Any] = {}
        if is_stated[0]:
            fields |= {"temperature_celsius_min": low, "temperature_celsius_max": high}
        if is_stated[1]:
            fields |= {"purity_pct_min": float(self.chance.integers(50, 95))}
        if is_stated[2]:
            fields |= {"current_cost_per_unit": Decimal(int(self.chance.integers(1, 80)))}
        if is_stated[3]:
            fields |= {"max_distance_km": float(self.chance.integers(2, 40))}
        return ResourceFlow(
            id=new_id(),
            site=site,
            organization_id=site.organization_id,
            location=site.location,
            resource_type=self.types[int(self.chance.integers(len(self.types)))],
            direction=("input", "output")[int(self.chance.integers(2))],
            name="Flow",
            amount=amount,
            unit="",
            unit_factor=1.0,
            quantity_per_year=float(amount),
            min_quantity_per_year=float(amount) / 10 if self.chance.random() < 0.3 else 0.0,
            precision_level=("measured", "estimated", "rough")[int(self.chance.integers(3))],
            hazardous=self.chance.random() < 0.1,
            hours_of_week=self.weeks[int(self.chance.integers(len(self.weeks)))],
            storage_days=float(self.chance.choice([0, 0, 1, 7])),
            **fields,
        )


def _create(model: Any, rows: Iterator[Any]) -> None:
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            model.objects.bulk_create(batch)
            batch = []
    model.objects.bulk_create(batch)
