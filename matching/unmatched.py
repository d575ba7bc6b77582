"""Flows that nobody fits."""

from django.db.models import Exists, OuterRef, QuerySet

from matching.models import PartnerList
from organizations.models import ResourceFlow


def without_match(flows: QuerySet[ResourceFlow]) -> QuerySet[ResourceFlow]:
    """Those of the flows that have no match now."""
    matched = PartnerList.objects.filter(flow=OuterRef("pk"), match_count__gt=0)
    return flows.filter(~Exists(matched))
