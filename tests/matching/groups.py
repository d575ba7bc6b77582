"""Plants that lie close together."""

import math

from django.contrib.gis.geos import Point

from organizations.models import ResourceFlow
from tests.factories import OrganizationFactory, ResourceFlowFactory, SiteFactory

EARTH_M = 6_371_008.8


def beside(longitude: float, latitude: float, east_m: float, north_m: float) -> Point:
    """A place some metres from another, on the sphere."""
    north = math.degrees(north_m / EARTH_M)
    east = math.degrees(east_m / (EARTH_M * math.cos(math.radians(latitude))))
    return Point((longitude + east + 180) % 360 - 180, latitude + north)


def plant(place: Point, direction: str, amount: float, **fields) -> ResourceFlow:
    """A flow of heat of an organization of its own."""
    city = fields.pop("city", "")
    name = f"Plant at {place.x:.4f} {place.y:.4f}"
    organization = OrganizationFactory(name=name)
    site = SiteFactory(organization=organization, name=name, location=place, city=city)
    fields = {"type_code": "heat", "max_distance_km": 10} | fields
    return ResourceFlowFactory(site=site, direction=direction, amount=amount, **fields)


def group(longitude: float, latitude: float, step_m: float = 1000, **fields) -> list:
    """Two sites that give 10 GWh/a each, and three that need 3, in a row from west to east."""
    amounts = [("output", 10_000), ("input", 3000), ("input", 3000)]
    amounts += [("output", 10_000), ("input", 3000)]
    return [
        (beside(longitude, latitude, number * step_m, 0), direction, amount, fields)
        for number, (direction, amount) in enumerate(amounts)
    ]


def build(plans: list) -> list[ResourceFlow]:
    return [plant(place, direction, amount, **fields) for place, direction, amount, fields in plans]
