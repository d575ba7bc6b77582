"""What would match a flow that nobody has stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.contrib.gis.measure import D
from django.db.models import Q

from matching import figures, loading, pairing, weights
from matching.engine.arrays import COLUMN
from matching.engine.best import score_pairs
from matching.engine.parameters import FACTORS
from matching.engine.scoring import weigh
from matching.outcome import Outcome
from organizations.disclosure import Viewpoint
from organizations.models import ResourceFlow
from organizations.permissions import Actor

# Bounds the work of one question; the nearest are looked at.
MOST_CANDIDATES = 20_000
MOST_RESULTS = 200
_HOURS = ("hours_0", "hours_1", "hours_2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """What the asker wants of a match; None or nothing: no matter. Hours are those of a week."""

    max_distance_km: float | None = None
    min_score: float | None = None
    min_savings_eur_per_year: float | None = None
    min_overlap_hours_per_week: float | None = None
    subtypes: Sequence[str] = ()
    sectors: Sequence[str] = ()  # NACE codes, or how they begin
    max_results: int = MOST_RESULTS


@dataclass(frozen=True, slots=True)
class Found:
    """A stored flow that the hypothetical one matches."""

    flow: ResourceFlow
    distance_m: float
    outcome: Outcome


def find_matches(
    flow: ResourceFlow,
    *,
    contaminants: Mapping[str, float],
    viewer: Actor,
    constraints: Constraints,
    factor_weights: Mapping[str, float],
    without: Sequence[UUID] = (),
) -> list[Found]:
    """
    Return what would match a checked flow, best first, among the flows that the viewer may see.

    By the rules, formulas and order of stored matches, with the figures that are shown to the
    viewer. `factor_weights` replace those in force,
    factor by factor; flows of the organizations `without` are left out.
    """
    types, viewpoint = loading.load_types(), Viewpoint(viewer)
    is_output = flow.direction == ResourceFlow.Direction.OUTPUT
    weighing = _weights(factor_weights)
    pairs = pairing.pair_loaded(
        loading.load_unsaved(types, flow, contaminants),
        types,
        is_output=is_output,
        condition="c.flow_id = ANY(%s::uuid[])",
        parameters=[_candidate_ids(flow, types, viewer, constraints, without)],
        viewpoint=viewpoint,
    )
    results = score_pairs(*pairs.arrays, weighing)
    fitting = ~np.isnan(results[:, COLUMN["score"]]) & _wanted(pairs, results, constraints)
    places = np.flatnonzero(fitting)
    # Others are sorted by id, which is what decides at last.
    order = np.lexsort((results[places, COLUMN["distance_m"]], -results[places, COLUMN["score"]]))
    best = places[order[: constraints.max_results]]
    ids = [pairs.other_id(int(place)) for place in best]
    flows = ResourceFlow.objects.select_related("organization", "resource_type").in_bulk(ids)
    found = []
    for flow_id, result in zip(ids, results[best], strict=True):
        # Not those deleted meanwhile.
        if flow_id in flows:
            if not viewpoint.sees_exactly(flows[flow_id]):
                _blur_quality(result, weighing)
            outcome = Outcome.of(figures.rounded(result))
            found.append(Found(flows[flow_id], float(result[COLUMN["distance_m"]]), outcome))
    return found


def _blur_quality(result: np.ndarray, weighing: np.ndarray) -> None:
    """Qualities are compared as they are; what comes of it must not tell where in the range."""
    result[COLUMN["quality_score"]] = round(result[COLUMN["quality_score"]], 1)
    result[COLUMN["score"]] = weigh(result, weighing)


def _candidate_ids(
    flow: ResourceFlow,
    types: loading.TypeTable,
    viewer: Actor,
    constraints: Constraints,
    without: Sequence[UUID],
) -> list[UUID]:
    """The nearest flows of fitting types within reach, of the organizations that are wanted."""
    is_output = flow.direction == ResourceFlow.Direction.OUTPUT
    radius_m = pairing.reach_m(flow, types)
    if constraints.max_distance_km is not None:
        radius_m = min(radius_m, constraints.max_distance_km * 1000)
    wanted = Q()
    for sector in constraints.sectors:
        wanted |= Q(organization__sector__startswith=sector)
    if constraints.subtypes:
        wanted &= Q(organization__subtype__in=constraints.subtypes)
    candidates = (
        ResourceFlow.objects.visible_to(viewer)
        .active()
        .filter(
            wanted,
            direction="input" if is_output else "output",
            resource_type__in=pairing.counterpart_keys(flow, types),
            # A metre more than the kernel allows: the two measure alike, but not to the last bit.
            location__dwithin=(flow.location, D(m=radius_m + 1)),
        )
        .exclude(organization__in=[*without, flow.organization_id])
        .nearest_first(flow.location)
    )
    return list(candidates.values_list("pk", flat=True)[:MOST_CANDIDATES])


def _weights(changes: Mapping[str, float]) -> np.ndarray:
    in_force = dict(zip(FACTORS, weights.in_force(), strict=True))
    return np.array([changes.get(name, in_force[name]) for name in FACTORS], dtype=np.float64)


def _wanted(pairs: pairing.Pairs, results: np.ndarray, constraints: Constraints) -> np.ndarray:
    """Whether each pair is as the asker wants it."""
    wanted = np.ones(len(results), dtype=bool)
    least = {
        "score": constraints.min_score,
        "savings_eur_per_year": constraints.min_savings_eur_per_year,
    }
    for name, limit in least.items():
        if limit is not None:
            wanted &= results[:, COLUMN[name]] >= limit
    if constraints.max_distance_km is not None:
        wanted &= results[:, COLUMN["distance_m"]] <= constraints.max_distance_km * 1000
    if constraints.min_overlap_hours_per_week is not None:
        wanted &= _shared_hours(pairs) >= constraints.min_overlap_hours_per_week
    return wanted


def _shared_hours(pairs: pairing.Pairs) -> np.ndarray:
    """Hours of the week in which both sides of each pair run."""
    outputs, inputs, places, *_ = pairs.arrays
    shared = np.zeros(len(places), dtype=np.int64)
    for name in _HOURS:
        both = outputs[name][places[:, 0]] & inputs[name][places[:, 1]]
        shared += np.bitwise_count(both)
    return shared
