"""What is given and needed in an area."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Sum

from maps.filters import Filter
from maps.places import Box
from organizations.disclosure import Viewpoint
from organizations.models import ResourceType

# Of more flows no balance is drawn up.
MOST_FLOWS = 20_000


@dataclass(slots=True)
class Line:
    """One resource type [canonical units per year]."""

    resource_type: ResourceType
    outputs: int = 0
    inputs: int = 0
    given: float = 0.0
    needed: float = 0.0
    is_exact: bool = True

    @property
    def left(self) -> float:
        """What is given beyond what is needed; negative: what is missing."""
        return self.given - self.needed


@dataclass(frozen=True, slots=True)
class Balance:
    """The lines of an area, by resource; none of one that holds too many flows."""

    lines: list[Line] = field(default_factory=list)
    has_too_many: bool = False

    @property
    def flows(self) -> int:
        return sum(line.outputs + line.inputs for line in self.lines)

    @property
    def is_exact(self) -> bool:
        return all(line.is_exact for line in self.lines)


def of_area(box: Box, viewer: Any, chosen: Filter) -> Balance:
    """
    Return what the flows in a box that the viewer may see give and need.

    Where an organization does not disclose exact figures to the viewer, the rounded ones count: by
    the difference of two areas nobody finds out more than is shown.
    """
    flows = chosen.flows(viewer).in_bbox(*box).order_by()
    if flows[: MOST_FLOWS + 1].count() > MOST_FLOWS:
        return Balance(has_too_many=True)
    exact = Viewpoint(viewer).seen_exactly()
    rows = list(
        flows.with_shown_quantity(exact=exact)
        .values("resource_type", "direction")
        .annotate(
            flows=Count("pk"), exact_flows=Count("pk", filter=exact), quantity=Sum("shown_per_year")
        )
    )
    return Balance(_lines(rows))


def _lines(rows: Iterable[dict[str, Any]]) -> list[Line]:
    types = ResourceType.objects.in_bulk([row["resource_type"] for row in rows])
    lines = {key: Line(kind) for key, kind in types.items()}
    for row in rows:
        line = lines[row["resource_type"]]
        line.is_exact = line.is_exact and row["exact_flows"] == row["flows"]
        if row["direction"] == "output":
            line.outputs, line.given = row["flows"], row["quantity"]
        else:
            line.inputs, line.needed = row["flows"], row["quantity"]
    return sorted(lines.values(), key=lambda line: line.resource_type.code)
