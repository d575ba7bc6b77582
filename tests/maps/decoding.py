"""What is in a vector tile, as GDAL reads it: the library behind QGIS."""

from pathlib import Path
from typing import Any

from django.contrib.gis.gdal import DataSource

Layers = dict[str, list[dict[str, Any]]]


def decode(content: bytes, place: tuple[int, int, int], folder: Path) -> Layers:
    """Return the properties of the features by layer, with `shape` in degrees."""
    if not content:
        return {}
    # The driver tells the place of a tile by its path.
    path = folder.joinpath(*map(str, place)).with_suffix(".mvt")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return {layer.name: [_properties(feature) for feature in layer] for layer in DataSource(path)}


def _properties(feature: Any) -> dict[str, Any]:
    shape = feature.geom.transform(4326, clone=True)
    return {name: feature.get(name) for name in feature.fields} | {"shape": shape}
