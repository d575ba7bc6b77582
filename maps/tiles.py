"""
Vector tiles, made by PostGIS (Mapbox Vector Tile 2.1).

Where a tile holds few flows, they and their sites are told one by one; where it holds many, how
many lie in each of its squares, as they were counted last. So no tile looks at many rows.
"""

import json
from collections.abc import Callable, Collection
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection

from maps import cells
from maps.arcs import best_matches
from maps.filters import Filter
from maps.places import Tile
from matching.models import MatchCluster
from turash.api.geometry import line

# Where more flows lie in a tile, they are told by squares.
MOST_ALONE = 1000
# However outdated the counts are, no more are told one by one.
MOST_AT_ALL = 2 * MOST_ALONE
MOST_CLUSTERS = 100
EXTENT = 4096
# Lines and areas go on beyond the edge by so much of the extent, so that no edge shows.
BUFFER = 64
# Matches are told from here on to facilitators, who see those of all.
ZOOM_OF_ALL_MATCHES = 6

FIELDS = {
    "cells": {"outputs": "Number", "inputs": "Number"},
    "sites": {
        "id": "String",
        "title": "String",
        "text": "String",
        "organization_id": "String",
        "outputs": "Number",
        "inputs": "Number",
    },
    "flows": {
        "id": "String",
        "site_id": "String",
        "organization_id": "String",
        "name": "String",
        "direction": "String",
        "resource_type": "String",
    },
    "matches": {
        "id": "String",
        "output": "String",
        "input": "String",
        "resource_type": "String",
        "score": "Number",
    },
    "clusters": {
        "id": "String",
        "place": "String",
        "resource_type": "String",
        "matches": "Number",
        "organizations": "Number",
    },
}
LAYERS = tuple(FIELDS)

# Points have no buffer: each belongs to one tile.
_LAYER = """
SELECT coalesce(ST_AsMVT(feature, %(layer)s, {extent}, 'shape'), ''::bytea) FROM (
    SELECT {columns}, ST_AsMVTGeom(ST_Transform(ST_SetSRID(place, 4326), 3857),
        ST_TileEnvelope(%(zoom)s, %(x)s, %(y)s), {extent}, {buffer}) AS shape
    FROM ({rows}) AS row
) AS feature WHERE shape IS NOT NULL
"""
_SITES = """
SELECT site.id::text AS id, organization.name AS title, site.name AS text,
    site.organization_id::text AS organization_id, outputs, inputs,
    site.location::geometry AS place
FROM (
    SELECT site_id, count(*) FILTER (WHERE direction = 'output')::int AS outputs,
        count(*) FILTER (WHERE direction = 'input')::int AS inputs
    FROM ({flows}) AS flow GROUP BY site_id
) AS counted
JOIN organizations_site site ON site.id = counted.site_id
JOIN organizations_organization organization ON organization.id = site.organization_id
"""
_FLOWS = """
SELECT flow.id::text AS id, site_id::text AS site_id, organization_id::text AS organization_id,
    flow.name, direction, type.code AS resource_type,
    ST_MakePoint(longitude, latitude) AS place
FROM ({flows}) AS flow JOIN organizations_resourcetype type ON type.id = resource_type_id
"""
_CELLS = """
SELECT outputs, inputs, ST_MakePoint(longitude, latitude) AS place
FROM unnest(%(outputs)s::int[], %(inputs)s::int[], %(longitudes)s::float[], %(latitudes)s::float[])
    AS cell (outputs, inputs, longitude, latitude)
"""
_MATCHES = """
SELECT id, output, input, resource_type, score, ST_GeomFromGeoJSON(line) AS place
FROM unnest(%(ids)s::text[], %(outputs)s::text[], %(inputs)s::text[], %(types)s::text[],
    %(scores)s::float[], %(lines)s::text[])
    AS match (id, output, input, resource_type, score, line)
"""
_CLUSTERS = """
SELECT cluster.id::text AS id, cluster.place AS place_name, type.code AS resource_type,
    match_count AS matches, organization_count AS organizations, area AS place
FROM ({clusters}) AS chosen JOIN matching_matchcluster cluster ON cluster.id = chosen.id
JOIN organizations_resourcetype type ON type.id = cluster.resource_type_id
"""


def tile(place: Tile, *, viewer: Any, chosen: Filter, layers: Collection[str] = LAYERS) -> bytes:
    """Return the layers of a tile that are asked for, as far as there is something in them."""
    return b"".join(_parts(place, viewer, chosen, layers))


