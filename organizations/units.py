"""Units of amounts, and periods of time, brought to canonical units per year."""

import re
from functools import cache

from django.utils.translation import gettext as _
from pint import UnitRegistry
from pint.errors import PintError

from organizations.hours import HOURS_PER_WEEK, HoursOfWeek
from turash.errors import InvalidInput

DAYS_OF_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
DAYS_PER_YEAR = 365
WEEKS_PER_YEAR = DAYS_PER_YEAR / 7
# What a form suggests for each canonical unit; anything pint can convert is accepted.
SUGGESTED_UNITS = {
    "MWh": ["MWh", "GWh", "kWh", "GJ", "TJ"],
    "t": ["t", "kg", "kt"],
    "m3": ["m3", "l", "hl"],
    "h": ["h", "day"],
    "t*km": ["t*km"],
    "m2": ["m2", "ha"],
    "unit": ["unit"],
}
# Names such as MWh, m3, m^3 or short_ton, multiplied or divided.
_FACTOR = r"[^\W\d]+(?:[²³]|(?:\*\*|\^)?[1-9])?"
_PRODUCT = re.compile(rf"^{_FACTOR}(?:\s*[*·/]\s*{_FACTOR})*$")


@cache
def registry() -> UnitRegistry:
    """Return the units that Turash knows: pint's own, and the piece."""
    units: UnitRegistry = UnitRegistry(autoconvert_offset_to_baseunit=False)
    units.define("unit = [piece] = piece")
    units.define("Nm3 = m**3 = normal_cubic_metre")
    units.define("m3 = m**3")
    units.define("m2 = m**2")
    return units


@cache
def conversion_factor(unit: str, canonical: str) -> float:
    """
    Return how many canonical units one `unit` is.

    :raises InvalidInput: for an unknown unit, or one of another dimension.
    """
    suggestions = ", ".join(SUGGESTED_UNITS.get(canonical, [canonical]))
    try:
        factor = registry().Quantity(1.0, _spelled(unit)).to(_spelled(canonical)).magnitude
    except (PintError, ValueError, TypeError, AttributeError, ArithmeticError, SyntaxError):
        factor = 0.0
    except Exception as error:  # pint's parser lets errors of Python's tokenizer through
        raise _wrong_unit(unit, suggestions) from error
    if not 0 < factor < float("inf"):
        raise _wrong_unit(unit, suggestions)
    return float(factor)


def _wrong_unit(unit: str, suggestions: str) -> InvalidInput:
    return InvalidInput(
        {
            "unit": [
                _("“%(unit)s” does not measure this resource; use one of: %(units)s.")
                % {"unit": unit[:20], "units": suggestions}
            ]
        }
    )


def _spelled(unit: str) -> str:
    """
    Replace the spellings people use by those that pint parses.

    Only names with small powers come through: pint would also calculate 9**9**9, for hours.
    """
    if len(unit) > 20 or not _PRODUCT.match(unit.strip()):
        raise ValueError(unit)
    return unit.replace("³", "**3").replace("²", "**2").replace("·", "*").strip()


def periods_per_year(per: str, hours: HoursOfWeek, months: list[int]) -> float:
    """
    Return how often the period occurs in a year, in the time the flow runs.

    An hour counts when the flow runs in it, a day when it runs on that weekday, a week or month
    when it falls into the flow's months. Dimensionless; 8,760 for the hours of a flow that always
    runs.
    """
    share_of_year = days_of_months(months) / DAYS_PER_YEAR
    match per:
        case "hour":
            return 8760 * share_of_year * len(hours) / HOURS_PER_WEEK
        case "day":
            return DAYS_PER_YEAR * share_of_year * hours.days / 7
        case "week":
            return WEEKS_PER_YEAR * share_of_year
        case "month":
            return float(len(set(months)))
    return 1.0


def days_of_months(months: list[int]) -> int:
    """Return the days of these months in a year of 365 days."""
    return sum(DAYS_OF_MONTH[month - 1] for month in set(months))
