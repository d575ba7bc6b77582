"""
What seems wrong with the region's flows and sites, found by statements over all of them.

Each kind of finding is one statement, the worst first, and bounded. A quantity is compared with
what sites of the same sector have of the same resource: the median and the median absolute
deviation (MAD) of its logarithm, which some wrong records among them do not move. Quantities
spread over orders of magnitude; by their logarithm ten times as much is as far as a tenth.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from organizations.hours import HoursOfWeek
from organizations.models import QualityFinding, ResourceType

_DATA = Path(__file__).parent / "data/quantity_bounds.json"
# Of each kind the worst; more than this nobody works off.
MOST_OF_KIND = 10_000
# Fewer sites make no statistics: those of all sectors are compared then, or none.
FEWEST_SITES = 8
# Deviations above this are potential outliers (Iglewicz, Hoaglin: How to Detect and Handle
# Outliers, 1993): of the distance from the median, in units of the MAD times 1.4826, which for a
# normal distribution is the standard deviation.
FARTHEST_SCORE = 3.5
MAD_TO_DEVIATION = 1.4826
# Where sites are much alike, a little more is no outlier: both as factors between quantities.
NARROWEST_FACTOR = 1.4
LEAST_FACTOR = 20.0
ERROR_FACTOR = 1000.0
STALE_AFTER = timedelta(days=365)
VERY_STALE_AFTER = timedelta(days=3 * 365)
# A site is so near to 0°, 0° that it was never placed; so far from the others of its city [m].
NOWHERE_M = 1_000.0
FAR_FROM_CITY_M = 100_000.0
FEWEST_IN_CITY = 5
# What was settled is forgotten after this; until then one sees what came of a question.
SETTLED_KEPT = timedelta(days=90)
# Held by whoever looks, until the transaction ends.
_SCAN_LOCK = 0x7455_7175

# Columns of what a kind's statement returns: severity, organization, flow, site, figures, state.
_IMPOSSIBLE = """
SELECT 3, flow.organization_id, flow.id, NULL::uuid, jsonb_build_object(
    'quantity', flow.quantity_per_year, 'most', bound.most, 'source', bound.source
), flow.updated_at
FROM organizations_resourceflow flow
JOIN unnest(%(types)s::smallint[], %(most)s::float8[], %(sources)s::text[])
    AS bound (type, most, source) ON bound.type = flow.resource_type_id
WHERE flow.status = 'active' AND flow.quantity_per_year > bound.most
ORDER BY flow.quantity_per_year / bound.most DESC, flow.id
"""

# A site's flows of a resource count together; the largest of them is named.
_UNUSUAL = """
WITH of_site AS (
    SELECT left(owner.sector, 2) AS division, flow.resource_type_id, flow.direction, flow.site_id,
        ln(sum(flow.quantity_per_year)) AS size, sum(flow.quantity_per_year) AS total,
        (array_agg(flow.id ORDER BY flow.quantity_per_year DESC, flow.id))[1] AS flow_id
    FROM organizations_resourceflow flow
    JOIN organizations_organization owner ON owner.id = flow.organization_id
    WHERE flow.status = 'active'
    GROUP BY 1, 2, 3, 4
), middle AS (
    SELECT division, resource_type_id, direction, count(*) AS sites,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY size) AS median
    FROM of_site
    GROUP BY GROUPING SETS (
        (division, resource_type_id, direction), (resource_type_id, direction)
    )
    HAVING count(*) >= %(fewest_sites)s AND (grouping(division) = 1 OR division <> '')
), placed AS (
    SELECT of_site.*, coalesce(near.median, wide.median) AS median,
        coalesce(near.sites, wide.sites) AS sites, near.division AS compared
    FROM of_site
    LEFT JOIN middle near USING (division, resource_type_id, direction)
    LEFT JOIN middle wide ON wide.division IS NULL AND near.division IS NULL
        AND wide.resource_type_id = of_site.resource_type_id
        AND wide.direction = of_site.direction
    WHERE coalesce(near.median, wide.median) IS NOT NULL
), deviation AS (
    SELECT compared, resource_type_id, direction, greatest(
        percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(size - median)) * %(mad_to_deviation)s,
        ln(%(narrowest_factor)s)
    ) AS width
    FROM placed GROUP BY 1, 2, 3
)
SELECT CASE WHEN abs(size - median) >= ln(%(error_factor)s) THEN 3 ELSE 2 END,
    flow.organization_id, flow.id, NULL::uuid, jsonb_build_object(
        'quantity', total, 'median', exp(median), 'sites', sites,
        'sector', coalesce(placed.compared, ''), 'score', abs(size - median) / width
    ), flow.updated_at
FROM placed
JOIN deviation ON deviation.compared IS NOT DISTINCT FROM placed.compared
    AND deviation.resource_type_id = placed.resource_type_id
    AND deviation.direction = placed.direction
