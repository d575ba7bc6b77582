"""The choice that a plan makes: flows with limits, and exchanges between them with a worth."""

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

# Shares of a limit within which a quantity counts as being at it.
SAME = 1e-9


class Impossible(ValueError):
    """What must be exchanged does not fit; `rows` are the exchanges that cannot be together."""

    def __init__(self, rows: np.ndarray) -> None:
        super().__init__("What must be exchanged exceeds what there is.")
        self.rows = rows


@dataclass(frozen=True)
class Trenches:
    """
    Stretches that pipes can lie in together: a stretch costs once, however many use it.

    `segment[k]` is used by `exchange[k]`; `cost` [worth per year] and `investment` [EUR] are those
    of a segment, and are part of `fixed` and `fixed_investment` of each exchange that uses it.
    """

    cost: np.ndarray
    investment: np.ndarray
    segment: np.ndarray
    exchange: np.ndarray

    def own(self, values: np.ndarray, exchange_count: int) -> np.ndarray:
        """Add up the values of the segments that each exchange uses."""
        return np.bincount(
            self.exchange, weights=values[self.segment], minlength=exchange_count
        ).astype(float)

    def of(self, rows: np.ndarray, exchange_count: int) -> Self:
        """Return those of some exchanges, which get new numbers; unused segments are left out."""
        place = np.full(exchange_count, -1)
        place[rows] = np.arange(len(rows))
        kept = place[self.exchange] >= 0
        segments, numbers = np.unique(self.segment[kept], return_inverse=True)
        return type(self)(
            self.cost[segments], self.investment[segments], numbers, place[self.exchange[kept]]
        )


