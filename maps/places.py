"""Tiles of the Web Mercator plane, and boxes of degrees."""

import math
from dataclasses import dataclass
from typing import Self

Box = tuple[float, float, float, float]
Place = tuple[float, float]

DEEPEST_ZOOM = 14


@dataclass(frozen=True, slots=True)
class Tile:
    """A square of the plane, counted from the north-west (OGC WebMercatorQuad)."""

    zoom: int
    x: int
    y: int

    @classmethod
    def at(cls, longitude: float, latitude: float, zoom: int) -> Self:
        """Return the tile in which a place lies [degrees]; the outermost for what is beyond."""
        side = 2**zoom
        across, down = cls(0, 0, 0).position_of(longitude, max(-85.05, min(85.05, latitude)))
        return cls(zoom, *(max(0, min(int(share * side), side - 1)) for share in (across, down)))

    @property
    def exists(self) -> bool:
        """Whether there is such a tile, down to `DEEPEST_ZOOM`."""
        side = 2**self.zoom if 0 <= self.zoom <= DEEPEST_ZOOM else 0
        return 0 <= self.x < side and 0 <= self.y < side

    @property
    def box(self) -> Box:
        """West, south, east and north [degrees]."""
        side = 2**self.zoom
        west, east = (x / side * 360 - 180 for x in (self.x, self.x + 1))
        return west, _latitude((self.y + 1) / side), east, _latitude(self.y / side)

    def position_of(self, longitude: float, latitude: float) -> Place:
        """Return where a place [degrees] lies in the tile, from the north-west, each 0 to 1."""
        side = 2**self.zoom
        across = (longitude + 180) / 360 * side - self.x
        sine = math.asinh(math.tan(math.radians(latitude)))
        return across, (0.5 - sine / (2 * math.pi)) * side - self.y


def _latitude(share: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * share))))


def parse_box(text: str) -> Box | None:
    """Return west, south, east and north, or None where they are no box on Earth [degrees]."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        return None
    fits = -180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90
    return (west, south, east, north) if fits and math.isfinite(west + east) else None