JOIN organizations_resourceflow flow ON flow.id = placed.flow_id
WHERE abs(size - median) > %(farthest_score)s * width AND abs(size - median) > ln(%(least_factor)s)
ORDER BY abs(size - median) DESC, flow.id
"""

# What matching and valuing ask for; the largest first.
_INCOMPLETE = """
SELECT CASE WHEN 'temperature' = ANY (missing) THEN 2 ELSE 1 END,
    flow.organization_id, flow.id, NULL::uuid,
    jsonb_build_object('missing', to_jsonb(missing)), flow.updated_at
FROM organizations_resourceflow flow
JOIN organizations_resourcetype type ON type.id = flow.resource_type_id
CROSS JOIN LATERAL (SELECT array_remove(ARRAY[
    CASE WHEN type.code ~ '^(heat|cooling)(\\.|$)' AND flow.temperature_celsius_min IS NULL
        AND flow.temperature_celsius_max IS NULL THEN 'temperature' END,
    CASE WHEN flow.price_per_unit IS NULL AND flow.current_cost_per_unit IS NULL
        AND type.price_eur_per_unit IS NULL THEN 'price' END,
    CASE WHEN flow.pattern = 'seasonal' AND cardinality(flow.months) = 12 THEN 'months' END,
    CASE WHEN flow.pattern = 'batch' AND flow.hours_of_week = %(all_hours)s THEN 'hours' END,
    CASE WHEN flow.pattern = 'one_off' AND flow.valid_from IS NULL AND flow.valid_to IS NULL
        THEN 'dates' END,
    CASE WHEN flow.precision_level = 'rough' THEN 'precision' END
], NULL) AS missing) AS looked_at
WHERE flow.status = 'active' AND cardinality(missing) > 0
ORDER BY 1 DESC, cardinality(missing) DESC, flow.updated_at DESC, flow.id
"""

_STALE = """
SELECT CASE WHEN touched_at < %(very_stale_before)s THEN 2 ELSE 1 END,
    flow.organization_id, flow.id, NULL::uuid,
    jsonb_build_object('touched_at', touched_at), flow.updated_at
FROM organizations_resourceflow flow
LEFT JOIN organizations_flowconfirmation said ON said.flow_id = flow.id
CROSS JOIN LATERAL (
    SELECT greatest(flow.updated_at, said.confirmed_at) AS touched_at
) AS looked_at
WHERE flow.status = 'active' AND touched_at < %(stale_before)s
ORDER BY touched_at, flow.id
"""

# The older one stays, the younger one is asked about. Two alike boilers have two names.
_REPEATED = """
SELECT CASE WHEN same_quantity THEN 2 ELSE 1 END, organization_id, id, NULL::uuid,
    jsonb_build_object('other', other_id, 'same_quantity', same_quantity), updated_at
FROM (
    SELECT id, organization_id, updated_at, lag(id) OVER pile AS other_id,
        quantity_per_year = lag(quantity_per_year) OVER pile AS same_quantity
    FROM organizations_resourceflow WHERE status = 'active'
    WINDOW pile AS (
        PARTITION BY site_id, resource_type_id, direction, lower(btrim(name)) ORDER BY number
    )
) AS piled
WHERE other_id IS NOT NULL
ORDER BY 1 DESC, id
"""

_NOWHERE = """
SELECT 3, organization_id, NULL::uuid, id, jsonb_build_object(
    'longitude', ST_X(location::geometry), 'latitude', ST_Y(location::geometry)
), updated_at
FROM organizations_site
WHERE location::geometry && ST_MakeEnvelope(-0.01, -0.01, 0.01, 0.01, 4326)
    AND ST_DWithin(location, 'SRID=4326;POINT(0 0)'::geography, %(nowhere_m)s)
ORDER BY id
"""

# The middle of a city is the median of its sites, which some that lie elsewhere do not move.
_FAR_AWAY = """
WITH city AS (
    SELECT country, lower(city) AS city, count(*) AS sites, ST_SetSRID(ST_MakePoint(
        percentile_cont(0.5) WITHIN GROUP (ORDER BY ST_X(location::geometry)),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY ST_Y(location::geometry))
    ), 4326)::geography AS middle
    FROM organizations_site WHERE city <> ''
    GROUP BY 1, 2 HAVING count(*) >= %(fewest_in_city)s
)
SELECT 2, site.organization_id, NULL::uuid, site.id, jsonb_build_object(
    'distance_m', ST_Distance(site.location, city.middle), 'city', site.city, 'sites', city.sites
), site.updated_at
FROM organizations_site site
JOIN city ON city.country = site.country AND city.city = lower(site.city)
WHERE NOT ST_DWithin(site.location, city.middle, %(far_from_city_m)s)
ORDER BY ST_Distance(site.location, city.middle) DESC, site.id
"""

Kind = QualityFinding.Kind
STATEMENTS: dict[str, str] = {
    Kind.IMPOSSIBLE: _IMPOSSIBLE,
    Kind.UNUSUAL: _UNUSUAL,
    Kind.INCOMPLETE: _INCOMPLETE,
    Kind.STALE: _STALE,
    Kind.REPEATED: _REPEATED,
    Kind.NOWHERE: _NOWHERE,
    Kind.FAR_AWAY: _FAR_AWAY,
}

# What was said of a record counts until the record changes; what had gone has come back.
_STORE = """
INSERT INTO organizations_qualityfinding AS known (
    kind, severity, organization_id, flow_id, site_id, figures, subject_updated_at, status,
    found_at, seen_at, note
)
SELECT %(kind)s, found.severity, found.organization_id, found.flow_id, found.site_id,
    found.figures, found.state, 'open', %(now)s, %(now)s, ''
