"""What is given and what is needed of each kind, as bars: the numbers of an inline SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from turash.charts import at, short

WIDTH, LEFT, RIGHT = 720.0, 190.0, 560.0
ROW, BAR, TOP = 44.0, 13.0, 6.0
LONGEST_NAME = 28


@dataclass(frozen=True, slots=True)
class Amount:
    """A bar: how long it is, what it says, and which part of it is filled, where that is known."""

    value: float
    text: str
    part: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A kind with its two amounts, in its own unit."""

    name: str
    given: Amount
    needed: Amount


@dataclass(frozen=True, slots=True)
class Bar:
    y: str
    width: str
    part: str
    text_x: str
    text_y: str
    text: str
    side: str


@dataclass(frozen=True, slots=True)
class Label:
    y: str
    name: str


@dataclass(frozen=True, slots=True)
class Bars:
    width: str
    height: str
    left: str
    label_x: str
    bar: str
    labels: list[Label]
    bars: list[Bar]


def bars_of(rows: Sequence[Row]) -> Bars | None:
    """Draw rows in the order given, each to a scale of its own; None where there are none."""
    if not rows:
        return None
    labels, bars = [], []
    for number, row in enumerate(rows):
        top = TOP + number * ROW
        labels.append(Label(at(top + BAR + 5), short(row.name, LONGEST_NAME)))
        largest = max(row.given.value, row.needed.value)
        scale = (RIGHT - LEFT) / largest if largest > 0 else 0.0
        for place, (side, amount) in enumerate((("output", row.given), ("input", row.needed))):
            width = amount.value * scale
            part = 0.0 if amount.part is None else min(amount.part, amount.value) * scale
            y = top + place * (BAR + 2)
            bars.append(
                Bar(
                    at(y),
                    at(width),
                    at(part),
                    at(LEFT + width + 6),
                    at(y + BAR - 3),
                    amount.text,
                    side,
                )
            )
    height = TOP + len(rows) * ROW
    return Bars(at(WIDTH), at(height), at(LEFT), at(LEFT - 8), at(BAR), labels, bars)
