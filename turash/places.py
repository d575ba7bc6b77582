"""
Where a town lies: a search among the places of GeoNames, on this machine.

Set-up makes the file (`turash.local.places`); nothing of what is typed leaves the installation.
"""

import sqlite3
import unicodedata
from contextlib import closing
from dataclasses import dataclass

from turash.local.paths import PLACES

SOURCE = "GeoNames, CC BY 4.0"
SHORTEST_QUERY = 2
# With fewer letters only who is called just so is meant: too many begin so.
SHORTEST_BEGINNING = 3
LONGEST_QUERY = 60
MOST = 8
_LAST = "\U0010ffff"
# Those that are called just so, then those whose usual name begins so; the larger ones first.
_SEARCH = """
SELECT place.name, min(shown), country, region, latitude, longitude
FROM name JOIN place ON place.id = name.place
WHERE plain >= :first AND plain < :last
GROUP BY place.id
ORDER BY max(plain = :exact) DESC, max(shown = place.name) DESC, population DESC, place.id
LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A town or village; `found` is the one of its names that was looked for. Degrees, WGS 84."""

    name: str
    found: str
    country: str
    region: str
    latitude: float
    longitude: float


def plain(name: str) -> str:
    """A name as one may type it: small letters, no accents, no apostrophes, no dashes."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(c if c.isalnum() else " " for c in letters if not _is_mark(c))
    return " ".join(kept.split())


def _is_mark(letter: str) -> bool:
    return unicodedata.combining(letter) > 0 or letter in "'’ʼ`´"


def search(query: str) -> list[Place]:
    """
    Return the largest places whose name, in any language, begins like the query; at most 8.

    Of “Bugulma, Russia” the part before the comma counts. None without the file of places.
    """
    wanted = plain(query.split(",")[0][:LONGEST_QUERY])
    if len(wanted) < SHORTEST_QUERY or not PLACES.exists():
        return []
    after = _LAST if len(wanted) >= SHORTEST_BEGINNING else "\0"
    with closing(sqlite3.connect(f"file:{PLACES}?mode=ro", uri=True)) as database:
        rows = database.execute(
            _SEARCH,
            {"first": wanted, "last": wanted + after, "exact": wanted, "most": MOST},
        ).fetchall()
    return [Place(*row) for row in rows]
