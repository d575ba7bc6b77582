"""From the file to rows; every line stands alone, so that a broken one does not spoil the next."""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from organizations.importers.hotmaps.rows import BANDS, NoPoint, Problem, Row, RowProblem, parse

COLUMNS = (
    "SiteID", "CompanyName", "SiteName", "Address", "CityCode", "City", "Country", "geom",
    "Subsector", "Fuel_Demand", *(band.column for band in BANDS),
)  # fmt: skip
LONGEST_LINE_BYTES = 100_000

Progress = Callable[..., Iterable]


class WrongFile(Exception):
    """This is not the Hotmaps industrial database; the message says how one can tell."""


@dataclass(slots=True)
class Reading:
    """What a file holds."""

    line_count: int = 0
    without_point: list[Problem] = field(default_factory=list)
    bad: list[Problem] = field(default_factory=list)
    doubtful: list[Problem] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


def read(path: Path, progress: Progress) -> Reading:
    """
    Read the file; bad lines become problems.

    :raises OSError: the file cannot be read.
    :raises WrongFile: its first line is not that of the database, or nothing follows.
    """
    reading = Reading()
    line_of_site: dict[str, int] = {}
    with path.open("rb") as file:
        header = _header(file.readline(LONGEST_LINE_BYTES))
        for line, raw in enumerate(progress(file, unit=" lines", desc="Reading"), start=2):
            if not raw.strip():
                continue
            reading.line_count += 1
            try:
                row, doubt = parse(line, _cells(raw, header))
                first_line = line_of_site.setdefault(row.site_id, line)
                if first_line != line:
                    raise RowProblem(f"SiteID: {row.site_id} is on line {first_line} already.")
            except NoPoint as error:
                reading.without_point.append(Problem(line, str(error)))
            except RowProblem as error:
                reading.bad.append(Problem(line, str(error)))
            else:
                reading.rows.append(row)
                if doubt:
                    reading.doubtful.append(doubt)
    if not reading.line_count:
        raise WrongFile("The file has no rows below its header.")
    return reading


def _header(raw: bytes) -> list[str]:
    try:
        header = _split(raw.decode("utf-8-sig"))
    except (UnicodeDecodeError, csv.Error) as error:
        raise WrongFile("The file is not a CSV file in UTF-8.") from error
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise WrongFile(
            "The first line must name the columns of the Hotmaps industrial database, separated "
            f"by semicolons; missing: {', '.join(missing)}."
        )
    return header


def _cells(raw: bytes, header: list[str]) -> dict[str, str]:
    if len(raw) > LONGEST_LINE_BYTES:
        raise RowProblem(f"The line has more than {LONGEST_LINE_BYTES:,} bytes.")
    try:
        values = _split(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise RowProblem("The line is not UTF-8 text.") from None
    except csv.Error:
        raise RowProblem("The quotes do not pair up; a quote inside a text is doubled.") from None
    if len(values) != len(header):
        raise RowProblem(f"{len(values)} values, but {len(header)} columns.")
    return dict(zip(header, values, strict=True))


def _split(line: str) -> list[str]:
    return next(csv.reader([line], delimiter=";", strict=True), [])
