"""Shapes of GeoJSON (RFC 7946) that several apps tell."""

import math
from typing import Any

Place = tuple[float, ...]  # longitude and latitude [degrees]


def line(start: Place, end: Place) -> dict[str, Any]:
    """Return the line between two places (GeoJSON), cut at the 180th meridian where it crosses."""
    (west, first), (east, last) = start, end
    if abs(east - west) <= 180:
        return {"type": "LineString", "coordinates": [[west, first], [east, last]]}
    edge = math.copysign(180.0, west)
    span = 360 - abs(east - west)
    # On the meridian itself there is nothing to cut.
    share = (180 - abs(west)) / span if span else 0.0
    crossing = first + (last - first) * share
    parts = [[[west, first], [edge, crossing]], [[-edge, crossing], [east, last]]]
    return {"type": "MultiLineString", "coordinates": parts}
