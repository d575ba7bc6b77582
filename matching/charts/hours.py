"""When the two sides of a match run: the hours of a week and the months, one above the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils import dates
from django.utils.translation import gettext as _

from matching.models import Match
from organizations.hours import HoursOfWeek
from organizations.profile import months_text
from turash.charts import at

LEFT, TOP, HOUR, MONTH = 36, 2, 10, 20
ROW, HALF, WHOLE = 15, 6, 13
# Below the week.
SCALE_Y, MONTHS_Y = TOP + 7 * ROW + 9, TOP + 7 * ROW + 20
WIDTH, HEIGHT = LEFT + 24 * HOUR + 8, MONTHS_Y + WHOLE + 13
GIVES, NEEDS, BOTH = "gives", "needs", "both"


@dataclass(frozen=True, slots=True)
class Block:
    """Hours or months in a row in which one side runs, or both: who is told by place, too."""

    x: str
    y: str
    width: str
    height: str
    side: str


@dataclass(frozen=True, slots=True)
class Day:
    """A row: its name, and when who runs, in words."""

    name: str
    gives: str
    needs: str
    both: str
    y: str


@dataclass(frozen=True, slots=True)
class Text:
    x: str
    y: str
    text: str


@dataclass(frozen=True, slots=True)
class Overlap:
    """The numbers of the drawing, and of its table."""

    width: int
    height: int
    blocks: list[Block]
    days: list[Day]
    months: Day
    scale: list[Text]
    hours_per_week: int
    month_count: int


def overlap_of(match: Match) -> Overlap:
    """Draw when the output is there, when the input needs it, and when both meet."""
    gives, needs = match.output.hours_of_week, match.input.hours_of_week
    both = gives & needs
    blocks, days = [], []
    texts = [_texts_by_day(hours) for hours in (gives, needs, both)]
    for number in range(7):
        y = TOP + number * ROW
        hours = range(number * 24, number * 24 + 24)
        flags = [(hour in gives, hour in needs) for hour in hours]
        blocks += _blocks(flags, y, HOUR)
        name = str(dates.WEEKDAYS_ABBR[number])
        days.append(Day(name, *(text[number] for text in texts), y=at(y + 10)))
    ours, theirs = set(match.output.months), set(match.input.months)
    blocks += _blocks([(m in ours, m in theirs) for m in range(1, 13)], MONTHS_Y, MONTH)
    return Overlap(
        WIDTH,
        HEIGHT,
        blocks,
        days,
        _months(ours, theirs),
        _scale(),
        len(both),
        len(ours & theirs),
    )


def _months(ours: set[int], theirs: set[int]) -> Day:
    texts = (months_text(sorted(months)) or "–" for months in (ours, theirs, ours & theirs))
    return Day(_("Months"), *texts, y=at(MONTHS_Y + 10))


def _scale() -> list[Text]:
    hours = [Text(at(LEFT + hour * HOUR), at(SCALE_Y), str(hour)) for hour in (0, 6, 12, 18, 24)]
    return hours + [
        Text(at(LEFT + (month - 0.5) * MONTH), at(MONTHS_Y + WHOLE + 10), str(month))
        for month in range(1, 13)
    ]


def _blocks(flags: Sequence[tuple[bool, bool]], y: int, width: int) -> list[Block]:
    """Runs of equal flags: the upper half is the giver's, the lower one the taker's."""
    blocks = []
    for (gives, needs), members in groupby(enumerate(flags), key=lambda pair: pair[1]):
        if not (gives or needs):
            continue
        first, *rest = [place for place, _flag in members]
        blocks.append(
            Block(
                at(LEFT + first * width),
                at(y if gives else y + WHOLE - HALF),
                at((len(rest) + 1) * width - 1),
                at(WHOLE if gives and needs else HALF),
                BOTH if gives and needs else GIVES if gives else NEEDS,
            )
        )
    return blocks


def _texts_by_day(hours: HoursOfWeek) -> list[str]:
    return [
        _("all day")
        if runs == [(0, 24)]
        else ", ".join(f"{start:02}:00–{end:02}:00" for start, end in runs) or "–"
        for runs in hours.runs_by_day()
    ]
