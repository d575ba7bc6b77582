"""Numbers and units as people read them, in the reader's language."""

import math

from django.template.defaultfilters import floatformat

# Between a number and its unit, so that a line never ends between them.
NARROW = "\u202f"
SIGNIFICANT_DIGITS = 3


def figure(value: object) -> str:
    """A number with three significant digits, large ones whole: 12,345; 12.3; 0.012; empty."""
    if value is None or value == "":
        return ""
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number):
        return ""
    if number == 0:
        return "0"
    decimals = SIGNIFICANT_DIGITS - 1 - math.floor(math.log10(abs(number)))
    return _without_zeros(number, max(0, min(decimals, 9)))


def _without_zeros(number: float, decimals: int) -> str:
    """As few decimals as show the number rounded to `decimals`."""
    while decimals and round(number, decimals) == round(number, decimals - 1):
        decimals -= 1
    return floatformat(number, f"{decimals}g")


def distance(metres: object) -> str:
    """A distance [m] in metres below a kilometre, above in kilometres."""
    if metres is None or metres == "":
        return ""
    number = float(metres)  # type: ignore[arg-type]
    if number < 1000:
        return f"{floatformat(number, '0g')}{NARROW}m"
    return f"{_without_zeros(number / 1000, 1 if number < 100_000 else 0)}{NARROW}km"


def percent(share: object) -> str:
    """A share of 1 in percent."""
    if share is None or share == "":
        return ""
    return f"{figure(round(float(share) * 100, 1))}{NARROW}%"  # type: ignore[arg-type]


def between(ends: object) -> str:
    """From the low to the high end of something uncertain; empty where they read the same."""
    low, high = figure(ends.low), figure(ends.high)  # type: ignore[attr-defined]
    return f"{low}{NARROW}…{NARROW}{high}" if low != high else ""


def unit(text: str) -> str:
    """A unit as print sets it: m³, t·km."""
    return text.replace("m3", "m³").replace("m2", "m²").replace("*", "·")


def span(low: object, high: object, of: str = "") -> str:
    """A range of which either end may be open: 80–90 °C, ≥ 60 °C, ≤ 3 bar; empty when both are."""
    suffix = f"{NARROW}{of}" if of else ""
    if low is None and high is None:
        return ""
    if high is None:
        return f"≥{NARROW}{figure(low)}{suffix}"
    if low is None:
        return f"≤{NARROW}{figure(high)}{suffix}"
    if low == high:
        return f"{figure(low)}{suffix}"
    return f"{figure(low)}–{figure(high)}{suffix}"
