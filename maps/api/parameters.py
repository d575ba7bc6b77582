"""Query parameters of OGC API Features, as OGC 17-069r4 (7.15) defines them."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from maps.collections import Collection, Query
from maps.filters import Filter
from maps.places import Box
from turash.errors import InvalidInput

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 1000
OF_ITEMS = ("limit", "bbox", "datetime", "after")


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of which features."""

    limit: int
    after: tuple[UUID, ...]
    query: Query


def require_known(query: Mapping[str, str], known: tuple[str, ...] = ()) -> None:
    """
    Refuse parameters that the operation does not have (/req/core/query-param-unknown).

    :raises InvalidInput: there are such.
    """
    unknown = sorted(set(query) - set(known))
    if unknown:
        raise InvalidInput({name: [_("There is no such parameter here.")] for name in unknown})


def parse(query: Mapping[str, str], collection: Collection) -> Page:
    """
    Read the parameters of a request for features.

    :raises InvalidInput: one is unknown, or has a value that it cannot have.
    """
    require_known(query, (*OF_ITEMS, *collection.filters))
    chosen = Filter.of({name: query[name] for name in collection.filters if name in query})
    first, last = _read(query, "datetime", _period, (None, None))
    return Page(
        limit=_read(query, "limit", _limit, DEFAULT_LIMIT),
        after=_read(query, "after", lambda text: _keys(text, len(collection.order)), ()),
        query=Query(_read(query, "bbox", _box, None), first, last, chosen),
    )


def _read(query: Mapping[str, str], name: str, reader: Callable[[str], Any], default: Any) -> Any:
    if name not in query:
        return default
    try:
        return reader(query[name])
    except ValueError as error:
        raise InvalidInput({name: [str(error)]}) from error


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:19]) > 0):
        raise ValueError(_("Give a whole number above 0."))
    # More than there is at a time is no error (/req/core/fc-limit-response-1).
    return min(int(text[:19]), LARGEST_LIMIT)


def _keys(text: str, count: int) -> tuple[UUID, ...]:
    keys = tuple(UUID(key) for key in text.split("_"))
    if len(keys) != count:
        raise ValueError(_("Follow the link to the next page."))
    return keys


def _box(text: str) -> Box:
    """Four numbers, or six with heights, which nothing here has."""
    numbers = [float(part) for part in text.split(",")]
    if len(numbers) == 6:
        numbers = [numbers[place] for place in (0, 1, 3, 4)]
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise ValueError(_("Give four or six numbers: west, south, east, north [degrees]."))
    west, south, east, north = numbers
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise ValueError(_("Longitude must be between -180 and 180, latitude between -90 and 90."))
    return west, south, east, north


def _period(text: str) -> tuple[date | None, date | None]:
    """An instant or an interval (RFC 3339), as days in UTC; an end that is open is None."""
    first, slash, last = text.partition("/")
    if not slash:
        return (_day(first), _day(first))
    ends = tuple(None if end in ("", "..") else _day(end) for end in (first, last))
    if ends == (None, None) or (ends[0] and ends[1] and ends[0] > ends[1]):
        raise ValueError(_("Give a moment or an interval, such as 2027-01-01T00:00:00Z/.."))
    return ends[0], ends[1]


def _day(text: str) -> date:
    moment: datetime | None = parse_datetime(text) if "T" in text.upper() else None
    if moment is not None and moment.tzinfo is not None:
        return moment.astimezone(UTC).date()
    day = parse_date(text) if moment is None and "T" not in text.upper() else None
    if day is None:
        raise ValueError(_("Give a moment or an interval, such as 2027-01-01T00:00:00Z/.."))
    return day
