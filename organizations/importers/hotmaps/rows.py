"""One line of the database as a typed row, or what is wrong with it."""

import math
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from organizations.importers.hotmaps.countries import CODES, country_of, lies_in
from organizations.importers.hotmaps.subsectors import SUBSECTORS

# More than the fuel that all of Europe's industry burns in a year cannot be one site's.
LARGEST_GWH = Decimal(1_000_000)
AMOUNT_STEP = Decimal("0.000001")
TEXT_LIMITS = {"CompanyName": 200, "SiteName": 200, "Address": 300, "City": 100}
POSTAL_CODE_LIMIT = 20
_POINT = re.compile(r"^SRID=(\d+);POINT\(\s*(\S+)\s+(\S+)\s*\)$")


@dataclass(frozen=True, slots=True)
class Band:
    """Excess heat between two temperatures [°C]; None: no upper end."""

    column: str
    key: str
    low_c: float
    high_c: float | None


BANDS = (
    Band("Excess_Heat_100-200C", "excess-heat-100-200", 100, 200),
    Band("Excess_Heat_200-500C", "excess-heat-200-500", 200, 500),
    Band("Excess_Heat_500C", "excess-heat-500", 500, None),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a line; a doubtful line is imported as it stands."""

    line: int
    reason: str
    is_doubt: bool = False


class RowProblem(Exception):
    """A line cannot be imported; the message says why."""


class NoPoint(RowProblem):
    """The database does not know where the site is."""


@dataclass(frozen=True, slots=True)
class Row:
    """A site; energies in GWh a year, 0 for none."""

    line: int
    site_id: str
    company: str
    site: str
    address: str
    postal_code: str
    city: str
    country: str
    longitude: float
    latitude: float
    subsector: str
    fuel_demand_gwh: Decimal
    excess_heat_gwh: tuple[Decimal, ...]

    @property
    def organization_key(self) -> str:
        """A company is one organization in each country, however its name is capitalised."""
        return f"{self.country}/{self.company.casefold()}"


def parse(line: int, cells: dict[str, str]) -> tuple[Row, Problem | None]:
    """
    Return the row, and a doubt about it where there is one.

    :raises NoPoint: the row has no point.
    :raises RowProblem: a value is missing or wrong.
    """
    if any("\0" in value for value in cells.values()):
        raise RowProblem("The line holds a NUL character.")
    site_id = cells["SiteID"].strip()
    if not site_id or len(site_id) > 50:
        raise RowProblem("SiteID: expected 1 to 50 characters.")
    # Numbers come first: a bad one is worth telling, even where the point is missing too.
    fuel_demand = _energy(cells, "Fuel_Demand")
    excess_heat = tuple(_energy(cells, band.column) for band in BANDS)
    longitude, latitude = _point(cells["geom"].strip())
    label = cells["Country"].strip()
    country = country_of(label, longitude, latitude)
    if country is None:
        raise RowProblem(f"Country: {label[:40]!r} is none of {', '.join(CODES)}.")
    subsector = cells["Subsector"].strip()
    if subsector not in SUBSECTORS:
        raise RowProblem(f"Subsector: {subsector[:40]!r} is none of {', '.join(SUBSECTORS)}.")
    texts = {name: _text(cells, name, limit) for name, limit in TEXT_LIMITS.items()}
    site = texts["SiteName"] or texts["CompanyName"]
    if not site:
        raise RowProblem("CompanyName, SiteName: one of them is needed.")
    row = Row(
        line=line,
        site_id=site_id,
        company=texts["CompanyName"] or site,
        site=site,
        address=texts["Address"],
        postal_code=_postal_code(cells["CityCode"]),
        city=texts["City"],
        country=country,
        longitude=longitude,
        latitude=latitude,
        subsector=subsector,
        fuel_demand_gwh=fuel_demand,
        excess_heat_gwh=excess_heat,
    )
    return row, _doubt(row, label)


def _doubt(row: Row, label: str) -> Problem | None:
    if lies_in(row.country, row.longitude, row.latitude):
        return None
    point = f"longitude {row.longitude:g}, latitude {row.latitude:g}"
    return Problem(
        row.line, f"geom: {point} is not in {label}; imported as it stands.", is_doubt=True
    )


def _text(cells: dict[str, str], name: str, limit: int) -> str:
    text = " ".join(cells[name].split())
    if len(text) > limit:
        raise RowProblem(f"{name}: {len(text)} characters, at most {limit} are allowed.")
    return text


def _postal_code(text: str) -> str:
    """Return the code; a few rows have the city behind it."""
    code = " ".join(text.split())
    return code if len(code) <= POSTAL_CODE_LIMIT else code.split()[0][:POSTAL_CODE_LIMIT]


def _energy(cells: dict[str, str], name: str) -> Decimal:
    text = cells[name].strip()
    if not text:
        return Decimal(0)
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise RowProblem(f"{name}: {text[:40]!r} is not a number such as 12.5.") from None
    if not value.is_finite() or not 0 <= value <= LARGEST_GWH:
        raise RowProblem(f"{name}: {text[:40]} is not between 0 and {LARGEST_GWH:,} GWh a year.")
    return value.quantize(AMOUNT_STEP)


def _point(text: str) -> tuple[float, float]:
    if not text:
        raise NoPoint("geom: the site has no point.")
    found = _POINT.match(text)
    if not found or found[1] != "4326":
        raise RowProblem(f"geom: {text[:60]!r} is not like 'SRID=4326;POINT(11.1 55.7)'.")
    try:
        longitude, latitude = float(found[2]), float(found[3])
    except ValueError:
        raise RowProblem(f"geom: {text[:60]!r} does not hold two numbers.") from None
    if not (_within(longitude, 180) and _within(latitude, 90)):
        raise RowProblem(
            f"geom: longitude {longitude:g}, latitude {latitude:g} is not a point on Earth."
        )
    return longitude, latitude


def _within(value: float, limit: float) -> bool:
    return math.isfinite(value) and -limit <= value <= limit
