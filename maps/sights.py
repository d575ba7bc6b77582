"""The sites in a part of the map, as a list."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from maps.filters import Filter
from maps.places import Box
from organizations.models import ResourceFlow, Site

# Of more flows the first are looked at, and of more sites the first are listed.
MOST_FLOWS = 5000
MOST_SITES = 200


@dataclass(frozen=True, slots=True)
class Sight:
    """Sites with their `outputs` and `inputs`, and whether these are all."""

    sites: list[Any]
    is_complete: bool


def look(viewer: Any, chosen: Filter, box: Box | None = None) -> Sight:
    """Return the sites in a box, or anywhere, with flows that the viewer may see, by name."""
    flows = chosen.flows(viewer)
    if box is not None:
        flows = flows.in_bbox(*box)
    first = flows.order_by().values("pk")[:MOST_FLOWS]
    counted = (
        ResourceFlow.objects.filter(pk__in=first)
        .order_by()
        .values("site_id")
        .annotate(
            outputs=Count("pk", filter=Q(direction="output")),
            inputs=Count("pk", filter=Q(direction="input")),
        )
    )
    counts = {row["site_id"]: row for row in counted}
    sites = list(
        Site.objects.filter(pk__in=counts)
        .select_related("organization")
        .order_by("organization__name", "name", "pk")[: MOST_SITES + 1]
    )
    for site in sites:
        site.outputs, site.inputs = (counts[site.pk][name] for name in ("outputs", "inputs"))  # type: ignore[attr-defined]
    looked_at = sum(row["outputs"] + row["inputs"] for row in counts.values())
    return Sight(sites[:MOST_SITES], looked_at < MOST_FLOWS and len(sites) <= MOST_SITES)
