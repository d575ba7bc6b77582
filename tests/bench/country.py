"""
A country at random, with a fixed seed: clustered cities, many types, all attributes of flows.

The sizes of cities follow Zipf's law. A country of a million flows has about 4.5·10⁸ pairs of an
output and an input whose types fit and that are in reach of each other.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from django.db import connection, transaction

from organizations.hours import HoursOfWeek
from organizations.models import Organization, ResourceFlow, ResourceType, Site
from tests.bench import copying

SEED = 20_261_125
# What is exchanged within a region; the groups' members serve their parents, too.
CODES = (
    "heat", "heat.steam", "heat.hot_water", "heat.low_grade", "cooling", "electricity",
    "gas.natural", "gas.biogas", "water", "water.process", "water.cooling",
    "water.wastewater", "mineral.rubble", "mineral.bottom_ash", "mineral.sand",
    "organic.biogas_feedstock", "organic.biogas_feedstock.food_waste",
    "organic.biogas_feedstock.sewage_sludge", "organic.fertiliser.compost", "organic.manure",
    "capacity.storage",
)  # fmt: skip
DENSE_CODE = "mineral.rubble"
DENSE_PLACE = 70, 55  # longitude and latitude, away from all others
FLOWS_PER_SITE, SITES_PER_ORGANIZATION, FLOWS_PER_CITY = 4, 2, 2_000
# Within a city sites scatter by so much (standard deviation) [degrees of latitude].
CITY_DEGREES = 0.06
# In the dense city few give what many want: an output is in the lists of thousands.
INPUTS_PER_OUTPUT = 500
WEEKS = ["Mon-Sun", "Mon-Sun", "Mon-Fri 06:00-22:00", "Sat-Sun", "Mon-Fri 22:00-06:00"]
MONTHS = [
    *([list(range(1, 13))] * 6), [1, 2, 3, 4, 10, 11, 12], [5, 6, 7, 8, 9], [3, 4, 5], [12],
]  # fmt: skip
METHODS = [[], [], [], [], ["truck"], ["pipe", "rail"], ["rail", "truck"], ["pipe", "grid"]]
VISIBILITIES = ["public", "public", "public", "network", "private"]
STATUSES = ["active"] * 49 + ["paused"]
SMALL_UNITS = {"MWh": "kWh", "t": "kg", "m3": "l"}
UNITS = [*SMALL_UNITS, *SMALL_UNITS.values(), "m2", "unit"]
SUBSTANCES = ["cd", "hg", "pb"]
# The share of flows that state it, and between what its ends lie.
RANGES = {
    "temperature_celsius": (0.6, 20, 150),
    "pressure_bar": (0.2, 1, 40),
    "purity_pct": (0.2, 50, 100),
    "moisture_pct": (0.15, 0, 60),
    "ph": (0.15, 5, 10),
}
BATCH = 50_000

_ORGANIZATION = {
    "id": "id",
    "name": "'Organization ' || number",
    "slug": "'organization-' || number",
    "subtype": "'business'",
    "sector": "''",
    "description": "''",
    "website": "''",
    "visibility": "'public'",
    "verified_at": "CASE WHEN verified THEN now() END",
    "completed_exchanges": "completed",
    "source": "''",
    "external_id": "''",
    "created_at": "now()",
    "updated_at": "now()",
}
_SITE = {
    "id": "id",
    "organization_id": "organization_id",
    "name": "'Site ' || number",
    "address": "''",
    "postal_code": "''",
    "city": "''",
    "country": "CASE WHEN longitude > 55 THEN 'KZ' ELSE 'RU' END",
    "location": "ST_Point(longitude, latitude, 4326)::geography",
    "holds_hazardous_waste_permit": "permit",
    "source": "''",
    "external_id": "''",
    "created_at": "now()",
    "updated_at": "now()",
}


def _unless_nan(name: str) -> str:
    return f"nullif({name}, 'NaN')"


def _one_of(name: str, options: list[str]) -> str:
    return f"(ARRAY[{', '.join(options)}])[{name} + 1]"


def _array_of(name: str, options: list[list], kind: str) -> str:
    """Arrays of unequal lengths make no array."""
    cases = (f"WHEN {place} THEN ARRAY{option}::{kind}[]" for place, option in enumerate(options))
    return f"CASE {name} {' '.join(cases)} END"


def _text(options: list[str]) -> list[str]:
    return [f"'{option}'" for option in options]


# Where a flow lies and whose it is, the database takes from the site.
_FLOW = {
    "id": "id",
    "site_id": "site_id",
    "resource_type_id": "type",
    "direction": "CASE WHEN is_output THEN 'output' ELSE 'input' END",
    "name": "'Flow'",
    "description": "''",
    "status": _one_of("status", _text(STATUSES)),
    "visibility": _one_of("visibility", _text(VISIBILITIES)),
    "amount": "(quantity / factor)::numeric(20, 6)",
    "unit": _one_of("unit", _text(UNITS)),
    "per": "'year'",
    "precision_level": _one_of("precision_level", _text(["measured", "estimated", "rough"])),
    "unit_factor": "factor",
    "quantity_per_year": "quantity",
    "min_quantity_per_year": "lot",
    **{f"{name}_{end}": _unless_nan(f"{name}_{end}") for name in RANGES for end in ("min", "max")},
    "hazardous": "hazardous",
    "waste_code": "''",
    "pattern": "'continuous'",
    "hours_of_week": "hours_of_week",
    "months": _array_of("months", MONTHS, "smallint"),
    "valid_from": "CASE WHEN valid_from > 0 THEN DATE '2027-01-01' + valid_from END",
    "valid_to": "CASE WHEN valid_to > 0 THEN DATE '2027-01-01' + valid_to END",
    "currency_id": "CASE WHEN in_crowns THEN 'DKK' ELSE 'EUR' END",
    "current_cost_per_unit": f"({_unless_nan('cost')} * factor)::numeric(14, 4)",
    "methods": _array_of("methods", METHODS, "varchar"),
    "max_distance_km": _unless_nan("max_distance_km"),
    "storage_days": _unless_nan("storage_days"),
    "source": "''",
    "external_id": "''",
    "created_at": "now()",
    "updated_at": "now()",
}


@contextmanager
def _without_history(cursor: Any) -> Iterator[None]:
    """Who was there from the beginning has no history, which takes longer to write than they do."""
    statement = "ALTER TABLE {} {} TRIGGER history_of_additions"
    tables = [model._meta.db_table for model in (Organization, Site, ResourceFlow)]
    for table in tables:
        cursor.execute(statement.format(table, "DISABLE"))
    yield
    # A table is not altered while something waits for the end of the transaction.
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in tables:
        cursor.execute(statement.format(table, "ENABLE"))


class Country:
    """
    Makes organizations, sites and flows by the thousand, past the services and their events.

    `dense_candidates`: add a city in which every output has so many inputs in reach, and of so many
    inputs (`inputs_per_output`) one has an output beside it.
    """

    def __init__(
        self,
        flow_count: int,
        seed: int = SEED,
        *,
        dense_candidates: int = 0,
        inputs_per_output: int = INPUTS_PER_OUTPUT,
    ) -> None:
        self.chance = np.random.default_rng(seed)
        self.flow_count = flow_count
        self.dense_candidates = dense_candidates
        self.dense_count = dense_candidates + -(-dense_candidates // inputs_per_output)
        weeks = b"".join(HoursOfWeek.parse(week).to_bytes() for week in WEEKS)
        self.weeks = np.frombuffer(weeks, dtype="V21")

    def settle(self) -> None:
        """Fill the database."""
        by_code = {kind.code: kind for kind in ResourceType.objects.filter(code__in=CODES)}
        self.types = np.array([by_code[code].pk for code in CODES])
        self.units = np.array([UNITS.index(by_code[code].unit) for code in CODES])
        with connection.cursor() as cursor, _without_history(cursor):
            sites = self._settle_sites(cursor)
            total = self.flow_count + self.dense_count
            for start in range(0, total, BATCH):
                # What waits for the end of a transaction takes memory.
                with transaction.atomic():
                    numbers = np.arange(start, min(total, start + BATCH))
                    self._settle_flows(cursor, numbers, sites)

    def _ids(self, count: int) -> np.ndarray:
        """Return UUIDs (version 7) of one moment: the same ones whenever the seed is the same."""
        octets = self.chance.integers(0, 256, (count, 16), dtype=np.uint8)
        octets[:, :6] = np.frombuffer(bytes.fromhex("019abcde0000"), dtype=np.uint8)
        octets[:, 6] = octets[:, 6] & 0x0F | 0x70
        octets[:, 8] = octets[:, 8] & 0x3F | 0x80
        return octets.view("V16").reshape(count)

    def _settle_sites(self, cursor) -> np.ndarray:
        """Return the ids of the sites; those of the dense city come last."""
        self.site_count = max(1, self.flow_count // FLOWS_PER_SITE)
        count = self.site_count + -(-self.dense_count // FLOWS_PER_SITE)
        owners = self._ids(max(2, count // SITES_PER_ORGANIZATION))
        copying.insert(
            cursor,
            "organizations_organization",
            _ORGANIZATION,
            {
                "number": ("integer", np.arange(len(owners))),
                "id": ("uuid", owners),
                "verified": ("boolean", self.chance.random(len(owners)) < 0.3),
                "completed": ("integer", self.chance.integers(0, 4, len(owners))),
            },
        )
        sites = self._ids(count)
        places = self._places(count)
        copying.insert(
            cursor,
            "organizations_site",
            _SITE,
            {
                "number": ("integer", np.arange(count)),
                "id": ("uuid", sites),
                "organization_id": ("uuid", owners[np.arange(count) % len(owners)]),
                "longitude": ("double precision", places[:, 0]),
                "latitude": ("double precision", places[:, 1]),
                "permit": ("boolean", self.chance.random(count) < 0.3),
            },
        )
        return sites

    def _places(self, count: int) -> np.ndarray:
        """Return (longitude, latitude) of each site."""
        city_count = max(1, self.flow_count // FLOWS_PER_CITY)
        cities = self.chance.uniform([22, 50], [60, 60], (city_count, 2))
        weights = 1 / np.arange(1, city_count + 1)
        chosen = self.chance.choice(city_count, count, p=weights / weights.sum())
        centres = cities[chosen]
        centres[self.site_count :] = DENSE_PLACE
        return centres + self.chance.normal(0, CITY_DEGREES, (count, 2)) * [1.8, 1]

    def _settle_flows(self, cursor, numbers: np.ndarray, sites: np.ndarray) -> None:
        count, chance = len(numbers), self.chance
        dense = numbers - self.flow_count
        is_dense = dense >= 0
        site = numbers % self.site_count
        site[is_dense] = self.site_count + dense[is_dense] // FLOWS_PER_SITE
        is_output = chance.random(count) < 0.5
        is_output[is_dense] = dense[is_dense] >= self.dense_candidates
        kind = np.where(is_dense, CODES.index(DENSE_CODE), chance.integers(0, len(CODES), count))
        # One amount in four is declared in the small unit, a thousandth of the canonical one.
        unit = self.units[kind]
        is_small = (chance.random(count) < 0.25) & (unit < len(SMALL_UNITS))
        unit = unit + is_small * len(SMALL_UNITS)
        # From 10 to 10,000 units a year, small ones more often.
        quantity = (10 ** chance.uniform(1, 4, count)).round(2)
        reach_km = self._stated(0.2, chance.uniform(2, 40, count).round(1))
        reach_km[is_dense] = np.nan
        validity = chance.integers(1, 700, count)
        limited = chance.random(count)
        ids = self._ids(count)
        copying.insert(
            cursor,
            "organizations_resourceflow",
            _FLOW,
            {
                "id": ("uuid", ids),
                "site_id": ("uuid", sites[site]),
                "type": ("integer", self.types[kind]),
                "is_output": ("boolean", is_output),
                "status": (
                    "integer",
                    np.where(is_dense, 0, chance.integers(0, len(STATUSES), count)),
                ),
                "visibility": ("integer", chance.integers(0, len(VISIBILITIES), count)),
                "quantity": ("double precision", quantity),
                "unit": ("integer", unit),
                "factor": ("double precision", np.where(is_small, 0.001, 1.0)),
                "lot": ("double precision", np.where(chance.random(count) < 0.3, quantity / 10, 0)),
                "precision_level": ("integer", chance.integers(0, 3, count)),
                **self._ranges(count),
                "hazardous": ("boolean", chance.random(count) < 0.1),
                "hours_of_week": ("hours", chance.choice(self.weeks, count)),
                "months": ("integer", chance.integers(0, len(MONTHS), count)),
                "valid_from": ("integer", np.where(limited < 0.1, validity, 0)),
                "valid_to": ("integer", np.where(limited > 0.9, validity, 0)),
                "in_crowns": ("boolean", chance.random(count) < 0.2),
                "cost": (
                    "double precision",
                    self._stated(0.2, chance.uniform(0, 80, count).round(2)),
                ),
                "methods": ("integer", chance.integers(0, len(METHODS), count)),
                "max_distance_km": ("double precision", reach_km),
                "storage_days": (
                    "double precision",
                    self._stated(0.7, chance.choice([0.0, 0.0, 1.0, 7.0], count)),
                ),
            },
        )
        self._contaminate(cursor, ids, is_output)

    def _stated(self, share: float, values: np.ndarray) -> np.ndarray:
        """Return NaN for values that are not stated."""
        return np.where(self.chance.random(len(values)) < share, values, np.nan)

    def _ranges(self, count: int) -> dict[str, tuple[str, np.ndarray]]:
        columns = {}
        for name, (share, lowest, highest) in RANGES.items():
            ends = np.sort(self.chance.uniform(lowest, highest, (count, 2)), axis=1).round(1)
            ends[self.chance.random(count) >= share] = np.nan
            # One flow in five states one end alone.
            one_end = self.chance.random(count)
            ends[one_end < 0.1, 0] = np.nan
            ends[one_end > 0.9, 1] = np.nan
            for place, end in enumerate(("min", "max")):
                columns[f"{name}_{end}"] = ("double precision", ends[:, place])
        return columns

    def _contaminate(self, cursor, ids: np.ndarray, is_output: np.ndarray) -> None:
        """Outputs hold up to 10 mg/kg of a substance, inputs accept up to 30."""
        is_stated = self.chance.random((len(ids), len(SUBSTANCES))) < 0.1
        flow, substance = np.nonzero(is_stated)
        most = np.where(is_output[flow], 10.0, 30.0)
        copying.insert(
            cursor,
            "organizations_flowcontaminant",
            {
                "flow_id": "flow_id",
                "substance": _one_of("substance", _text(SUBSTANCES)),
                "mg_per_kg": "mg_per_kg",
            },
            {
                "flow_id": ("uuid", ids[flow]),
                "substance": ("integer", substance),
                "mg_per_kg": ("double precision", (self.chance.random(len(flow)) * most).round(2)),
            },
        )
