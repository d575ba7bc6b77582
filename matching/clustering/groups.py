"""Which sites with matches lie close together, as PostGIS tells, and the areas they make."""

from collections.abc import Iterator
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, cast

from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Point
from django.db import connection
from django.db.models import Exists, F, OuterRef

from matching import figures
from matching.clustering.sums import Cluster, Pair, add_up
from matching.engine.arrays import COLUMN, GRID, PIPE
from matching.models import Match, MatchDismissal
from organizations.models import ResourceFlow, ResourceType

# Trucks and trains need nothing built between two sites, and their matches reach so far that all
# of a country would be one area.
SHARED_TRANSPORT = (PIPE, GRID)
# The shortest reach of a resource that goes by pipe (flue gas): a step that each can take.
STEP_M = 2_000.0
# Two sites have a pipe of their own; from three on there is something to share. With three, too, a
# site at the edge of a group has one neighbour and cannot lie between two groups, so that the
# result does not depend on the order of rows.
LEAST_SITES = 3
# Of fewer, an area would be gone as soon as one or two do not come about.
LEAST_MATCHES = 5
# Around the outermost sites, so that their grounds lie within and the area can be seen.
MARGIN_M = 250.0

# For a first, rough grouping the world is laid flat around the antipode of Point Nemo, the place
# in the ocean farthest from land: the only place that this plane tears apart. It shortens no
# distance, and stretches none on land more than 6.7 times (2,688 km from Point Nemo).
FLAT_WORLD_CENTRE = (56.6, 48.9)
LARGEST_STRETCH = 6.7

# Places become points of a plane by their true distance and bearing from a centre.
_LAID_FLAT = """
CROSS JOIN LATERAL (SELECT ST_Distance({centre}, {location}) AS distance,
    COALESCE(ST_Azimuth({centre}, {location}), 0) AS bearing) way
CROSS JOIN LATERAL (SELECT ST_MakePoint(distance * sin(bearing), distance * cos(bearing)) AS spot)
    flat
"""
_PAIRS = """
CREATE TEMPORARY TABLE matching_shareable (
    type_id integer, output_id uuid, input_id uuid, output_site uuid, input_site uuid, giver uuid,
    taker uuid, output_per_year float8, input_per_year float8, quantity float8, savings numeric,
    co2 float8, score float8, distance_m float8
) ON COMMIT DROP
"""
# Sites without enough neighbours have no number.
_GROUPS = f"""
CREATE TEMPORARY TABLE matching_grouped ON COMMIT DROP AS
WITH placed AS (
    SELECT type_id, site_id, location,
        ST_ClusterDBSCAN(spot, %(rough_step_m)s, 1) OVER (PARTITION BY type_id) AS region
    FROM (
        SELECT type_id, output_site AS site_id FROM matching_shareable
        UNION SELECT type_id, input_site FROM matching_shareable
    ) member
    JOIN organizations_site site ON site.id = site_id
    {_LAID_FLAT.format(centre="%(flat_world_centre)s::geography", location="location")}
),
region AS (
    SELECT type_id, region, ST_Centroid(ST_Collect(location::geometry)::geography) AS centre
    FROM placed GROUP BY type_id, region
),
grouped AS (
    SELECT type_id, region, site_id, location, centre, spot,
        ST_ClusterDBSCAN(spot, %(step_m)s, %(least_sites)s)
            OVER (PARTITION BY type_id, region) AS number_in_region
    FROM placed JOIN region USING (type_id, region)
    {_LAID_FLAT.format(centre="centre", location="location")}
)
SELECT type_id, site_id, location, centre, spot,
    dense_rank() OVER (ORDER BY type_id, region, number_in_region)::integer AS number
FROM grouped WHERE number_in_region IS NOT NULL
"""
# Both ends of a pair lie in the group. The best first; the ids only settle what is equal.
_PAIRS_OF_GROUPS = """
COPY (
    SELECT one.number, type_id, pair.output_id, pair.input_id, output_site, input_site, giver,
        taker, output_per_year, input_per_year, quantity, savings, co2
    FROM matching_shareable pair
    JOIN matching_grouped one USING (type_id)
    JOIN matching_grouped other USING (type_id, number)
    WHERE one.site_id = output_site AND other.site_id = input_site
    ORDER BY one.number, savings DESC, score DESC, distance_m, co2 DESC, output_id, input_id
) TO STDOUT
"""
# Of a pair, as they come in that table.
_FIGURES = (
    "quantity_per_year", "savings_eur_per_year", "co2_avoided_t_per_year", "score", "distance_m",
)  # fmt: skip
PAIRS_AT_ONCE = 20_000
_TYPES_OF_PAIR = [
    "int4", "int4", *["uuid"] * 6, "float8", "float8", "float8", "numeric", "float8",
]  # fmt: skip
# Corners are found by distance and bearing again; longitudes go on beyond 180° until the ring is
# closed, and are cut there afterwards.
_AREAS = """
WITH member AS (
    SELECT number, (array_agg(centre))[1] AS origin, ST_Collect(spot) AS spots,
        ST_Centroid(ST_Collect(location::geometry)::geography) AS centre
    FROM matching_grouped
    JOIN unnest(%(numbers)s::integer[], %(sites)s::uuid[]) kept (number, site_id)
        USING (number, site_id)
    GROUP BY number
),
corner AS (
    SELECT number, centre, path,
        ST_Project(origin, sqrt(ST_X(geom) ^ 2 + ST_Y(geom) ^ 2), atan2(ST_X(geom), ST_Y(geom)))
            ::geometry AS place
    FROM member CROSS JOIN LATERAL ST_DumpPoints(ST_ExteriorRing(
        ST_Buffer(ST_ConcaveHull(spots, 0.5), %(margin_m)s, 'quad_segs=4')))
),
ring AS (
    SELECT number, centre, ST_MakePolygon(ST_MakeLine(
        ST_SetSRID(ST_MakePoint(
            round((ST_X(place) - 360 * round((ST_X(place) - ST_X(centre::geometry)) / 360))
                ::numeric, 6),
            round(ST_Y(place)::numeric, 6)), 4326)
        ORDER BY path)) AS area
    FROM corner GROUP BY number, centre
)
SELECT number, ST_Multi(ST_ForcePolygonCCW(ST_WrapX(ST_WrapX(area, 180, -360), -180, 360))), centre
FROM ring
"""


