"""Columns of files: how a cell is read, and how a value is written so that it is read back."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from organizations.hours import HoursOfWeek
from turash.spreadsheets import Cell

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})([T ]00:00:00)?", re.ASCII)
_MONTHS = re.compile(r"(\d{1,2})(?:\s*-\s*(\d{1,2}))?", re.ASCII)
YES, NO = {"true", "yes", "1", "wahr", "да", "әйе"}, {"false", "no", "0", "falsch", "нет", "юк"}


@dataclass(frozen=True, kw_only=True)
class Column:
    """
    A column of one attribute; this one of texts.

    `about` says what it means, `unit` in what it is counted.
    """

    name: str
    about: Any = ""
    unit: str = ""
    is_required: bool = False
    example: Cell = None
    longest: int | None = None
    # Where the attribute has another name.
    attribute: str = ""
    # What an empty cell means; by itself the model's default.
    when_empty: Callable[[], Any] | None = None

    @property
    def allowed(self) -> Any:
        """What can stand in a cell, for the page that explains the columns."""
        if self.longest:
            return format_lazy(
                gettext_lazy("text of up to {longest} characters"), longest=self.longest
            )
        return gettext_lazy("text")

    def read(self, text: str, *, decimal_comma: bool) -> Any:
        """
        Return the value of a cell that is not empty.

        :raises ValueError: with what is wrong and what would be right.
        """
        if self.longest and len(text) > self.longest:
            raise ValueError(
                _("This has %(length)d characters; at most %(longest)d are allowed.")
                % {"length": len(text), "longest": self.longest}
            )
        return text

    def get(self, row: Any) -> Any:
        return getattr(row, self.attribute or self.name)

    def put(self, row: Any, value: Any) -> None:
        setattr(row, self.attribute or self.name, value)

    def told(self, value: Any) -> Cell:
        """Return a value as a cell."""
        return value.strip() if isinstance(value, str) else value

    def tell(self, row: Any) -> Cell:
        return self.told(self.get(row))

    def empty(self, row: Any) -> Any:
        """Return what an empty cell means."""
        if self.when_empty is not None:
            return self.when_empty()
        return row._meta.get_field(self.attribute or self.name).get_default()


@dataclass(frozen=True, kw_only=True)
class Number(Column):
    """A number with as many digits as a float has."""

    @property
    def allowed(self) -> Any:
        return gettext_lazy("a number such as 12.5")

    def read(self, text: str, *, decimal_comma: bool) -> Any:
        number = float(_number(text, decimal_comma=decimal_comma))
        if not math.isfinite(number):
            raise ValueError(_("This number is too large."))
        return number

    def told(self, value: Any) -> Cell:
        if value is None:
            return None
        return int(value) if float(value).is_integer() and abs(value) < 1e15 else float(value)


@dataclass(frozen=True, kw_only=True)
class Amount(Column):
    """A number of so many digits, some of them decimals."""

    digits: int
    decimals: int

    @property
    def allowed(self) -> Any:
        return gettext_lazy("a number such as 12.5")

    def read(self, text: str, *, decimal_comma: bool) -> Any:
        number = _number(text, decimal_comma=decimal_comma)
        if number and number.adjusted() >= self.digits - self.decimals:
            raise ValueError(_("This number is too large."))
        # What a spreadsheet program has computed has a tail.
        return round(number, self.decimals)

    def told(self, value: Any) -> Cell:
        return None if value is None else Decimal(f"{Decimal(value).normalize():f}")


def _number(text: str, *, decimal_comma: bool) -> Decimal:
    plain = text.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace("−", "-")
    if decimal_comma and plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    if len(plain) <= 60 and _NUMBER.fullmatch(plain):
        try:
            return Decimal(plain)
        except InvalidOperation:
            pass
    raise ValueError(
        _("“%s” is not a number; write it like 1234.5, without separators of thousands.")
        % text[:40]
    )


@dataclass(frozen=True, kw_only=True)
class YesNo(Column):
    @property
    def allowed(self) -> Any:
        return "true, false"

    def read(self, text: str, *, decimal_comma: bool) -> Any:
        if text.lower() in YES | NO:
            return text.lower() in YES
        raise ValueError(_("“%s” is neither true nor false.") % text[:40])

    def told(self, value: Any) -> Cell:
        return "true" if value else "false"


@dataclass(frozen=True, kw_only=True)
class Day(Column):
    @property
    def allowed(self) -> Any:
        return gettext_lazy("a date such as 2026-03-31")

    def read(self, text: str, *, decimal_comma: bool) -> Any:
        found = _DATE.fullmatch(text)
        try:
            if found:
                return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            pass
        raise ValueError(_("“%s” is not a date; write it like 2026-03-31.") % text[:40])


@dataclass(frozen=True, kw_only=True)
class Choice(Column):
    """One of some codes."""

    choices: Sequence[str]

    @property
    def allowed(self) -> Any:
        return ", ".join(self.choices)

    def read(self, text: str, *, decimal_comma: bool) -> Any:
        if text.lower() in self.choices:
            return text.lower()
        raise ValueError(
            _("“%(text)s” is none of: %(choices)s.")
            % {"text": text[:40], "choices": ", ".join(self.choices)}
        )


@dataclass(frozen=True, kw_only=True)
class Choices(Choice):
    """Some of some codes, separated by commas."""

    def read(self, text: str, *, decimal_comma: bool) -> Any:
        parts = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
        return [super(Choices, self).read(part, decimal_comma=decimal_comma) for part in parts]

    def told(self, value: Any) -> Cell:
        return ", ".join(value)


@dataclass(frozen=True, kw_only=True)
class Codes(Column):
    """Codes, separated by commas."""

    def read(self, text: str, *, decimal_comma: bool) -> Any:
        return [part.strip() for part in re.split(r"[,;]", text) if part.strip()]

    def told(self, value: Any) -> Cell:
        return ", ".join(value)


@dataclass(frozen=True, kw_only=True)
class Months(Column):
    @property
    def allowed(self) -> Any:
        return gettext_lazy("months such as 10-12, 1, 2; empty: all year")

    def read(self, text: str, *, decimal_comma: bool) -> Any:
        months: set[int] = set()
        for part in re.split(r"[,;]", text):
            found = _MONTHS.fullmatch(part.strip())
            first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
            if not 1 <= first <= last <= 12:
                raise ValueError(_("“%s” are no months; write them like 10-12, 1, 2.") % text[:40])
            months.update(range(first, last + 1))
        return sorted(months)

    def told(self, value: Any) -> Cell:
        # "1" alone would become a number, and "10, 11" may become a date; so do ranges.
        return "" if len(value) == 12 else ", ".join(map(str, sorted(value)))


@dataclass(frozen=True, kw_only=True)
class Hours(Column):
    @property
    def allowed(self) -> Any:
        return gettext_lazy("hours such as Mon-Fri 06:00-22:00, Sat; empty: round the clock")

    def read(self, text: str, *, decimal_comma: bool) -> Any:
        return HoursOfWeek.parse(text.replace(";", ","))

    def told(self, value: Any) -> Cell:
        return "" if len(value) == 168 else str(value)


@dataclass(frozen=True, kw_only=True)
class Contents(Column):
    """Substances with their contents: `cd 1.5; pb 40`."""

    @property
    def allowed(self) -> Any:
        return gettext_lazy("substances such as cd 1.5; pb 40")

    def read(self, text: str, *, decimal_comma: bool) -> Any:
        contents: dict[str, float] = {}
        for part in text.split(";"):
            if not part.strip():
                continue
            substance, _space, number = part.strip().rpartition(" ")
            try:
                contents[substance.strip().lower()] = float(
                    _number(number, decimal_comma=decimal_comma)
                )
            except ValueError:
                raise ValueError(
                    _("“%s” is not a substance and a number; write it like “cd 1.5; pb 40”.")
                    % part.strip()[:40]
                ) from None
        return contents

    def told(self, value: Mapping[str, float]) -> Cell:
        return "; ".join(f"{substance} {value[substance]:.15g}" for substance in sorted(value))


@dataclass(frozen=True, kw_only=True)
class Key(Column):
    """The id of a row that Turash has given."""

    @property
    def allowed(self) -> Any:
        return gettext_lazy("an id that Turash has given; empty for new rows")

    def read(self, text: str, *, decimal_comma: bool) -> Any:
        try:
            return UUID(text)
        except ValueError:
            raise ValueError(
                _("“%s” is no id of Turash; leave it empty, or export the row to learn its id.")
                % text[:40]
            ) from None

    def told(self, value: Any) -> Cell:
        return None if value is None else str(value)