def _parts(place: Tile, viewer: Any, chosen: Filter, layers: Collection[str]) -> list[bytes]:
    parts = []
    if {"cells", "sites", "flows"} & set(layers):
        parts += _of_flows(place, viewer, chosen, layers)
    others: dict[str, Callable[[Tile, Any, Filter], bytes]] = {
        "matches": _matches, "clusters": _clusters,
    }  # fmt: skip
    parts += [make(place, viewer, chosen) for name, make in others.items() if name in layers]
    return parts


def _of_flows(place: Tile, viewer: Any, chosen: Filter, layers: Collection[str]) -> list[bytes]:
    found = cells.squares(place, viewer, chosen)
    if sum(square.flows for square in found) > MOST_ALONE:
        if "cells" not in layers:
            return []
        values = {
            "outputs": [square.outputs for square in found],
            "inputs": [square.inputs for square in found],
            "longitudes": [square.longitude for square in found],
            "latitudes": [square.latitude for square in found],
        }
        return [_layer(place, "cells", _CELLS, "outputs, inputs", values)]
    alone = chosen.flows(viewer).in_bbox(*place.box).order_by()[:MOST_AT_ALL]
    try:
        flows, arguments = _rows_of(
            alone, "id", "site_id", "organization_id", "resource_type_id", "direction", "name",
            "longitude", "latitude",
        )  # fmt: skip
    except EmptyResultSet:
        return []
    sources = {"sites": _SITES, "flows": _FLOWS}
    return [
        _layer(place, name, source.format(flows=flows), ", ".join(FIELDS[name]), arguments)
        for name, source in sources.items()
        if name in layers
    ]


def _matches(place: Tile, viewer: Any, chosen: Filter) -> bytes:
    box = None
    if getattr(viewer, "is_facilitator", False):
        if place.zoom < ZOOM_OF_ALL_MATCHES:
            return b""
        box = place.box
    found = best_matches(viewer, chosen, box)
    if not found:
        return b""
    values = {
        "ids": [str(match.pk) for match in found],
        "outputs": [match.output.organization.name for match in found],
        "inputs": [match.input.organization.name for match in found],
        "types": [match.output.resource_type.code for match in found],
        "scores": [round(match.score, 2) for match in found],
        "lines": [
            json.dumps(line(match.output.location.coords, match.input.location.coords))
            for match in found
        ],
    }
    return _layer(place, "matches", _MATCHES, ", ".join(FIELDS["matches"]), values, BUFFER)


def _clusters(place: Tile, viewer: Any, chosen: Filter) -> bytes:
    clusters = MatchCluster.objects.visible_to(viewer).in_bbox(*place.box)
    if chosen.family:
        clusters = clusters.filter(resource_type__family=chosen.family)
    if chosen.resource_type:
        clusters = clusters.of_type(chosen.resource_type)
    best = clusters.order_by("-savings_eur_per_year", "pk")[:MOST_CLUSTERS]
    try:
        rows, arguments = _rows_of(best, "id")
    except EmptyResultSet:
        return b""
    columns = "id, place_name AS place, resource_type, matches, organizations"
    return _layer(place, "clusters", _CLUSTERS.format(clusters=rows), columns, arguments, BUFFER)


def _rows_of(queryset: Any, *columns: str) -> tuple[str, dict[str, Any]]:
    """
    Return a QuerySet as SQL that can stand among other SQL with named arguments.

    :raises EmptyResultSet: Django knows without asking that there are no rows.
    """
    sql, arguments = queryset.values(*columns).query.sql_with_params()
    names = [f"argument_{number}" for number in range(len(arguments))]
    named = dict(zip(names, arguments, strict=True))
    literal = sql.replace("%%", "%%%%")
    return literal % tuple(f"%({name})s" for name in names), named


def _layer(
    place: Tile, layer: str, rows: str, columns: str, arguments: dict[str, Any], buffer: int = 0
) -> bytes:
    sql = _LAYER.format(rows=rows, columns=columns, extent=EXTENT, buffer=buffer)
    own: dict[str, Any] = {"layer": layer, "zoom": place.zoom, "x": place.x, "y": place.y}
    with connection.cursor() as cursor:
        cursor.execute(sql, own | arguments)
        (content,) = cursor.fetchone()
    return bytes(content)
