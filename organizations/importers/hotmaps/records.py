"""From rows to unsaved organizations, sites and flows, by their ids at the source."""

from collections import Counter
from collections.abc import Iterable, Mapping

from django.contrib.gis.geos import Point

from organizations.importers.hotmaps.rows import BANDS, Row
from organizations.importers.hotmaps.subsectors import SUBSECTORS
from organizations.models import Organization, ResourceFlow, ResourceType, Site

SOURCE = "hotmaps"
RESOURCE_TYPE = "heat"
CREDIT = "Hotmaps industrial database 2019 (Fraunhofer ISI, CC BY 4.0)"
# Hotmaps computes excess heat and fuel demand from production and specific consumption.
EXCESS_HEAT_NOTE = "Excess heat of the exhaust gas, computed from production"
FUEL_DEMAND_NOTE = (
    "Fuel demand computed from production, taken as one heat demand; temperature by subsector"
)

ORGANIZATION_FIELDS = ("name", "sector", "description")
SITE_FIELDS = (
    "organization_id", "name", "address", "postal_code", "city", "country", "location",
)  # fmt: skip
FLOW_FIELDS = (
    "site_id", "resource_type_id", "direction", "name", "description", "amount", "unit", "per",
    "precision_level", "temperature_celsius_min", "temperature_celsius_max", "methods",
    "unit_factor", "quantity_per_year",
)  # fmt: skip


def organizations(rows: Iterable[Row]) -> dict[str, Organization]:
    """One organization for each company and country, in the sector of most of its sites."""
    first_rows: dict[str, Row] = {}
    sectors: dict[str, Counter[str]] = {}
    for row in rows:
        first_rows.setdefault(row.organization_key, row)
        counter = sectors.setdefault(row.organization_key, Counter())
        counter[SUBSECTORS[row.subsector].nace] += 1
    return {
        key: Organization(
            source=SOURCE,
            external_id=key,
            name=row.company,
            # The smallest code where two are equally frequent.
            sector=min(sectors[key].items(), key=lambda item: (-item[1], item[0]))[0],
            description=f"{CREDIT}.",
        )
        for key, row in first_rows.items()
    }


def sites(rows: Iterable[Row], owners: Mapping[str, Organization]) -> dict[str, Site]:
    """One site for each row."""
    return {
        row.site_id: Site(
            source=SOURCE,
            external_id=row.site_id,
            organization=owners[row.organization_key],
            name=row.site,
            address=row.address,
            postal_code=row.postal_code,
            city=row.city,
            country=row.country,
            location=Point(row.longitude, row.latitude, srid=4326),
        )
        for row in rows
    }


def flows(rows: Iterable[Row], places: Mapping[str, Site]) -> dict[str, ResourceFlow]:
    """An output for each temperature band with excess heat, an input for the fuel demand."""
    # The database does not say which carrier would bring the heat to a neighbour, so the type is
    # heat of any carrier.
    heat = ResourceType.objects.get(code=RESOURCE_TYPE)
    found = {}
    for row in rows:
        site = places[row.site_id]
        for flow in (*_outputs(row), *_inputs(row)):
            flow.site, flow.resource_type = site, heat
            flow.source = SOURCE
            flow.unit, flow.per = "GWh", ResourceFlow.Per.YEAR
            flow.methods = ["pipe"]
            found[flow.external_id] = flow
    return found


def _outputs(row: Row) -> Iterable[ResourceFlow]:
    for band, amount in zip(BANDS, row.excess_heat_gwh, strict=True):
        if amount:
            span = f"above {band.low_c} °C"
            if band.high_c is not None:
                span = f"{band.low_c} to {band.high_c} °C"
            yield ResourceFlow(
                external_id=f"{row.site_id}/{band.key}",
                direction=ResourceFlow.Direction.OUTPUT,
                name=f"Excess heat {span}",
                description=f"{EXCESS_HEAT_NOTE}. {CREDIT}.",
                amount=amount,
                temperature_celsius_min=band.low_c,
                temperature_celsius_max=band.high_c,
                precision_level=ResourceFlow.PrecisionLevel.ESTIMATED,
            )


def _inputs(row: Row) -> Iterable[ResourceFlow]:
    subsector = SUBSECTORS[row.subsector]
    if row.fuel_demand_gwh:
        yield ResourceFlow(
            external_id=f"{row.site_id}/fuel-demand",
            direction=ResourceFlow.Direction.INPUT,
            name="Process heat",
            description=f"{FUEL_DEMAND_NOTE}: {subsector.basis}. {CREDIT}.",
            amount=row.fuel_demand_gwh,
            temperature_celsius_min=subsector.temperature_min_c,
            temperature_celsius_max=subsector.temperature_max_c,
            precision_level=ResourceFlow.PrecisionLevel.ROUGH,
        )
