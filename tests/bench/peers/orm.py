"""
A service as a plain Django project has it: flow by flow, through the ORM, in plain Python.

For each flow the candidates come by one spatial query, are scored by the plain reference of the
tests, and the best are stored. At large sizes it does so for a sample, and extrapolates.
"""

import time
from random import Random
from typing import Any
from uuid import UUID

from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.measure import D
from django.db import connection
from django.db.models import Q

from organizations.models import ResourceFlow, ResourceType
from tests.bench.peers import lists
from tests.bench.peers.lists import BEST_PER_FLOW, Timings
from tests.matching.reference import expected_match

PEER = "orm"
SAMPLE = 300


def run(sample: int = SAMPLE) -> Timings:
    """Match so many flows, chosen at random; seconds are those of all."""
    types = list(ResourceType.objects.all())
    keys = list(ResourceFlow.objects.active().order_by("pk").values_list("pk", flat=True))
    chosen = Random(1).sample(keys, min(sample, len(keys)))
    spent = [0.0, 0.0, 0.0]
    with connection.cursor() as cursor:
        lists.create(cursor, PEER)
        lists.finish(cursor, PEER)
        for key in chosen:
            times = [time.perf_counter()]
            flow = _flows().get(pk=key)
            candidates = _candidates(flow, types)
            times.append(time.perf_counter())
            best = _best(flow, candidates)
            times.append(time.perf_counter())
            _store(cursor, flow, best)
            times.append(time.perf_counter())
            for place in range(3):
                spent[place] += times[place + 1] - times[place]
    share = len(keys) / max(1, len(chosen))
    load_s, compute_s, store_s = (seconds * share for seconds in spent)
    return Timings(
        load_s,
        compute_s,
        store_s,
        sum(spent) * share,
        len(keys),
        sample=len(chosen) if len(chosen) < len(keys) else None,
    )


def _flows() -> Any:
    return (
        ResourceFlow.objects.active()
        .select_related("site", "organization", "resource_type", "currency")
        .prefetch_related("contaminants")
    )


def _candidates(flow: ResourceFlow, types: list[ResourceType]) -> list[Any]:
    """Return flows of fitting types around, with their distance."""
    is_output = flow.direction == "output"
    fitting = [kind for kind in types if _serves(flow.resource_type, kind, is_output=is_output)]
    limit_km = flow.resource_type.max_distance_km
    if not is_output:
        limit_km = max(kind.max_distance_km for kind in fitting)
    if flow.max_distance_km is not None:
        limit_km = min(limit_km, flow.max_distance_km)
    return list(
        _flows()
        .filter(
            ~Q(organization=flow.organization_id),
            direction="input" if is_output else "output",
            resource_type__in=fitting,
            location__dwithin=(flow.location, D(km=limit_km)),
        )
        .annotate(distance=Distance("location", flow.location))
    )


def _serves(own: ResourceType, other: ResourceType, *, is_output: bool) -> bool:
    output, input_ = (own, other) if is_output else (other, own)
    return output.code == input_.code or output.code.startswith(f"{input_.code}.")


def _best(flow: ResourceFlow, candidates: list[Any]) -> list[tuple[float, float, UUID]]:
    """Return (score, distance [m], id) of the best partners."""
    found = []
    for other in candidates:
        output, input_ = (flow, other) if flow.direction == "output" else (other, flow)
        expected = expected_match(output, input_, other.distance.m)
        if expected:
            found.append((expected.score, other.distance.m, other.pk))
    return sorted(found, key=lambda one: (-one[0], one[1], one[2]))[:BEST_PER_FLOW]


def _store(cursor: Any, flow: ResourceFlow, best: list[tuple[float, float, UUID]]) -> None:
    if best:
        scores, distances, partners = (list(column) for column in zip(*best, strict=True))
        cursor.execute(
            f"INSERT INTO {lists.table(PEER)} VALUES (%s, %s, %s, %s)",
            [flow.pk, partners, scores, distances],
        )
