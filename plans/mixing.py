"""
What is too dirty for an input alone, and might be part of a mix.

A linear model: an input that states limits of contaminants bears them in all that it needs; what it
does not get from others is free of them; what an output does not state it does not have. What is
mixed neither reacts nor settles.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import numpy as np

from matching.loading import load_types
from organizations.models import FlowContaminant
from plans.choices import Choices, Facts
from plans.models import Plan
from plans.sides import Pair, Sides

# Flows of each side that are looked at; above, the pairs would be too many.
MOST_FLOWS = 1000


def pairs_of(plan: Plan) -> list[Pair]:
    """Return the pairs of fitting types that only contaminants may keep apart; few, or none."""
    if not plan.is_blended:
        return []
    types = load_types()
    sides = {}
    for direction in ("output", "input"):
        flows = plan.flows().visible_to(plan.readers).filter(direction=direction)
        stated = FlowContaminant.objects.filter(flow__in=flows.order_by().values("pk"))
        names = ("flow", "flow__resource_type", "flow__organization", "substance", "mg_per_kg")
        found: dict[UUID, tuple[int, UUID, dict[str, float]]] = {}
        rows = stated.order_by("flow__number", "substance").values_list(*names)
        for key, kind, organization, substance, mg in rows:
            if key not in found and len(found) == MOST_FLOWS:
                break
            found.setdefault(key, (types.index_of[kind], organization, {}))[2][substance] = mg
        sides[direction] = found
    ends = types.array["subtree_end"]
    wanted = range(len(ends))
    if plan.resource_type_id is not None:
        own = types.index_of[plan.resource_type_id]
        wanted = range(own, int(ends[own]))
    pairs = []
    for output_id, (kind, owner, contents) in sides["output"].items():
        if kind not in wanted:
            continue
        for input_id, (needed, other, limits) in sides["input"].items():
            if owner == other or plan.organization_id not in (None, owner, other):
                continue
            exceeds = any(contents.get(name, 0.0) > limit for name, limit in limits.items())
            if exceeds and needed <= kind < ends[needed]:
                pairs.append(Pair(output_id, input_id))
    return pairs


def forget_contaminants(sides: Sides) -> None:
    """Have the kernel look at all but contaminants."""
    for side in (sides.outputs, sides.inputs):
        side.array["contaminants_start"] = side.array["contaminants_end"] = 0


def loads_of(
    choices: Choices, inputs: Sequence[UUID], needed: np.ndarray, facts: Mapping[UUID, Facts]
) -> tuple[np.ndarray, np.ndarray]:
    """Return loads and what inputs bear, as `Problem` has them, of what some input limits."""
    names = sorted({name for key in inputs for name in facts[key].contents})
    load = np.zeros((len(names), len(choices)))
    most = np.full((len(names), len(inputs)), np.inf)
    for substance, name in enumerate(names):
        load[substance] = [facts[key].contents.get(name, 0.0) for key in choices.output_ids]
        most[substance] = [facts[key].contents.get(name, np.inf) for key in inputs]
    return load, most * needed
