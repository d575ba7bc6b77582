"""Bars as the numbers of an inline SVG; the table beside it says the same in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format

from turash.figures import figure

WIDTH, HEIGHT = 720.0, 220.0
LEFT, BOTTOM, TOP = 64.0, 24.0, 10.0
MOST_LABELS = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """A column of a month: what was verified, stacked below what is only reported; the plan."""

    label: str
    x: float
    width: float
    verified_y: float
    verified_height: float
    reported_y: float
    reported_height: float
    plan_y: float | None


@dataclass(frozen=True, slots=True)
class Line:
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    width: float
    height: float
    left: float
    right: float
    axis_y: float
    bars: list[Bar]
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Point:
    """A month's values in one unit; verified is part of reported."""

    month: date
    reported: float
    verified: float
    planned: float | None = None


def chart_of(points: Sequence[Point]) -> Chart | None:
    """Draw points in the order given; None, where there is nothing above zero to draw."""
    largest = max((max(p.reported, p.planned or 0.0) for p in points), default=0.0)
    if largest <= 0:
        return None
    axis = HEIGHT - BOTTOM
    scale = (axis - TOP) / largest
    step = (WIDTH - LEFT) / len(points)
    every = -(-len(points) // MOST_LABELS)
    bars = []
    for position, point in enumerate(points):
        # Avoided emissions can be below zero, where transport emits more than is replaced.
        reported, verified = max(point.reported, 0.0), max(point.verified, 0.0)
        verified = min(verified, reported)
        bars.append(
            Bar(
                label=date_format(point.month, "M y") if position % every == 0 else "",
                x=round(LEFT + position * step + step * 0.15, 1),
                width=round(step * 0.7, 1),
                verified_y=round(axis - verified * scale, 1),
                verified_height=round(verified * scale, 1),
                reported_y=round(axis - reported * scale, 1),
                reported_height=round((reported - verified) * scale, 1),
                plan_y=None if point.planned is None else round(axis - point.planned * scale, 1),
            )
        )
    lines = [Line(round(axis - share * largest * scale, 1), figure(share * largest))
             for share in (0.0, 0.5, 1.0)]  # fmt: skip
    return Chart(WIDTH, HEIGHT, LEFT, WIDTH, axis, bars, lines)
