"""What OGC API Features tells: which rows of what kind, and each as a feature (RFC 7946)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from maps.cells import is_wide
from maps.filters import Filter
from maps.places import Box
from matching.disclosure import as_seen_from
from matching.models import Match, MatchCluster
from organizations import services
from organizations.disclosure import Viewpoint
from organizations.models import ResourceFlow, Site
from organizations.querysets import meridians
from turash.api.geometry import line

Row = Any
Feature = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for; the period is of whole days, and open where an end is missing."""

    box: Box | None = None
    first_day: date | None = None
    last_day: date | None = None
    chosen: Filter = field(default_factory=Filter)


@dataclass(frozen=True)
class Collection:
    """
    A kind of features.

    `order` makes a total order that an index follows; pages begin after the last row's values.
    """

    name: str
    title: str | Promise
    description: str | Promise
    visible: Callable[[Any], QuerySet]
    select: Callable[[QuerySet, Query], QuerySet]
    features: Callable[[Any, Sequence[Row]], Iterable[Feature]]
    filters: tuple[str, ...] = ()
    order: tuple[str, ...] = ("pk",)

    def rows(self, viewer: Any, query: Query, after: Sequence[UUID] = ()) -> QuerySet:
        """Return the rows that the viewer may see and has asked for, in their order."""
        rows = self.select(self.visible(viewer), query).order_by(*self.order)
        if not after:
            return rows
        first, *rest = zip(self.order, after, strict=True)
        if not rest:
            return rows.filter(**{f"{first[0]}__gt": first[1]})
        ((name, value),) = rest
        # The first condition alone leads to where the page begins in the index.
        return rows.filter(
            Q(**{f"{first[0]}__gt": first[1]}) | Q(**{first[0]: first[1], f"{name}__gt": value}),
            **{f"{first[0]}__gte": first[1]},
        )

    def place_of(self, row: Row) -> list[str]:
        """Return what a page that begins after a row is asked for with."""
        names = {"pk": "pk", "flow": "flow_id"}
        return [str(getattr(row, names[name])) for name in self.order]


def _in_box(rows: Any, query: Query) -> QuerySet:
    if query.box is None:
        return rows
    return rows.in_bbox(*query.box, is_wide=is_wide(query.box))


def _flows(rows: Any, query: Query) -> QuerySet:
    rows = query.chosen.keep(_in_box(rows, query))
    # A flow that does not say since when or until when has always been or always will be.
    if query.last_day is not None:
        rows = rows.filter(Q(valid_from=None) | Q(valid_from__lte=query.last_day))
    if query.first_day is not None:
        rows = rows.filter(Q(valid_to=None) | Q(valid_to__gte=query.first_day))
    return rows


class _Touches(models.Func):
    """Whether the line between two places touches a box; across the 180th one of its ends."""

    output_field = models.BooleanField()
    function = "touches"
    template = (
        "ST_Intersects(CASE WHEN abs(ST_X({0}) - ST_X({1})) <= 180 THEN ST_MakeLine({0}, {1}) "
        "ELSE ST_Collect({0}, {1}) END, ST_MakeEnvelope(%s, %s, %s, %s, 4326))"
    )

    def __init__(self, box: Box) -> None:
        super().__init__(F("output__location"), F("input__location"))
        self.box = box

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list]:
        places, arguments = [], []
        for expression in self.source_expressions:
            sql, values = compiler.compile(expression)
            places.append(f"({sql})::geometry")
            arguments += values
        return self.template.format(*places), [*arguments, *self.box]


def _matches(rows: Any, query: Query) -> QuerySet:
    rows = rows.filter(score__gte=query.chosen.min_score)
    types = query.chosen.types()
    if types is not None:
        rows = rows.filter(output__resource_type__in=types)
    if query.box is None:
        return rows
    west, south, east, north = query.box
    condition = Q()
    for low, high in meridians(west, east):
        condition |= Q(_Touches((low, south, high, north)))
    return rows.filter(condition)


def _feature(key: Any, geometry: Any, properties: dict[str, Any]) -> Feature:
    return {"type": "Feature", "id": str(key), "geometry": geometry, "properties": properties}


def _point(place: Any) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [place.x, place.y]}


def _site_features(viewer: Any, sites: Sequence[Site]) -> Iterable[Feature]:
    for site in sites:
        yield _feature(
            site.pk,
            _point(site.location),
            {
                "name": site.name,
                "organization": site.organization.name,
                "organization_id": str(site.organization_id),
                "address": site.address,
                "postal_code": site.postal_code,
                "city": site.city,
                "country": site.country,
                "updated_at": site.updated_at,
            },
        )


