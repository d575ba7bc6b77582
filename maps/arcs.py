"""Matches as lines between their flows."""

from typing import Any

from django.contrib.auth.models import AnonymousUser

from maps.filters import Filter
from maps.places import Box
from matching.disclosure import as_seen_from
from matching.models import Match
from organizations.disclosure import Viewpoint
from organizations.models import ResourceFlow

# Of more flows the matches are not looked for, and of more matches the best are shown.
MOST_FLOWS = 500
MOST_MATCHES = 500


def best_matches(viewer: Any, chosen: Filter, box: Box | None = None) -> list[Match]:
    """
    Return the viewer's matches of flows that are asked for and lie in the box, best score first.

    A facilitator sees those of the outputs. Of many flows the first are looked at.
    """
    if isinstance(viewer, AnonymousUser):
        return []
    flows = chosen.keep(ResourceFlow.objects.active())
    matches = Match.seen.of_viewer(viewer)
    if viewer.is_facilitator:
        flows = flows.filter(direction=ResourceFlow.Direction.OUTPUT)
    else:
        own = list(viewer.organizations.values_list("pk", flat=True))
        flows = flows.filter(organization__in=own)
        matches = matches.not_dismissed_by(own)
    if box is not None:
        flows = flows.in_bbox(*box)
    keys = list(flows.order_by().values_list("pk", flat=True)[:MOST_FLOWS])
    if not keys:
        return []
    best = matches.filter(flow__in=keys, score__gte=chosen.min_score)
    found = best.for_display().order_by("-score", "pk")[:MOST_MATCHES]
    return as_seen_from(Viewpoint(viewer), list(found))
