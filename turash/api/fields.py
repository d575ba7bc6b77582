"""Serializer fields and bases that every app uses."""

from typing import Any

from django.contrib.gis.geos import MultiPolygon, Point
from django.db import models
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from turash.api.geometry import line


class TextField(serializers.CharField):
    """A text; no number that would become one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class TrueFalseField(serializers.BooleanField):
    """JSON's true or false; no words or numbers for them."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StrictSerializer(serializers.Serializer):
    """Refuses fields it does not know, instead of losing them without a word."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                known = ", ".join(name for name, f in self.fields.items() if not f.read_only)
                message = _("There is no such field; the fields are: %s.") % known
                raise serializers.ValidationError({name[:60]: [message] for name in unknown[:20]})
        return super().to_internal_value(data)


class StrictModelSerializer(StrictSerializer, serializers.ModelSerializer):
    """Strict about its fields and about their types."""

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.CharField: TextField,
        models.TextField: TextField,
        models.BooleanField: TrueFalseField,
    }


@extend_schema_field(
    {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {
            "type": {"type": "string", "enum": ["Point"]},
            "coordinates": {
                "type": "array",
                "items": {"type": "number"},
                "minItems": 2,
                "maxItems": 2,
                "example": [11.09, 55.68],
            },
        },
    }
)
class PointField(serializers.Field):
    """A place as a GeoJSON Point: `{"type": "Point", "coordinates": [longitude, latitude]}`."""

    default_error_messages = {
        "invalid": _(
            'Give a GeoJSON point: {{"type": "Point", "coordinates": [longitude, latitude]}}.'
        ),
        "outside": _("Longitude must be between -180 and 180, latitude between -90 and 90."),
    }

    def to_representation(self, value: Point) -> dict[str, Any]:
        return {"type": "Point", "coordinates": [value.x, value.y]}

    def to_internal_value(self, data: Any) -> Point:
        if not isinstance(data, dict) or data.get("type") != "Point":
            self.fail("invalid")
        coordinates = data.get("coordinates")
        if (
            not isinstance(coordinates, list)
            or len(coordinates) != 2
            or any(isinstance(c, bool) or not isinstance(c, int | float) for c in coordinates)
        ):
            self.fail("invalid")
        longitude, latitude = coordinates
        # Also false for NaN.
        if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
            self.fail("outside")
        return Point(float(longitude), float(latitude), srid=4326)


@extend_schema_field(
    {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {
            "type": {"type": "string", "enum": ["MultiPolygon"]},
            "coordinates": {
                "type": "array",
                "items": {
                    "type": "array",
                    "items": {
                        "type": "array",
                        "items": {"type": "array", "items": {"type": "number"}},
                    },
                },
            },
        },
    }
)
class AreaField(serializers.Field):
    """An area as a GeoJSON MultiPolygon."""

    def to_representation(self, value: MultiPolygon) -> dict[str, Any]:
        return {"type": "MultiPolygon", "coordinates": value.coords}


@extend_schema_field(
    {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {
            "type": {"type": "string", "enum": ["LineString", "MultiLineString"]},
            "coordinates": {"type": "array", "items": {"type": "array", "items": {}}},
        },
    }
)
class RouteField(serializers.Field):
    """
    From the output to the input of a pair, as the crow flies: a GeoJSON LineString.

    Where it crosses the 180th meridian, a MultiLineString that is cut there.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, **kwargs)

    def to_representation(self, value: Any) -> dict[str, Any]:
        return line(value.output.location.coords, value.input.location.coords)


class FiniteFloatField(serializers.FloatField):
    """A number; neither infinite nor NaN, and no text or truth value."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool | str) or not isinstance(data, int | float):
            self.fail("invalid")
        try:
            value = float(data)
        except OverflowError:
            self.fail("invalid")
        if value != value or value in (float("inf"), float("-inf")):
            self.fail("invalid")
        return value
