"""The hours of a week in which a flow runs: 168 flags, written as "Mon-Fri 06:00-22:00"."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURS_PER_WEEK = 168
_FULL = (1 << HOURS_PER_WEEK) - 1
_RANGE = re.compile(
    r"^(?P<first>[A-Za-z]{3})(?:\s*-\s*(?P<last>[A-Za-z]{3}))?"
    r"(?:\s+(?P<start>\d{1,2}):00\s*-\s*(?P<end>\d{1,2}):00)?$"
)


@dataclass(frozen=True, slots=True)
class HoursOfWeek:
    """A set of hours; bit h of `mask` is the hour that begins h hours after Monday 00:00."""

    mask: int

    def __post_init__(self) -> None:
        if not 0 <= self.mask <= _FULL:
            raise ValueError("The mask has more than 168 bits.")

    @classmethod
    def all(cls) -> Self:
        """Round the clock."""
        return cls(_FULL)

    @classmethod
    def of(cls, hours: Iterable[int]) -> Self:
        mask = 0
        for hour in hours:
            mask |= 1 << hour
        return cls(mask)

    @classmethod
    def parse(cls, value: object) -> Self:
        """
        Read 168 flags, a list of ranges, or ranges in one text separated by commas.

        A range is days, hours or both: "Mon-Fri", "Sat 08:00-12:00", "Fri-Sun 22:00-06:00" (past
        midnight, into the next day).

        :raises ValueError: with what is wrong and what would be right.
        """
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        if not isinstance(value, list | tuple):
            raise ValueError(_("Give ranges such as “Mon-Fri 06:00-22:00”, or 168 flags."))
        if len(value) == HOURS_PER_WEEK and all(flag in (0, 1) for flag in value):
            return cls.of(hour for hour, flag in enumerate(value) if flag)
        if len(value) > HOURS_PER_WEEK or not all(isinstance(part, str) for part in value):
            raise ValueError(_("Give ranges such as “Mon-Fri 06:00-22:00”, or 168 flags."))
        mask = 0
        for part in value:
            mask |= cls._parse_range(part)
        return cls(mask)

    @staticmethod
    def _parse_range(text: str) -> int:
        found = _RANGE.match(text.strip())
        names = {day.lower(): number for number, day in enumerate(DAYS)}
        first = names.get(found["first"].lower()) if found else None
        last = names.get((found["last"] or found["first"]).lower()) if found else None
        start, end = (int(found["start"] or 0), int(found["end"] or 24)) if found else (0, 0)
        if first is None or last is None or start > 23 or end > 24 or start == end:
            raise ValueError(
                _("“%(text)s” is not a range of hours; write it like “Mon-Fri 06:00-22:00”.")
                % {"text": text[:60]}
            )
        if end < start:
            end += 24
        mask = 0
        for step in range((last - first) % 7 + 1):
            midnight = (first + step) % 7 * 24
            for hour in range(start, end):
                mask |= 1 << (midnight + hour) % HOURS_PER_WEEK
        return mask

    @classmethod
    def from_bytes(cls, value: bytes) -> Self:
        return cls(int.from_bytes(value, "little"))

    def to_bytes(self) -> bytes:
        """21 bytes, lowest hour in the lowest bit."""
        return self.mask.to_bytes(HOURS_PER_WEEK // 8, "little")

    def __len__(self) -> int:
        return self.mask.bit_count()

    def __contains__(self, hour: int) -> bool:
        return bool(self.mask >> hour & 1)

    def __and__(self, other: "HoursOfWeek") -> "HoursOfWeek":
        return HoursOfWeek(self.mask & other.mask)

    @property
    def days(self) -> int:
        """Days of the week with at least one hour."""
        return sum(1 for day in range(7) if self.mask >> day * 24 & 0xFFFFFF)

    def runs_by_day(self) -> list[list[tuple[int, int]]]:
        """For each day from Monday on its runs of hours, as (first, one past the last)."""
        return [_runs(self.mask >> day * 24 & 0xFFFFFF) for day in range(7)]

    def day_ranges(self) -> list[tuple[int, int, list[tuple[int, int]]]]:
        """Runs of days with equal hours as (first day, last day, runs of hours), Monday is 0."""
        patterns = [tuple(runs) for runs in self.runs_by_day()]
        result = []
        for runs, days in groupby(range(7), key=patterns.__getitem__):
            first, *rest = days
            if runs:
                result.append((first, rest[-1] if rest else first, list(runs)))
        return result

    def ranges(self) -> list[str]:
        """The hours as few ranges that `parse` reads back; days with equal hours together."""
        result: list[str] = []
        for first, last, runs in self.day_ranges():
            days = DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}"
            result += [f"{days} {start:02}:00-{end:02}:00" for start, end in runs]
        return result

    def __str__(self) -> str:
        return ", ".join(self.ranges())


def _runs(pattern: int) -> list[tuple[int, int]]:
    """Runs of set bits among the 24 hours of a day, as (start, end)."""
    runs = []
    hour = 0
    while hour < 24:
        if pattern >> hour & 1:
            start = hour
            while hour < 24 and pattern >> hour & 1:
                hour += 1
            runs.append((start, hour))
        hour += 1
    return runs


class HoursOfWeekField(models.BinaryField):
    """Stores `HoursOfWeek` in 21 bytes; never empty."""

    description = "Hours of a week"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", True)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Any, *_: object) -> HoursOfWeek | None:
        return None if value is None else HoursOfWeek.from_bytes(bytes(value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002
        raw = value.to_bytes() if isinstance(value, HoursOfWeek) else value
        return super().get_db_prep_value(raw, connection, prepared)

    def to_python(self, value: Any) -> HoursOfWeek:
        if isinstance(value, HoursOfWeek):
            return value
        try:
            return HoursOfWeek.parse(value)
        except ValueError as error:
            raise ValidationError(error.args[0], code="invalid") from error

    def validate(self, value: HoursOfWeek, model_instance: Any) -> None:
        if not len(value):
            raise ValidationError(_("Choose at least one hour of the week."), code="empty")

    def value_to_string(self, obj: Any) -> str:
        return str(self.value_from_object(obj))
