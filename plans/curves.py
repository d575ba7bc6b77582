"""How a plan hangs on prices and the radius: curves of scenarios, as numbers of an inline SVG."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plans.models import Objective, Plan
from turash.figures import figure

WIDTH, HEIGHT = 360.0, 200.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 345.0, 12.0, 160.0
LEAST_POINTS = 3
VARIED: dict[str, str | Promise] = {
    "energy_price_pct": _("Energy prices [%]"),
    "co2_price_eur_per_t": _("Price of CO₂ [EUR/t]"),
    "max_distance_km": _("Largest distance [km]"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A scenario: where it is drawn, and its numbers in words."""

    x: float
    y: float
    x_text: str
    title: str


@dataclass(frozen=True, slots=True)
class Curve:
    name: str | Promise
    unit: str
    width: float
    height: float
    left: float
    bottom: float
    top_text: str
    bottom_text: str
    path: str
    marks: list[Mark]


def curves_of(plans: Sequence[Plan]) -> list[Curve]:
    """Draw finished plans against each parameter in which alone they differ from the first one."""
    finished = [plan for plan in plans if plan.is_finished]
    if not finished:
        return []
    return list(_curves(finished[0], finished))


def _curves(base: Plan, plans: Sequence[Plan]) -> Iterator[Curve]:
    is_co2 = base.objective == Objective.CO2
    for name, label in VARIED.items():
        points = {}
        for plan in plans:
            if getattr(plan, name) is not None and _is_alike(base, plan, name):
                value = plan.co2_avoided_t_per_year if is_co2 else plan.savings_eur_per_year
                points[getattr(plan, name)] = value or 0.0
        if len(points) >= LEAST_POINTS:
            yield _drawn(label, "t CO₂/a" if is_co2 else "EUR/a", sorted(points.items()))


def _is_alike(base: Plan, plan: Plan, but: str) -> bool:
    def of(one: Plan) -> tuple:
        rules = sorted((rule.output_id, rule.input_id, rule.kind) for rule in one.rules.all())
        closed = sorted(str(closure.condition) for closure in one.closures.all())
        plants = sorted((site.name, site.location.coords) for site in one.supposed_sites.all())
        return one.organization_id, one.parameters() | {but: None}, rules, closed, plants

    return of(base) == of(plan)


def _drawn(label: str | Promise, unit: str, points: list[tuple[float, float]]) -> Curve:
    (first, _value), (last, _other) = points[0], points[-1]
    values = [value for _place, value in points]
    low, high = min(0.0, *values), max(0.0, *values)
    high = high if high > low else low + 1.0
    marks = [
        Mark(
            round(LEFT + (x - first) / (last - first) * (RIGHT - LEFT), 1),
            round(BOTTOM - (y - low) / (high - low) * (BOTTOM - TOP), 1),
            figure(x),
            f"{figure(x)}: {figure(y)} {unit}",
        )
        for x, y in points
    ]
    path = "M" + " L".join(f"{mark.x},{mark.y}" for mark in marks)
    return Curve(
        label, unit, WIDTH, HEIGHT, LEFT, BOTTOM, figure(high), figure(low) or "0", path, marks
    )
