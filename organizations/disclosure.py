"""
Whose exact figures somebody sees, and what is seen before: the one place that decides.

Figures are amounts, ranges of quality, contaminants and what is paid today. How far two
organizations have come, the apps above tell: they know matches and proposals.
"""

from collections.abc import Callable, Collection, Iterable
from copy import copy
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from math import ceil, floor
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from organizations.models import FlowContaminant, ResourceFlow, User
from organizations.models.flow import QUALITY_RANGES
from organizations.models.stage import STAGES, Stage

Actor = User | AnonymousUser
Finder = Callable[[Collection[UUID]], set[UUID]]

_finders: dict[Stage, Finder] = {}
# Ranges of quality are widened to whole steps; pressure goes by its first digit.
STEPS = {"temperature_celsius": 10, "purity_pct": 10, "moisture_pct": 10, "ph": 1}


def finds(stage: Stage) -> Callable[[Finder], Finder]:
    """Register who finds the organizations with which some others have reached a stage."""

    def register(finder: Finder) -> Finder:
        _finders[stage] = finder
        return finder

    return register


def is_disclosed(disclosed_from: str, stage: Stage) -> bool:
    """Whether what is disclosed from a stage on is disclosed at another one."""
    if disclosed_from == Stage.NEVER:
        return False
    return STAGES.index(stage) >= STAGES.index(Stage(disclosed_from))


class Viewpoint:
    """
    How far a viewer has come with each organization; for the time of one request.

    Asks each question once, and only when an answer depends on it.
    """

    def __init__(self, viewer: Actor) -> None:
        self.viewer = viewer
        self._reached: dict[Stage, set[UUID]] = {}
        self._exact: dict[tuple[UUID, str], bool] = {}

    @cached_property
    def is_facilitator(self) -> bool:
        return not isinstance(self.viewer, AnonymousUser) and self.viewer.is_facilitator

    @cached_property
    def own(self) -> set[UUID]:
        if isinstance(self.viewer, AnonymousUser):
            return set()
        return set(self.viewer.organizations.values_list("pk", flat=True))

    def stage_with(self, organization_id: UUID) -> Stage:
        """Return the furthest stage that one of the viewer's organizations has reached."""
        for stage in (Stage.ACCEPTED, Stage.MATCHED):
            if organization_id in self._reaching(stage):
                return stage
        return Stage.PUBLIC

    def sees_exactly(self, flow: ResourceFlow) -> bool:
        """Whether the viewer sees the figures of a flow as they are stated."""
        owner = flow.organization_id, flow.organization.figures_from
        if owner not in self._exact:
            self._exact[owner] = self._sees_exactly(*owner)
        return self._exact[owner]

    def _sees_exactly(self, organization_id: UUID, disclosed_from: str) -> bool:
        if disclosed_from == Stage.PUBLIC or self.is_facilitator or organization_id in self.own:
            return True
        if disclosed_from == Stage.NEVER:
            return False
        return self._has_reached(Stage(disclosed_from), organization_id)

    def is_inside(self, flow: ResourceFlow) -> bool:
        """Whether the viewer belongs to the owner of a flow, or is a facilitator, who sees all."""
        return self.is_facilitator or flow.organization_id in self.own

    def seen_exactly(self) -> Q:
        """The same for rows of flows."""
        if self.is_facilitator:
            return Q()
        return (
            Q(organization__figures_from=Stage.PUBLIC)
            | Q(organization__in=self.own)
            | Q(
                organization__figures_from=Stage.MATCHED,
                organization__in=self._reaching(Stage.MATCHED) | self._reaching(Stage.ACCEPTED),
            )
            | Q(
                organization__figures_from=Stage.ACCEPTED,
                organization__in=self._reaching(Stage.ACCEPTED),
            )
        )

    def shown(self, flow: ResourceFlow) -> ResourceFlow:
        """Return a flow as the viewer may see it: itself, or a copy without exact figures."""
        return flow if self.sees_exactly(flow) else without_exact_figures(flow)

    def is_on_record(self, flow: ResourceFlow) -> bool:
        """Whether it is to be noted that the viewer has seen a flow: what not everybody sees."""
        return (
            not isinstance(self.viewer, AnonymousUser)
            and flow.figures_are_exact
            and flow.organization.figures_from != Stage.PUBLIC
            and flow.organization_id not in self.own
        )

    def _has_reached(self, stage: Stage, organization_id: UUID) -> bool:
        return any(
            organization_id in self._reaching(further) for further in STAGES[STAGES.index(stage) :]
        )

    def _reaching(self, stage: Stage) -> set[UUID]:
        if stage not in _finders or not self.own:
            return set()
        if stage not in self._reached:
            self._reached[stage] = _finders[stage](self.own)
        return self._reached[stage]


def coarse(number: Decimal | float) -> Decimal:
    """Round to one significant digit, halves up; as `ResourceFlowQuerySet.at_least` does."""
    exact = Decimal(str(number))
    return exact.quantize(Decimal((0, (1,), exact.adjusted())), ROUND_HALF_UP)


def without_exact_figures(flow: ResourceFlow) -> ResourceFlow:
    """
    Return a copy of a flow that says no more than its figures' class.

    The amount has one significant digit in the unit in which it is declared, and the rest follows
    from that. Not to be saved.
    """
    seen = copy(flow)
    seen.figures_are_exact = False
    seen.amount = coarse(flow.amount)
    per_amount = flow.quantity_per_year / float(flow.amount)
    seen.quantity_per_year = _clean(float(seen.amount) * per_amount)
    seen.min_amount = None if flow.min_amount is None else coarse(flow.min_amount)
    seen.min_quantity_per_year = _clean(float(seen.min_amount or 0) * per_amount)
    # A rounded rest instead of the sum of the contracts.
    seen.reserved_per_year = 0.0
    if flow.reserved_per_year:
        left = min(float(coarse(flow.available_per_year)), seen.quantity_per_year)
        seen.reserved_per_year = seen.quantity_per_year - left
    seen.current_cost_per_unit = None
    for name, (lowest, highest) in QUALITY_RANGES.items():
        low, high = f"{name}_min", f"{name}_max"
        setattr(seen, low, _wider(name, getattr(flow, low), floor, lowest))
        setattr(seen, high, _wider(name, getattr(flow, high), ceil, highest))
    seen._prefetched_objects_cache = {"contaminants": _contaminants(flow)}  # type: ignore[attr-defined]
    return seen


def _clean(number: float) -> float:
    """Without the noise of the last bits, which would tell of what was multiplied."""
    return float(f"{number:.9g}")


def _wider(
    name: str, end: float | None, to_step: Callable[[float], int], limit: float
) -> float | None:
    if end is None:
        return None
    if name in STEPS:
        moved = float(to_step(end / STEPS[name]) * STEPS[name])
    else:
        unit = 10.0 ** Decimal(str(end)).adjusted()
        moved = _clean(to_step(end / unit) * unit)
    return max(moved, limit) if to_step is floor else min(moved, limit)


def _contaminants(flow: ResourceFlow) -> Iterable[FlowContaminant]:
    """Those that were read with the flow, as a QuerySet that never asks for the exact ones."""
    known = getattr(flow, "_prefetched_objects_cache", {}).get("contaminants", [])
    rows = FlowContaminant.objects.none()
    rows._result_cache = [  # type: ignore[attr-defined]
        FlowContaminant(flow=flow, substance=row.substance, mg_per_kg=float(coarse(row.mg_per_kg)))
        for row in known
    ]
    return rows
