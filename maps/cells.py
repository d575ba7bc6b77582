"""How many flows lie in the squares of a tile, for one viewer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import F, Sum

from maps.filters import Filter
from maps.models import Cell, Count
from maps.places import Box, Tile
from maps.services import BITS, DEEPEST
from organizations.models import ResourceFlow
from organizations.querysets import audiences, meridians

# Flows that nobody but their owner sees are looked at one by one; of an owner's more are not shown.
MOST_OWN = 5000

_CELLS = """
SELECT "column", "row", sum({outputs})::int, sum({inputs})::int,
    sum(longitude * (cell.outputs + cell.inputs)) / sum(cell.outputs + cell.inputs),
    sum(latitude * (cell.outputs + cell.inputs)) / sum(cell.outputs + cell.inputs)
FROM maps_cell cell {of_types}
WHERE zoom = %(zoom)s AND tile_x = %(x)s AND tile_y = %(y)s AND audience = ANY(%(audiences)s)
    AND "column" BETWEEN %(west)s AND %(east)s AND "row" BETWEEN %(north)s AND %(south)s
GROUP BY 1, 2
"""
_OF_TYPES = """
CROSS JOIN LATERAL (
    SELECT sum(outputs) AS outputs, sum(inputs) AS inputs
    FROM unnest(types, outputs_of_types, inputs_of_types) AS one (type, outputs, inputs)
    WHERE type = ANY(%(types)s)
) AS chosen
"""


@dataclass(slots=True)
class Square:
    """So many outputs and inputs, and where they lie on average [degrees]."""

    outputs: int
    inputs: int
    longitude: float
    latitude: float

    @property
    def flows(self) -> int:
        return self.outputs + self.inputs

    def add(self, other: "Square") -> None:
        """Take in the flows of another."""
        total = self.flows + other.flows
        share = other.flows / total if total else 0.0
        self.longitude += (other.longitude - self.longitude) * share
        self.latitude += (other.latitude - self.latitude) * share
        self.outputs += other.outputs
        self.inputs += other.inputs


def squares(tile: Tile, viewer: Any, chosen: Filter) -> list[Square]:
    """Return the squares of a tile in which flows lie, as they were counted last."""
    types = chosen.types()
    # A tile below the deepest cells shows those of the tile above it.
    depth = max(0, tile.zoom - DEEPEST)
    side = max(1, 2**BITS >> depth)
    west, north = (value % 2**depth * side for value in (tile.x, tile.y))
    arguments = {
        "zoom": tile.zoom - depth,
        "x": tile.x >> depth,
        "y": tile.y >> depth,
        "west": west,
        "east": west + side - 1,
        "north": north,
        "south": north + side - 1,
        "audiences": audiences(viewer),
        "types": types,
    }
    source = "cell" if types is None else "chosen"
    counted = {name: f"{source}.{name}" for name in ("outputs", "inputs")}
    if chosen.direction:
        counted |= {name: "0" for name in counted if name != f"{chosen.direction}s"}
    with connection.cursor() as cursor:
        of_types = "" if types is None else _OF_TYPES
        cursor.execute(_CELLS.format(**counted, of_types=of_types), arguments)
        found = {
            (column - west, row - north): Square(outputs or 0, inputs or 0, longitude, latitude)
            for column, row, outputs, inputs, longitude, latitude in cursor.fetchall()
        }
    for longitude, latitude, direction in _hidden(tile, viewer, chosen):
        across, down = tile.position_of(longitude, latitude)
        key = (min(int(across * side), side - 1), min(int(down * side), side - 1))
        is_output = direction == ResourceFlow.Direction.OUTPUT
        own = Square(int(is_output), int(not is_output), longitude, latitude)
        if key in found:
            found[key].add(own)
        else:
            found[key] = own
    return [square for square in found.values() if square.flows]


# Of so large a share of all flows one soon finds some by looking at one after the other.
WIDE = 0.05
# A box is told by at most so many tiles in each direction.
TILES_ACROSS = 8


def is_wide(box: Box) -> bool:
    """Whether a good part of all flows lies in a box, as they were counted last."""
    count = Count.objects.filter(pk=Count.ONLY).first()
    if count is None:
        return False
    west, south, east, north = box
    held = 0
    for low, high in meridians(west, east):
        zoom = DEEPEST
        while zoom and not _is_in_few(low, south, high, north, zoom):
            zoom -= 1
        first, last = Tile.at(low, north, zoom), Tile.at(high, south, zoom)
        tiles = Cell.objects.filter(
            zoom=zoom, tile_x__range=(first.x, last.x), tile_y__range=(first.y, last.y)
        )
        flows = Sum(F("outputs") + F("inputs"))
        held += tiles.aggregate(flows=flows)["flows"] or 0
    return held > count.flows * WIDE


def _is_in_few(west: float, south: float, east: float, north: float, zoom: int) -> bool:
    first, last = Tile.at(west, north, zoom), Tile.at(east, south, zoom)
    return last.x - first.x < TILES_ACROSS and last.y - first.y < TILES_ACROSS


def _hidden(tile: Tile, viewer: Any, chosen: Filter) -> Sequence[tuple[float, float, str]]:
    """Places and directions of the viewer's own flows that the audiences do not include."""
    if isinstance(viewer, AnonymousUser) or viewer.is_facilitator:
        return []
    own = list(viewer.organizations.values_list("pk", flat=True))
    if not own:
        return []
    flows = chosen.keep(ResourceFlow.objects.active().filter(organization__in=own))
    hidden = flows.with_audience().exclude(audience__in=audiences(viewer)).in_bbox(*tile.box)
    return list(hidden.order_by().values_list("longitude", "latitude", "direction")[:MOST_OWN])