FROM ({found} LIMIT %(most_of_kind)s)
    AS found (severity, organization_id, flow_id, site_id, figures, state)
ON CONFLICT (kind, {key}) DO UPDATE SET
    severity = EXCLUDED.severity, organization_id = EXCLUDED.organization_id,
    figures = EXCLUDED.figures, subject_updated_at = EXCLUDED.subject_updated_at,
    seen_at = EXCLUDED.seen_at,
    found_at = CASE WHEN {stays} THEN known.found_at ELSE EXCLUDED.found_at END,
    status = CASE WHEN {stays} THEN known.status ELSE 'open' END,
    dismissed_at = CASE WHEN {stays} THEN known.dismissed_at END,
    dismissed_by_id = CASE WHEN {stays} THEN known.dismissed_by_id END,
    note = CASE WHEN {stays} THEN known.note ELSE '' END
"""
_STAYS = """(known.status = 'open' OR (
    known.status = 'dismissed' AND known.subject_updated_at = EXCLUDED.subject_updated_at
))"""

# Dismissed ones stay as they are while their record does: they may be found again.
_SETTLE = """
UPDATE organizations_qualityfinding AS known
SET status = 'settled', seen_at = %(now)s, dismissed_at = NULL, dismissed_by_id = NULL, note = ''
WHERE known.seen_at < %(now)s AND (known.status = 'open' OR (
    known.status = 'dismissed' AND NOT EXISTS (
        SELECT FROM organizations_resourceflow flow
        WHERE flow.id = known.flow_id AND flow.updated_at = known.subject_updated_at
    ) AND NOT EXISTS (
        SELECT FROM organizations_site site
        WHERE site.id = known.site_id AND site.updated_at = known.subject_updated_at
    )
))
"""


@dataclass(frozen=True, slots=True)
class Bound:
    """More of a resource than any site has in a year, in canonical units; and who says so."""

    code: str
    most_per_year: float
    source: str
    unit: str = ""

    def covers(self, resource_type: ResourceType) -> bool:
        in_tree = not self.code or f"{resource_type.code}.".startswith(f"{self.code}.")
        return in_tree and self.unit in ("", resource_type.unit)


@cache
def bounds() -> tuple[Bound, ...]:
    """Return the bounds, those of the deepest types first."""
    rows = [Bound(**row) for row in json.loads(_DATA.read_text())]
    return tuple(sorted(rows, key=lambda row: -len(row.code)))


def bound_of(resource_type: ResourceType) -> Bound | None:
    return next((bound for bound in bounds() if bound.covers(resource_type)), None)


@transaction.atomic
def scan(now: datetime) -> int | None:
    """
    Look at all flows and sites, and bring the findings up to date.

    Returns how many are open; None if somebody else is looking.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SCAN_LOCK])
        if not cursor.fetchone()[0]:
            return None
        parameters = _parameters(now)
        for kind, found in STATEMENTS.items():
            key = "site_id" if kind in QualityFinding.OF_SITES else "flow_id"
            statement = _STORE.format(found=found, key=key, stays=_STAYS)
            cursor.execute(statement, {**parameters, "kind": str(kind)})
        cursor.execute(_SETTLE, parameters)
        # Whoever reads them next would read them in the order of an empty table.
        cursor.execute("ANALYZE organizations_qualityfinding")
    QualityFinding.objects.filter(status="settled", seen_at__lt=now - SETTLED_KEPT).delete()
    return QualityFinding.objects.open().count()


def _parameters(now: datetime) -> dict[str, Any]:
    bounded = [
        (resource_type.pk, bound)
        for resource_type in ResourceType.objects.selectable()
        if (bound := bound_of(resource_type))
    ]
    return {
        "now": now,
        "types": [key for key, _bound in bounded],
        "most": [bound.most_per_year for _key, bound in bounded],
        "sources": [bound.source for _key, bound in bounded],
        "fewest_sites": FEWEST_SITES,
        "farthest_score": FARTHEST_SCORE,
        "mad_to_deviation": MAD_TO_DEVIATION,
        "narrowest_factor": NARROWEST_FACTOR,
        "least_factor": LEAST_FACTOR,
        "error_factor": ERROR_FACTOR,
        "all_hours": HoursOfWeek.all().to_bytes(),
        "stale_before": now - STALE_AFTER,
        "very_stale_before": now - VERY_STALE_AFTER,
        "nowhere_m": NOWHERE_M,
        "far_from_city_m": FAR_FROM_CITY_M,
        "fewest_in_city": FEWEST_IN_CITY,
        "most_of_kind": MOST_OF_KIND,
    }
