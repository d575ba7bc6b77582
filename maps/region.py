"""
What the whole region gives and needs: sums that anybody may see, computed now and then.

Only public flows of public organizations count, and where exact figures are not public, rounded
ones: from what is shown here nobody learns more than from the flows' own pages.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from matching.models import PartnerList
from organizations.disclosure import Viewpoint
from organizations.models import Organization, ResourceFlow
from turash.events.queue import enqueue

KEY = "region-sums"
_ASKED_KEY = "region-sums-asked"
KEPT_S = 24 * 3600
# Sums are drawn up again after so many times as long as it took: at most a twentieth of the time.
PAUSE_PER_SUM = 20
# What takes longer is left to a worker, and the page shows the last sums meanwhile.
LONGEST_IN_A_REQUEST_S = 0.2
# Of more organizations each is drawn as a part of its sector.
MOST_ORGANIZATIONS = 24
# Who has a partner is told of at least so many organizations together, as sums of areas are.
LEAST_ORGANIZATIONS = 3
BEST_PAIRS = 120

# By organization first: of a million flows this is quicker than to count distinct ones. Once read
# the flows are kept: else amounts would be rounded, and partners looked for, in each sum again.
_SUMS = """
WITH flow AS MATERIALIZED ({flows}), by_owner AS (
    SELECT resource_type_id, direction, organization_id, count(*) AS flows,
        sum(shown_per_year) AS quantity,
        coalesce(sum(shown_per_year) FILTER (WHERE has_partner), 0) AS partnered,
        bool_or(has_partner) AS has_partner
    FROM flow GROUP BY 1, 2, 3)
SELECT resource_type_id, direction, {part}, sum(flows)::bigint, sum(quantity), sum(partnered),
    count(*), count(*) FILTER (WHERE has_partner)
FROM by_owner JOIN organizations_organization owner ON owner.id = organization_id
GROUP BY 1, 2, 3
"""
_PARTS = {"sector": "left(owner.sector, 2)", "organization": "owner.id::text"}


@dataclass(frozen=True, slots=True)
class Sum:
    """What a part of the region gives, or needs, of one type [canonical units per year]."""

    resource_type_id: int
    direction: str
    part: str  # the begin of a NACE code, or the id of an organization
    flows: int
    quantity: float
    partnered: float  # of flows that have a match
    organizations: int
    partnered_organizations: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two organizations of which one has something for the other; for facilitators only."""

    output_organization_id: UUID
    input_organization_id: UUID
    resource_type_id: int


@dataclass(frozen=True, slots=True)
class Region:
    """`parts`: whether the sums are of sectors or of organizations; `names` of the latter."""

    computed_at: datetime
    took_s: float
    parts: str
    sums: list[Sum]
    names: dict[str, str] = field(default_factory=dict)
    best_pairs: list[Pair] = field(default_factory=list)

    @property
    def is_old(self) -> bool:
        pause = timedelta(seconds=self.took_s * PAUSE_PER_SUM)
        return timezone.now() > self.computed_at + pause


def region_now() -> Region:
    """Return the sums, not much older than it takes to draw them up."""
    region: Region | None = cache.get(KEY)
    if region is None:
        return draw_up()
    if not region.is_old:
        return region
    if region.took_s <= LONGEST_IN_A_REQUEST_S:
        return draw_up()
    # Who comes first asks; a worker that never answers is asked again after a while.
    if cache.add(_ASKED_KEY, 1, timeout=int(region.took_s * PAUSE_PER_SUM) + 60):
        enqueue("maps.tasks.draw_up_region")
    return region


def draw_up() -> Region:
    """Compute the sums of the region, and keep them."""
    began = time.monotonic()
    computed_at = timezone.now()
    organizations = Organization.objects.visible_to(AnonymousUser())
    few = organizations[: MOST_ORGANIZATIONS + 1].count() <= MOST_ORGANIZATIONS
    parts = "organization" if few else "sector"
    names = {str(key): name for key, name in organizations.values_list("pk", "name")} if few else {}
    sums, pairs = _sums(parts), _best_pairs()
    region = Region(computed_at, time.monotonic() - began, parts, sums, names, pairs)
    cache.set(KEY, region, KEPT_S)
    cache.delete(_ASKED_KEY)
    return region


def _sums(parts: str) -> list[Sum]:
    anybody = AnonymousUser()
    flows: Any = (
        ResourceFlow.objects.visible_to(anybody)
        .active()
        .with_shown_quantity(exact=Viewpoint(anybody).seen_exactly())
        .annotate(
            has_partner=Exists(PartnerList.objects.filter(flow=OuterRef("pk"), match_count__gt=0))
        )
        .order_by()
    )
    sql, arguments = flows.values(
        "resource_type_id", "direction", "organization_id", "shown_per_year", "has_partner"
    ).query.sql_with_params()
    with transaction.atomic(), connection.cursor() as cursor:
        # A million rows are grouped in memory.
        cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute(_SUMS.format(flows=sql, part=_PARTS[parts]), arguments)
        return [Sum(*row[:3], *map(_number, row[3:])) for row in cursor]


def _number(value: Any) -> Any:
    return value if isinstance(value, int) else float(value)


def _best_pairs() -> list[Pair]:
    """Return who would save most together, by the best partner of each output."""
    lists = PartnerList.objects.filter(is_output=True, best_savings_eur_per_year__gt=0)
    best = list(
        lists.order_by("-best_savings_eur_per_year", "pk").values_list(
            "flow__organization_id", "flow__resource_type_id", "partners__0"
        )[:BEST_PAIRS]
    )
    owners = _owners(number for _giver, _kind, number in best)
    return [Pair(giver, owners[number], kind) for giver, kind, number in best if number in owners]


def _owners(numbers: Iterable[int]) -> dict[int, UUID]:
    flows = ResourceFlow.objects.filter(number__in=list(numbers))
    return dict(flows.values_list("number", "organization_id"))
