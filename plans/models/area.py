"""Regions that somebody has drawn: what they are made of, and within which bounds."""

import json
from math import radians, sin
from typing import Any

from django.contrib.gis.db import models
from django.contrib.gis.geos import GEOSException, MultiPolygon, Polygon
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, FloatField, Func, IntegerField, Q, Value
from django.db.models.functions import Cast
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

MOST_CORNERS = 1000
# More than the European Union.
LARGEST_KM2 = 5_000_000
_MOST_POLYGONS = 50
_EARTH_KM = 6371.0088


class _CornerCount(Func):
    function = "ST_NPoints"
    output_field = IntegerField()


class _IsValid(Func):
    function = "ST_IsValid"
    output_field = BooleanField()


class _SquareMetres(Func):
    """On a sphere, which is enough for a bound."""

    function = "ST_Area"
    output_field = FloatField()


_ON_A_SPHERE = Value(value=False)


def area_constraints(prefix: str) -> list[models.CheckConstraint]:
    """Return the rules of a column `area`: a plane of degrees, of sound rings, not too large."""
    flat = Cast("area", models.MultiPolygonField(srid=4326))
    return [
        models.CheckConstraint(
            condition=Q(area=None) | Q(_IsValid(flat)),
            name=f"{prefix}_area_is_sound",
            violation_error_message=_("The area is not sound: its sides must not cross."),
        ),
        models.CheckConstraint(
            condition=Q(area=None)
            | Q(LessThanOrEqual(_CornerCount(flat), MOST_CORNERS))
            & Q(LessThanOrEqual(_SquareMetres("area", _ON_A_SPHERE), LARGEST_KM2 * 1e6)),
            name=f"{prefix}_area_is_not_too_large",
            violation_error_message=_("The area can have 1,000 corners and 5,000,000 km² at most."),
        ),
    ]


def parse_area(data: Any) -> MultiPolygon:
    """
    Return the area of a GeoJSON Polygon or MultiPolygon, of a Feature, or of the only one of many.

    `data`: read already, or as text. The database looks at size and corners, too.

    :raises ValidationError: it is none.
    """
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise ValidationError(_NO_AREA) from error
    if isinstance(data, dict) and data.get("type") == "FeatureCollection":
        features = data.get("features")
        data = features[0] if isinstance(features, list) and len(features) == 1 else None
    if isinstance(data, dict) and data.get("type") == "Feature":
        data = data.get("geometry")
    if not isinstance(data, dict) or data.get("type") not in ("Polygon", "MultiPolygon"):
        raise ValidationError(_NO_AREA)
    polygons = data.get("coordinates")
    if data["type"] == "Polygon":
        polygons = [polygons]
    if not isinstance(polygons, list) or not 0 < len(polygons) <= _MOST_POLYGONS:
        raise ValidationError(_NO_AREA)
    try:
        area = MultiPolygon([_polygon(rings) for rings in polygons], srid=4326)
    except (TypeError, ValueError, GEOSException) as error:
        raise ValidationError(_NO_AREA) from error
    if area.num_coords > MOST_CORNERS:
        raise ValidationError(_("The area can have 1,000 corners and 5,000,000 km² at most."))
    if not area.valid:
        raise ValidationError(_("The area is not sound: its sides must not cross."))
    for polygon in area:
        west, _south, east, _north = polygon.extent
        if east - west > 180:
            raise ValidationError(
                gettext("Cut an area that crosses the 180th meridian in two there.")
            )
    if size_of(area) > LARGEST_KM2:
        raise ValidationError(_("The area can have 1,000 corners and 5,000,000 km² at most."))
    return area


_NO_AREA = _("Give an area as a GeoJSON Polygon or MultiPolygon, in degrees.")


def _polygon(rings: Any) -> Polygon:
    """
    Return a polygon of lists of [longitude, latitude].

    :raises TypeError, ValueError, GEOSException: they do not make one.
    """
    if not isinstance(rings, list) or not rings or sum(map(len, rings)) > 2 * MOST_CORNERS:
        raise ValueError
    return Polygon(*([_corner(place) for place in ring] for ring in rings))


def _corner(place: Any) -> tuple[float, float]:
    longitude, latitude = place[:2]
    if any(isinstance(degrees, bool | str) for degrees in (longitude, latitude)):
        raise TypeError
    # Also true for NaN.
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise ValueError
    return float(longitude), float(latitude)


def size_of(area: MultiPolygon) -> float:
    """Return how large an area is [km²], on a plane that keeps sizes."""
    # Lambert's cylindrical projection: what is drawn as straight there differs little at any size
    # that matters.
    flat = area.clone()
    return sum(_flat_size(polygon) for polygon in flat)


def _flat_size(polygon: Polygon) -> float:

    rings = [
        Polygon([(radians(x) * _EARTH_KM, sin(radians(y)) * _EARTH_KM) for x, y, *_ in ring.coords])
        for ring in polygon
    ]
    return rings[0].area - sum(ring.area for ring in rings[1:])