def find() -> list[Cluster]:
    """Return the clusters of the matches as they are, in the caller's transaction."""
    with connection.cursor() as cursor:
        _collect_pairs(cursor)
        longitude, latitude = FLAT_WORLD_CENTRE
        cursor.execute(
            _GROUPS,
            {
                "flat_world_centre": f"POINT({longitude} {latitude})",
                "rough_step_m": STEP_M * LARGEST_STRETCH,
                "step_m": STEP_M,
                "least_sites": LEAST_SITES,
            },
        )
        cursor.execute("ANALYZE matching_grouped")
        found = [
            add_up(list(pairs))
            for _number, pairs in groupby(_pairs_of_groups(cursor), attrgetter("number"))
        ]
        clusters = [
            cluster
            for cluster in found
            if cluster.match_count >= LEAST_MATCHES and len(cluster.sites) >= LEAST_SITES
        ]
        _draw(cursor, clusters)
        cursor.execute("DROP TABLE matching_shareable, matching_grouped")
    return clusters


def _collect_pairs(cursor: Any) -> None:
    """Keep the pairs between flows that anybody sees, unless a side does not want the match."""
    public = ResourceFlow.objects.visible_to(AnonymousUser()).order_by().values("pk")
    dismissals = MatchDismissal.objects.filter(output=OuterRef("output"), input=OuterRef("input"))
    pairs = (
        Match.objects.filter(~Exists(dismissals), output__in=public, input__in=public)
        .order_by()
        .values_list(
            "output__resource_type_id",
            "output_id",
            "input_id",
            "output__site_id",
            "input__site_id",
            "output__organization_id",
            "input__organization_id",
            F("output__quantity_per_year") - F("output__reserved_per_year"),
            F("input__quantity_per_year") - F("input__reserved_per_year"),
            named=True,
        )
    )
    tops = _tops()
    cursor.execute(_PAIRS)
    rows = pairs.iterator(PAIRS_AT_ONCE)
    while some := list(islice(rows, PAIRS_AT_ONCE)):
        results = figures.score(some)
        with cursor.copy("COPY matching_shareable FROM STDIN") as copy:
            for (type_id, *flows), result in zip(some, results, strict=True):
                if result is None or int(result[COLUMN["transport"]]) not in SHARED_TRANSPORT:
                    continue
                values = figures.values_of(result)
                copy.write_row((tops[type_id], *flows, *(values[name] for name in _FIGURES)))
    cursor.execute("ANALYZE matching_shareable")


def _tops() -> dict[int, int]:
    """Return for each type the topmost above it that flows can have: heat for steam, no group."""
    types = {type_.pk: type_ for type_ in ResourceType.objects.all()}

    def top(type_: ResourceType) -> int:
        parent = types[type_.parent_id] if type_.parent_id else None
        return type_.pk if parent is None or parent.is_group else top(parent)

    return {key: top(type_) for key, type_ in types.items()}


def _pairs_of_groups(cursor: Any) -> Iterator[Pair]:
    with cursor.cursor.copy(_PAIRS_OF_GROUPS) as copy:
        copy.set_types(_TYPES_OF_PAIR)
        yield from map(Pair._make, copy.rows())


def _draw(cursor: Any, clusters: list[Cluster]) -> None:
    """Give clusters their area and centre."""
    members = [(cluster.number, site) for cluster in clusters for site in cluster.sites]
    cursor.execute(
        _AREAS,
        {
            "numbers": [number for number, _site in members],
            "sites": [site for _number, site in members],
            "margin_m": MARGIN_M,
        },
    )
    by_number = {cluster.number: cluster for cluster in clusters}
    for number, area, centre in cursor.fetchall():
        by_number[number].area = cast(MultiPolygon, GEOSGeometry(area))
        by_number[number].centre = cast(Point, GEOSGeometry(centre))
