"""Flows in the kernel's arrays as a viewer may see them."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import numpy as np

from matching.loading import FlowTable
from organizations.disclosure import Viewpoint
from organizations.models import ResourceFlow


def shown_instead(viewpoint: Viewpoint, flow_ids: Iterable[UUID]) -> dict[UUID, ResourceFlow]:
    """Return those of some flows of which the viewer does not see exact figures, as shown."""
    if viewpoint.is_facilitator:
        return {}
    rows = ResourceFlow.objects.filter(pk__in=list(flow_ids)).exclude(viewpoint.seen_exactly())
    return {flow.pk: viewpoint.shown(flow) for flow in rows.select_related("organization")}


def mask(table: FlowTable, shown: Mapping[UUID, ResourceFlow]) -> None:
    """Put the figures that are shown in the place of those that are stated."""
    if not shown:
        return
    for place, flow_id in enumerate(table.ids):
        flow = shown.get(flow_id)
        if flow is not None and not flow.figures_are_exact:
            table.array["quantity_per_year"][place] = flow.available_per_year
            table.array["min_quantity_per_year"][place] = flow.min_quantity_per_year
            table.array["cost_eur_per_unit"][place] = np.nan
