"""Who supplies whom, as ribbons: the numbers of an inline SVG; the table says the same in words."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

WIDTH, HEIGHT = 720.0, 320.0
LEFT, RIGHT, GAP, BAR = 190.0, 530.0, 6.0, 10.0
MOST_RIBBONS = 15
LONGEST_NAME = 28


@dataclass(frozen=True, slots=True)
class Ribbon:
    """From one organization to another: a path, and what it says."""

    path: str
    title: str


@dataclass(frozen=True, slots=True)
class Node:
    """An organization's bar, with its name beside it."""

    name: str
    x: float
    y: float
    height: float
    text_x: float
    anchor: str

    @property
    def middle(self) -> float:
        return round(self.y + self.height / 2, 1)


@dataclass(frozen=True, slots=True)
class Sankey:
    width: float
    height: float
    bar: float
    nodes: list[Node]
    ribbons: list[Ribbon]


def sankey_of(exchanges: Iterable[tuple[str, str, float]]) -> Sankey | None:
    """
    Draw (from, to, weight) with the largest weights; None where nothing is above zero.

    Weights between the same two are added up; those below zero are left out.
    """
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for source, target, weight in exchanges:
        if weight > 0:
            sums[source, target] += weight
    pairs = sorted(sums, key=lambda pair: (-sums[pair], pair))[:MOST_RIBBONS]
    if not pairs:
        return None
    totals: tuple[dict[str, float], dict[str, float]] = (defaultdict(float), defaultdict(float))
    for pair in pairs:
        for side, name in enumerate(pair):
            totals[side][name] += sums[pair]
    most = max(map(len, totals))
    scale = (HEIGHT - GAP * (most - 1)) / sum(sums[pair] for pair in pairs)
    nodes: list[Node] = []
    next_y: tuple[dict[str, float], dict[str, float]] = ({}, {})
    for side, (x, text_x, anchor) in enumerate(
        ((LEFT, LEFT - 6, "end"), (RIGHT - BAR, RIGHT + 6, "start"))
    ):
        y = 0.0
        for name, total in sorted(totals[side].items(), key=lambda item: (-item[1], item[0])):
            height = total * scale
            next_y[side][name] = y
            nodes.append(Node(_short(name), x, round(y, 1), round(height, 1), text_x, anchor))
            y += height + GAP
    ribbons = []
    for source, target in pairs:
        thickness = sums[source, target] * scale
        start, end = next_y[0][source], next_y[1][target]
        next_y[0][source] += thickness
        next_y[1][target] += thickness
        ribbons.append(Ribbon(_path(start, end, thickness), f"{source} → {target}"))
    return Sankey(WIDTH, HEIGHT, BAR, nodes, ribbons)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _path(start: float, end: float, thickness: float) -> str:
    """A band that leaves and arrives level."""
    left, right, middle = LEFT + BAR, RIGHT - BAR, (LEFT + RIGHT) / 2
    top, bottom = start + thickness, end + thickness
    return (
        f"M{left:.1f},{start:.1f} C{middle:.1f},{start:.1f} {middle:.1f},{end:.1f} "
        f"{right:.1f},{end:.1f} L{right:.1f},{bottom:.1f} C{middle:.1f},{bottom:.1f} "
        f"{middle:.1f},{top:.1f} {left:.1f},{top:.1f} Z"
    )
