"""Query parameters that every app uses: places, and the refusal of unknown values."""

import math
from typing import Any

import django_filters
from django.contrib.gis.geos import Point
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

LARGEST_RADIUS_KM = 1000.0


class PlaceFilterSet(django_filters.FilterSet):
    """`bbox=minlon,minlat,maxlon,maxlat`, and `near=lon,lat` with `radius_km`."""

    bbox = django_filters.CharFilter(
        method="filter_bbox", label="minlon,minlat,maxlon,maxlat [degrees]"
    )
    near = django_filters.CharFilter(method="filter_near", label="lon,lat [degrees]")
    radius_km = django_filters.NumberFilter(
        method="filter_radius", label="radius around `near` [km], 25 unless told", max_value=1e9
    )

    def places(self, queryset: QuerySet, condition: dict[str, Any]) -> QuerySet:
        """Keep the rows that lie there; rows that have places of their own override this."""
        (name, arguments), *_rest = condition.items()
        if name == "bbox":
            return queryset.in_bbox(*arguments)
        origin, radius_m = arguments
        return queryset.within(origin, radius_m=radius_m)

    def filter_bbox(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        west, south, east, north = _numbers(name, value, 4)
        _check_point(name, west, south)
        _check_point(name, east, north)
        if south > north:
            raise ValidationError({name: _("The box ends south of where it begins.")})
        return self.places(queryset, {"bbox": (west, south, east, north)})

    def filter_near(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        longitude, latitude = _numbers(name, value, 2)
        _check_point(name, longitude, latitude)
        (radius_km,) = _numbers("radius_km", self.data.get("radius_km") or "25", 1)
        if not 0 < radius_km <= LARGEST_RADIUS_KM:
            raise ValidationError(
                {"radius_km": _("Give a radius above 0 and up to %d km.") % LARGEST_RADIUS_KM}
            )
        origin = Point(longitude, latitude, srid=4326)
        return self.places(queryset, {"near": (origin, radius_km * 1000)})

    def filter_radius(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        if not self.data.get("near"):
            raise ValidationError({name: _("A radius needs a place: add near=longitude,latitude.")})
        return queryset


def _numbers(name: str, text: str, count: int) -> list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != count or not all(math.isfinite(value) for value in values):
        raise ValidationError(
            {name: _("Give %d numbers, separated by commas.") % count if count > 1
             else _("Give a number.")}
        )  # fmt: skip
    return values


def _check_point(name: str, longitude: float, latitude: float) -> None:
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise ValidationError(
            {name: _("Longitude must be between -180 and 180, latitude between -90 and 90.")}
        )
