"""What goes where, as ribbons: the numbers of an inline SVG; the table says the same in words."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from turash.charts import short

WIDTH, HEIGHT = 720.0, 320.0
LEFT, RIGHT, GAP, BAR = 190.0, 530.0, 6.0, 10.0
MOST_RIBBONS = 15
LONGEST_NAME = 28
# A name needs so much room, however thin its bar is.
NAME_HEIGHT = 15.0

Links = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Ribbon:
    """From one bar to one of the next column: a path, and what it says."""

    path: str
    title: str


@dataclass(frozen=True, slots=True)
class Node:
    """A bar, with its name beside it."""

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
    largest = sorted(sums, key=lambda pair: (-sums[pair], pair))[:MOST_RIBBONS]
    return _drawn([{pair: sums[pair] for pair in largest}], HEIGHT, GAP)


def sankey_through(giving: Links, taking: Links) -> Sankey | None:
    """
    Draw who gives what to the left, and who takes it to the right, with all that is in between.

    `giving` has (giver, what), `taking` (what, taker); weights above zero in one unit. As high as
    the names need. None where there is nothing.
    """
    columns = (
        {giver for giver, _what in giving},
        {what for _giver, what in giving} | {what for what, _taker in taking},
        {taker for _what, taker in taking},
    )
    height = max(HEIGHT, 2 * NAME_HEIGHT * max(map(len, columns)))
    return _drawn([giving, taking], height, NAME_HEIGHT, margin=NAME_HEIGHT / 2)


def _drawn(
    layers: Sequence[Links], height: float, gap: float, margin: float = 0.0
) -> Sankey | None:
    if not any(layers):
        return None
    columns = _columns(layers)
    # The fullest column fills the height.
    scale = min(
        (height - gap * (len(column) - 1)) / sum(column.values()) for column in columns if column
    )
    step = (RIGHT - BAR - LEFT) / len(layers)
    nodes: list[Node] = []
    places: list[dict[str, float]] = []
    for number, column in enumerate(columns):
        x, y, starts = LEFT + number * step, margin, {}
        for name, total in column.items():
            starts[name] = y
            nodes.append(_node(name, x, y, total * scale, is_first=number == 0))
            y += total * scale + gap
        places.append(starts)
    ribbons = []
    for number, links in enumerate(layers):
        out, into = dict(places[number]), dict(places[number + 1])
        left, right = LEFT + number * step + BAR, LEFT + (number + 1) * step
        for source, target in sorted(links, key=lambda pair: (-links[pair], pair)):
            thickness = links[source, target] * scale
            path = _path((left, out[source]), (right, into[target]), thickness)
            ribbons.append(Ribbon(path, f"{source} → {target}"))
            out[source] += thickness
            into[target] += thickness
    return Sankey(WIDTH, height + 2 * margin, BAR, nodes, ribbons)


def _columns(layers: Sequence[Links]) -> list[dict[str, float]]:
    """Return the bars of each column with their sizes, the largest first."""
    sizes: list[dict[str, float]] = []
    for number in range(len(layers) + 1):
        size: dict[str, float] = {}
        # As long as what comes or what goes, whichever is more.
        for side, links in (
            (1, layers[number - 1 : number] if number else []),
            (0, layers[number : number + 1]),
        ):
            sums: dict[str, float] = defaultdict(float)
            for pair, weight in links[0].items() if links else ():
                sums[pair[side]] += weight
            for name, total in sums.items():
                size[name] = max(size.get(name, 0.0), total)
        sizes.append(dict(sorted(size.items(), key=lambda item: (-item[1], item[0]))))
    return sizes


def _node(name: str, x: float, y: float, height: float, *, is_first: bool) -> Node:
    text_x, anchor = (x - 6, "end") if is_first else (x + BAR + 6, "start")
    return Node(short(name, LONGEST_NAME), x, round(y, 1), round(height, 1), text_x, anchor)


def _path(start: tuple[float, float], end: tuple[float, float], thickness: float) -> str:
    """A band that leaves and arrives level."""
    (left, top), (right, other) = start, end
    middle = (left + right) / 2
    bottom, other_bottom = top + thickness, other + thickness
    return (
        f"M{left:.1f},{top:.1f} C{middle:.1f},{top:.1f} {middle:.1f},{other:.1f} "
        f"{right:.1f},{other:.1f} L{right:.1f},{other_bottom:.1f} "
        f"C{middle:.1f},{other_bottom:.1f} {middle:.1f},{bottom:.1f} {left:.1f},{bottom:.1f} Z"
    )
