"""What an exchange has cost and brought after each year, by how much the sides have."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from django.utils.translation import gettext as _

from matching.engine import parameters as p
from matching.uncertainty import Scenario
from turash.charts import at
from turash.figures import figure

WIDTH, HEIGHT = 360, 200
LEFT, RIGHT, TOP, BOTTOM = 62.0, 346.0, 14.0, 168.0
LEAST_YEARS = 5
# So that there is something to see after the investment has come back.
TIMES_PAYBACK = 3
ROWS = 5


@dataclass(frozen=True, slots=True)
class Mark:
    """A number beside an axis."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A year of the table: what stands on the account after it, least, as stated and most [EUR]."""

    year: int
    sums: list[float]


@dataclass(frozen=True, slots=True)
class CashFlow:
    """The numbers of the drawing, and of its table."""

    width: int
    height: int
    left: str
    right: str
    zero: str
    foot: str
    band: str
    line: str
    amounts: list[Mark]
    years: list[Mark]
    payback_x: str
    payback_text: str
    rows: list[Row]


def cash_flow_of(scenarios: Sequence[Scenario]) -> CashFlow | None:
    """
    Draw what has come in less what has gone out, undiscounted, from the investment on.

    :param scenarios: at the least amounts, as stated, and at the most.
    None where nothing is spent and nothing comes back.
    """
    stated = scenarios[1]
    if not any(one.investment_eur or one.cash_eur_per_year for one in scenarios):
        return None
    horizon = _years(scenarios)
    lines = [_line(one, horizon) for one in scenarios]
    low = min(0.0, *(min(line) for line in lines))
    high = max(0.0, *(max(line) for line in lines))

    def x(year: float) -> float:
        return LEFT + year / horizon * (RIGHT - LEFT)

    def y(amount: float) -> float:
        return BOTTOM - (amount - low) / ((high - low) or 1.0) * (BOTTOM - TOP)

    # Whichever is lower or higher in a year: lines can cross.
    lower, upper = ([pick(year) for year in zip(*lines, strict=True)] for pick in (min, max))
    payback = stated.payback_years
    is_seen = payback is not None and stated.investment_eur and payback <= horizon
    return CashFlow(
        WIDTH,
        HEIGHT,
        at(LEFT),
        at(RIGHT),
        at(y(0.0)),
        at(BOTTOM + 18),
        " ".join(
            f"{at(x(year))},{at(y(amount))}"
            for year, amount in [*enumerate(lower), *reversed(list(enumerate(upper)))]
        ),
        " ".join(f"{at(x(year))},{at(y(amount))}" for year, amount in enumerate(lines[1])),
        [Mark(at(y(amount) + 4), figure(amount)) for amount in _amounts(low, high)],
        [Mark(at(x(year)), str(year)) for year in sorted({0, horizon // 2, horizon})],
        at(x(payback)) if payback is not None and is_seen else "",
        _("pays back after %s years") % figure(round(payback, 1))
        if payback is not None and is_seen
        else "",
        [Row(year, [line[year] for line in lines]) for year in _chosen(horizon)],
    )


def _amounts(low: float, high: float) -> list[float]:
    """Return the ends of the scale, and zero where it does not lie on top of one of them."""
    ends = [end for end in (low, high) if end]
    room = 0.1 * (high - low)
    return [0.0, *(end for end in ends if abs(end) > room)]


def _chosen(horizon: int) -> list[int]:
    step = ceil(horizon / ROWS)
    return [*range(0, horizon, step), horizon]


def _line(one: Scenario, horizon: int) -> list[float]:
    return [year * one.cash_eur_per_year - one.investment_eur for year in range(horizon + 1)]


def _years(scenarios: Sequence[Scenario]) -> int:
    """Return how many years are drawn: as far as the latest payback is seen, up to the lifetime."""
    paybacks = [one.payback_years for one in scenarios]
    if None in paybacks:
        return p.LIFETIME_YEARS
    longest = max(payback or 0.0 for payback in paybacks)
    return int(min(p.LIFETIME_YEARS, max(LEAST_YEARS, ceil(TIMES_PAYBACK * longest))))
