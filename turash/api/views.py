"""What the viewsets of all apps share."""

from typing import Any

from rest_framework import viewsets
from rest_framework.renderers import JSONRenderer


class ApiViewSet(viewsets.GenericViewSet):
    """Objects are found by their UUID among those the caller may see; 404 for all others."""

    lookup_value_converter = "uuid"
    http_method_names = ["get", "head", "options", "post", "patch", "delete"]


class GeoJSONRenderer(JSONRenderer):
    """`?format=geojson`: a list of objects with a place as a FeatureCollection (RFC 7946)."""

    media_type = "application/geo+json"
    format = "geojson"
    # The member that tells the place, itself GeoJSON.
    place = "location"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None):
        rows = data if isinstance(data, list) else [data]
        features = [self._feature(row) for row in rows]
        whole = {"type": "FeatureCollection", "features": features}
        return super().render(
            whole if isinstance(data, list) else features[0], accepted_media_type, renderer_context
        )

    def _feature(self, row: dict[str, Any]) -> dict[str, Any]:
        properties = {name: value for name, value in row.items() if name not in ("id", self.place)}
        return {
            "type": "Feature",
            "id": str(row["id"]),
            "geometry": row[self.place],
            "properties": properties,
        }


class AreaGeoJSONRenderer(GeoJSONRenderer):
    """`?format=geojson` for objects with an `area`."""

    place = "area"