@dataclass(frozen=True, kw_only=True)
class Problem:
    """
    Outputs, inputs, and the exchanges between them; what is worth most is to be chosen.

    Quantities are units per year. `worth` is what a unit is worth (EUR, t CO2 or a mix, less what
    grows with the quantity), `fixed` what an exchange costs a year if it is realised at all.
    """

    available: np.ndarray  # of each output
    needed: np.ndarray  # of each input
    output: np.ndarray  # of each exchange: number of its output
    input: np.ndarray
    most: np.ndarray  # quantity at most; 0: never
    worth: np.ndarray
    least: np.ndarray = None  # type: ignore[assignment]  # nothing, or at least so much
    floor: np.ndarray = None  # type: ignore[assignment]  # at least so much: it must be
    fixed: np.ndarray = None  # type: ignore[assignment]
    investment: np.ndarray = None  # type: ignore[assignment]  # EUR per unit and year
    fixed_investment: np.ndarray = None  # type: ignore[assignment]  # EUR
    budget: float = np.inf  # EUR that all may invest together
    # Of each substance in a unit of each exchange: (substance, exchange); of one, a row will do.
    load: np.ndarray = None  # type: ignore[assignment]
    # What an input bears of it in all, (substance, input): what it does not get from others is free
    # of it.
    most_load: np.ndarray = None  # type: ignore[assignment]
    trenches: Trenches | None = None

    def __post_init__(self) -> None:
        count = len(self.worth)
        for name in ("least", "floor", "fixed", "investment", "fixed_investment"):
            if getattr(self, name) is None:
                object.__setattr__(self, name, np.zeros(count))
        if self.load is None:
            object.__setattr__(self, "load", np.zeros((0, count)))
            object.__setattr__(self, "most_load", np.zeros((0, len(self.needed))))
        for name in ("load", "most_load"):
            object.__setattr__(self, name, np.atleast_2d(getattr(self, name)))
        for one in fields(self):
            if one.name not in ("budget", "trenches", "output", "input"):
                values = np.asarray(getattr(self, one.name), dtype=float)
                object.__setattr__(self, one.name, values)
                if np.isnan(values).any():
                    raise ValueError(f"{one.name} is not known for all.")
                if one.name != "worth" and (values < 0).any():
                    raise ValueError(f"{one.name} cannot be negative.")
        for name in ("output", "input"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.int64))

    def __len__(self) -> int:
        return len(self.worth)

    @property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """The quantity at least that must be, and that can be at most."""
        upper = np.minimum(self.most, self.available[self.output])
        upper = np.minimum(upper, self.needed[self.input])
        floor = np.where(self.floor > 0, np.maximum(self.floor, self.least), 0.0)
        # A lot larger than what there is leaves nothing but zero.
        return floor, np.where(upper < self.least * (1 - SAME), 0.0, upper)

    @property
    def is_switched(self) -> np.ndarray:
        """Exchanges that are either on or off: with fixed costs, a lot, or an investment."""
        return (
            (self.fixed > 0)
            | (self.least > 0)
            | ((self.fixed_investment > 0) & np.isfinite(self.budget))
        )

    @property
    def loads(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """What inputs bear, and what is in a unit of each exchange, of each substance."""
        return list(zip(self.most_load, self.load, strict=True))

    def check(self) -> None:
        """
        See that all that must be exchanged fits; nothing else can make a plan impossible.

        :raises Impossible: it does not.
        """
        floor, upper = self.bounds
        wrong = floor > upper * (1 + SAME)
        for side, limits, amounts in (
            (self.output, self.available, floor),
            (self.input, self.needed, floor),
            *((self.input, most, floor * load) for most, load in self.loads),
        ):
            sums = np.bincount(side, weights=amounts, minlength=len(limits))
            wrong |= (sums > limits * (1 + SAME))[side] & (floor > 0)
        if self.invested(floor) > self.budget * (1 + SAME):
            wrong |= floor > 0
        if wrong.any():
            raise Impossible(np.flatnonzero(wrong))

    def value(self, quantities: np.ndarray) -> float:
        """Return what quantities are worth a year, less fixed costs; shared trenches cost once."""
        return float(self.worth @ quantities) - self.fixed_cost(quantities > 0)

    def fixed_cost(self, on: np.ndarray) -> float:
        """Return what exchanges that are on cost whatever goes over; shared trenches cost once."""
        return float(self.fixed[on].sum()) - self._saved(on, "cost")

    def invested(self, quantities: np.ndarray) -> float:
        """Return what quantities take to invest [EUR]."""
        on = quantities > 0
        total = float(self.investment @ quantities + self.fixed_investment[on].sum())
        return total - self._saved(on, "investment")

    def _saved(self, on: np.ndarray, name: str) -> float:
        if self.trenches is None:
            return 0.0
        used = on[self.trenches.exchange]
        values = getattr(self.trenches, name)
        segments = self.trenches.segment[used]
        return float(values[segments].sum() - values[np.unique(segments)].sum())

    def of(self, rows: np.ndarray) -> "Problem":
        """Return the problem of some exchanges alone; flows keep their numbers and limits."""
        names = (
            "output", "input", "most", "worth", "least", "floor", "fixed", "investment",
            "fixed_investment",
        )  # fmt: skip
        trenches = self.trenches and self.trenches.of(rows, len(self))
        return replace(
            self,
            trenches=trenches,
            load=self.load[:, rows],
            **{name: getattr(self, name)[rows] for name in names},
        )

    def without_sharing(self) -> "Problem":
        """Return the problem in which each pipe lies in a trench of its own."""
        return replace(self, trenches=None)

    @property
    def worthwhile(self) -> np.ndarray:
        """
        Rows of the exchanges that a best plan can hold.

        An exchange that loses by every unit, or never earns its fixed costs, is in none, since
        without it there is room for more.
        """
        floor, upper = self.bounds
        fixed = self.fixed
        if self.trenches is not None:
            fixed = fixed - self.trenches.own(self.trenches.cost, len(self))
        return np.flatnonzero((floor > 0) | ((upper > 0) & (self.worth * upper - fixed > 0)))
