"""Who is connected with whom, as dots and lines: the numbers of an inline SVG."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from turash.charts import at, short

WIDTH, HEIGHT, MARGIN = 720.0, 480.0, 40.0
ROUNDS = 150
LONGEST_NAME = 22
# How much room a name takes, about.
LETTER, LINE = 6.2, 13.0


@dataclass(frozen=True, slots=True)
class Dot:
    x: str
    y: str
    radius: str
    name: str
    label: "Label | None"
    is_own: bool


@dataclass(frozen=True, slots=True)
class Label:
    x: str
    y: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Edge:
    """Between two dots; `is_firm` where it is more than a possibility."""

    x1: str
    y1: str
    x2: str
    y2: str
    width: str
    title: str
    is_firm: bool


@dataclass(frozen=True, slots=True)
class Network:
    width: str
    height: str
    dots: list[Dot]
    edges: list[Edge]


@dataclass(frozen=True, slots=True)
class Tie:
    """What connects two; the weight is above zero."""

    weight: float
    title: str
    is_firm: bool = False


def network_of(ties: Mapping[tuple[str, str], Tie], own: Collection[str] = ()) -> Network | None:
    """
    Draw names and what connects them; the same for the same ties, whenever it is drawn.

    Who has more connections gets a larger dot. None where there is nothing.
    """
    if not ties:
        return None
    degrees: dict[str, int] = {}
    for pair in ties:
        for name in pair:
            degrees[name] = degrees.get(name, 0) + 1
    names = sorted(degrees, key=lambda name: (-degrees[name], name))
    number_of = {name: number for number, name in enumerate(names)}
    pairs = np.array([(number_of[a], number_of[b]) for a, b in ties])
    places = _layout(len(names), pairs)
    heaviest = max(tie.weight for tie in ties.values())
    edges = [
        Edge(
            *(at(number) for end in pair for number in places[end]),
            width=at(1 + 5 * tie.weight / heaviest),
            title=tie.title,
            is_firm=tie.is_firm,
        )
        for pair, tie in zip(pairs, ties.values(), strict=True)
    ]
    radii = [min(14.0, 4 + 2 * degrees[name] ** 0.5) for name in names]
    labels = _labels(names, places, radii)
    dots = [
        Dot(at(x), at(y), at(radii[number]), names[number], labels[number], names[number] in own)
        for number, (x, y) in enumerate(places.tolist())
    ]
    return Network(at(WIDTH), at(HEIGHT), dots, edges)


Box = tuple[float, float, float, float]


def _labels(names: list[str], places: np.ndarray, radii: list[float]) -> list[Label | None]:
    """Put each name where there is room for it; who finds none says it when pointed at."""
    taken: list[Box] = [
        (x - r, y - r, x + r, y + r) for (x, y), r in zip(places.tolist(), radii, strict=True)
    ]
    labels: list[Label | None] = []
    for name, (x, y), radius in zip(names, places.tolist(), radii, strict=True):
        text = short(name, LONGEST_NAME)
        width, away = len(text) * LETTER, radius + 4
        choices = (
            (x, y - away, "middle", x - width / 2),
            (x, y + away + LINE - 4, "middle", x - width / 2),
            (x + away, y + 4, "start", x + away),
            (x - away, y + 4, "end", x - away - width),
        )
        label = None
        for text_x, baseline, anchor, left in choices:
            box = (left, baseline - LINE + 4, left + width, baseline + 3)
            if box[0] >= 0 and box[2] <= WIDTH and not any(_meet(box, other) for other in taken):
                label = Label(at(text_x), at(baseline), anchor, text)
                taken.append(box)
                break
        labels.append(label)
    return labels


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _layout(count: int, pairs: np.ndarray) -> np.ndarray:
    """
    Return where the dots lie, by springs between connected ones and repulsion between all.

    Fruchterman and Reingold, "Graph drawing by force-directed placement", Software: Practice and
    Experience 21 (1991); it begins on a spiral instead of at random.
    """
    angle = np.arange(count) * 2.399963  # the golden angle: no two begin in one direction
    radius = np.sqrt((np.arange(count) + 0.5) / count)
    places = np.stack([np.cos(angle) * radius, np.sin(angle) * radius], axis=1)
    ideal = 1.6 / max(count, 1) ** 0.5
    for round_ in range(ROUNDS):
        apart = places[:, None, :] - places[None, :, :]
        length = np.maximum(np.linalg.norm(apart, axis=2), 0.01)
        force = (apart * (ideal**2 / length**2)[:, :, None]).sum(axis=1)
        pull = apart[pairs[:, 0], pairs[:, 1]] * (length[pairs[:, 0], pairs[:, 1]] / ideal)[:, None]
        np.add.at(force, pairs[:, 0], -pull)
        np.add.at(force, pairs[:, 1], pull)
        # What hangs on nothing else stays in sight.
        force -= 0.3 * places
        size = np.maximum(np.linalg.norm(force, axis=1), 1e-9)
        longest = 0.15 * (1 - round_ / ROUNDS)
        places += force / size[:, None] * np.minimum(size, longest)[:, None]
    return _fitted(places)


def _fitted(places: np.ndarray) -> np.ndarray:
    """Stretch what was laid out to the drawing, with room for names at the sides."""
    low, high = places.min(axis=0), places.max(axis=0)
    extent = np.maximum(high - low, 1e-9)
    room = np.array([WIDTH - 4 * MARGIN, HEIGHT - 2 * MARGIN])
    fitted = (places - low) / extent * room + np.array([2 * MARGIN, MARGIN])
    middle = np.array([WIDTH, HEIGHT]) / 2
    return np.where(high - low < 1e-9, middle, fitted)