def _flow_features(viewer: Any, flows: Sequence[ResourceFlow]) -> Iterable[Feature]:
    """Features of flows, with the figures that the viewer sees; exact ones go on record."""
    viewpoint = Viewpoint(viewer)
    shown = [viewpoint.shown(flow) for flow in flows]
    services.note_seen(viewpoint, shown)
    for flow in shown:
        yield _feature(
            flow.pk,
            _point(flow.location),
            {
                "name": flow.name,
                "direction": flow.direction,
                "resource_type": flow.resource_type.code,
                "resource": flow.resource_type.label,
                "status": flow.status,
                "organization": flow.organization.name,
                "organization_id": str(flow.organization_id),
                "site_id": str(flow.site_id),
                "amount": float(flow.amount),
                "unit": flow.unit,
                "per": flow.per,
                "amount_per_year": flow.quantity_per_year,
                "canonical_unit": flow.resource_type.unit,
                "precision_level": flow.precision_level,
                "figures_are_exact": flow.figures_are_exact,
                "temperature_celsius_min": flow.temperature_celsius_min,
                "temperature_celsius_max": flow.temperature_celsius_max,
                "hazardous": flow.hazardous,
                "waste_code": flow.waste_code,
                "valid_from": flow.valid_from,
                "valid_to": flow.valid_to,
                "updated_at": flow.updated_at,
            },
        )


def _match_features(viewer: Any, matches: Sequence[Match]) -> Iterable[Feature]:
    """Features of matches as the viewer may see them; those that are none any more are left out."""
    rows = Match.seen.filter(
        flow__in=[match.flow_id for match in matches], pk__in=[match.pk for match in matches]
    )
    # Between two flows of the page a match is seen from both.
    found = {match.pk: match for match in rows.for_display()}
    in_order = [found[match.pk] for match in matches if match.pk in found]
    viewpoint = Viewpoint(viewer)
    shown = as_seen_from(viewpoint, in_order)
    services.note_seen(viewpoint, [side for one in shown for side in (one.output, one.input)])
    for match in shown:
        output, recipient = match.output, match.input
        yield _feature(
            match.pk,
            line(output.location.coords, recipient.location.coords),
            {
                "output_id": str(output.pk),
                "output": output.name,
                "from_organization": output.organization.name,
                "input_id": str(recipient.pk),
                "input": recipient.name,
                "to_organization": recipient.organization.name,
                "resource_type": output.resource_type.code,
                "resource": output.resource_type.label,
                "score": round(match.score, 4),
                "distance_m": round(match.distance_m),
                "quantity_per_year": match.quantity_per_year,
                "unit": output.resource_type.unit,
                "savings_eur_per_year": float(match.savings_eur_per_year),
                "co2_avoided_t_per_year": match.co2_avoided_t_per_year,
                "is_exact": match.is_exact,
            },
        )


def _cluster_features(viewer: Any, clusters: Sequence[MatchCluster]) -> Iterable[Feature]:
    for cluster in clusters:
        yield _feature(
            cluster.pk,
            {"type": "MultiPolygon", "coordinates": cluster.area.coords},
            {
                "name": cluster.name,
                "resource_type": cluster.resource_type.code,
                "matches": cluster.match_count,
                "organizations": cluster.organization_count,
                "exchanges": cluster.exchange_count,
                "quantity_per_year": cluster.quantity_per_year,
                "unit": cluster.resource_type.unit,
                "savings_eur_per_year": float(cluster.savings_eur_per_year),
                "co2_avoided_t_per_year": cluster.co2_avoided_t_per_year,
                "computed_at": cluster.computed_at,
            },
        )


def _clusters(rows: Any, query: Query) -> QuerySet:
    if query.box is not None:
        rows = rows.in_bbox(*query.box)
    return rows.of_type(query.chosen.resource_type) if query.chosen.resource_type else rows


def _own(viewer: Any) -> list[UUID]:
    if isinstance(viewer, AnonymousUser):
        return []
    return list(viewer.organizations.values_list("pk", flat=True))


COLLECTIONS = {
    collection.name: collection
    for collection in (
        Collection(
            "sites",
            _("Sites"),
            _("Places where resources leave or are needed."),
            lambda viewer: Site.objects.visible_to(viewer).select_related("organization"),
            _in_box,
            _site_features,
        ),
        Collection(
            "flows",
            _("Resource flows"),
            _("What leaves a site (output) or is needed there (input)."),
            lambda viewer: ResourceFlow.objects.visible_to(viewer).select_related(
                "resource_type", "organization"
            ),
            _flows,
            _flow_features,
            ("direction", "resource_type"),
        ),
        Collection(
            "matches",
            _("Matches"),
            _("Pairs that fit, of one's own organizations: lines from the output to the input."),
            lambda viewer: Match.seen.of_viewer(viewer).not_dismissed_by(_own(viewer)),
            _matches,
            _match_features,
            ("resource_type", "min_score"),
            ("flow", "pk"),
        ),
        Collection(
            "clusters",
            _("Areas of many matches"),
            _("Where a shared pipe or hub could serve several, for who has signed in."),
            lambda viewer: MatchCluster.objects.visible_to(viewer).select_related("resource_type"),
            _clusters,
            _cluster_features,
            ("resource_type",),
        ),
    )
}


def find(collection: Collection, viewer: Any, key: UUID) -> Row | None:
    """Return one row of a collection, if the viewer may see it."""
    if collection.name == "matches":
        # Found by the numbers in its id, as seen from whichever side.
        return Match.seen.with_id(key).visible_to(viewer).first()
    return collection.visible(viewer).filter(pk=key).first()
