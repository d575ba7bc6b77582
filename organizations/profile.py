"""What a flow says of itself, as labels and texts for pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django.utils import dates
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from organizations.hours import HOURS_PER_WEEK, HoursOfWeek
from organizations.models import ResourceFlow
from organizations.models.resource_type import TransportMode
from turash.figures import distance, figure, span, unit


@dataclass(frozen=True, slots=True)
class Fact:
    """One stated property; `key` is the same for both directions, so that two flows compare."""

    part: str
    key: str
    label: str
    text: str


def facts(flow: ResourceFlow) -> list[Fact]:
    """Everything a flow states, part by part; what it leaves open is left out."""
    parts = {
        "amount": _amount(flow),
        "quality": quality(flow),
        "time": _time(flow),
        "price": _price(flow),
        "logistics": _logistics(flow),
    }
    return [
        Fact(part, key, label, text)
        for part, rows in parts.items()
        for key, label, text in rows
        if text
    ]


Row = tuple[str, str, str]


def _amount(flow: ResourceFlow) -> Iterator[Row]:
    canonical = f"{unit(flow.resource_type.unit)}/a"
    yield "quantity", _("Per year"), f"{figure(flow.quantity_per_year)} {canonical}"
    if flow.unit != flow.resource_type.unit or flow.per != ResourceFlow.Per.YEAR:
        declared = _("%(amount)s %(unit)s per %(period)s") % {
            "amount": figure(flow.amount),
            "unit": unit(flow.unit),
            "period": flow.get_per_display(),
        }
        yield "declared", _("Declared as"), declared
    if flow.min_amount:
        text = f"{figure(flow.min_quantity_per_year)} {canonical}"
        yield "smallest", _("Smallest exchange"), text
    if not flow.figures_are_exact:
        yield "shown", _("Shown"), _("rounded; exact figures are disclosed later")
    yield "precision", _("Figures are"), flow.get_precision_level_display().lower()


def quality(flow: ResourceFlow) -> Iterator[Row]:
    """The dimensions of quality that the flow states."""
    for name, label, of in (
        ("temperature_celsius", _("Temperature"), "°C"),
        ("pressure_bar", _("Pressure"), "bar"),
        ("purity_pct", _("Purity"), "%"),
        ("moisture_pct", _("Moisture"), "%"),
        ("ph", _("pH"), ""),
    ):
        low, high = getattr(flow, f"{name}_min"), getattr(flow, f"{name}_max")
        yield name, label, span(low, high, of)
    contents = sorted(flow.contaminants.all(), key=lambda content: content.substance)
    limit = "≤ " if flow.direction == ResourceFlow.Direction.INPUT else ""
    yield (
        "contaminants",
        _("Contaminants [mg/kg]"),
        ", ".join(f"{row.substance} {limit}{figure(row.mg_per_kg)}" for row in contents),
    )
    yield "hazardous", _("Hazardous"), _("yes") if flow.hazardous else ""
    code = flow.waste_code
    yield "waste_code", _("List of Waste"), f"{code[:2]} {code[2:4]} {code[4:]}".strip()


def _time(flow: ResourceFlow) -> Iterator[Row]:
    yield "pattern", _("Pattern"), flow.get_pattern_display()
    yield "hours", _("Hours"), hours_text(flow.hours_of_week)
    yield "months", _("Months"), months_text(flow.months)
    ends = [date_format(day, "SHORT_DATE_FORMAT") if day else "" for day in (
        flow.valid_from, flow.valid_to)]  # fmt: skip
    yield "validity", _("Valid"), " – ".join(ends).strip() if any(ends) else ""


def _price(flow: ResourceFlow) -> Iterator[Row]:
    per_unit = f"{flow.currency_id}/{unit(flow.unit)}"
    if flow.current_cost_per_unit is not None:
        yield "cost", _("Cost today"), f"{figure(flow.current_cost_per_unit)} {per_unit}"
    if flow.price_per_unit is not None:
        yield "price", _("Price"), f"{figure(flow.price_per_unit)} {per_unit}"


def _logistics(flow: ResourceFlow) -> Iterator[Row]:
    labels = dict(TransportMode.choices)
    yield "methods", _("Transport"), ", ".join(str(labels[method]) for method in flow.methods)
    if flow.max_distance_km is not None:
        yield "reach", _("Largest distance"), distance(flow.max_distance_km * 1000)
    if flow.storage_days is not None:
        text = _("%s days") % figure(flow.storage_days)
        yield "storage", _("Storage"), text


def hours_text(hours: HoursOfWeek) -> str:
    """Hours in the reader's language: Mon–Fri 06:00–22:00, Sat–Sun."""
    if len(hours) == HOURS_PER_WEEK:
        return _("round the clock")
    return ", ".join(
        f"{_days_text(first, last)} {_runs_text(runs)}".strip()
        for first, last, runs in hours.day_ranges()
    )


def _days_text(first: int, last: int) -> str:
    names = [str(dates.WEEKDAYS_ABBR[day]).capitalize() for day in (first, last)]
    return names[0] if first == last else "–".join(names)


def _runs_text(runs: list[tuple[int, int]]) -> str:
    """Empty for whole days."""
    if runs == [(0, 24)]:
        return ""
    return ", ".join(f"{start:02}:00–{end:02}:00" for start, end in runs)


def months_text(months: list[int]) -> str:
    """Months as runs: Jan–Mar, Oct."""
    if len(set(months)) == 12:
        return _("all year")
    runs = []
    for _offset, members in groupby(
        enumerate(sorted(set(months))), key=lambda pair: pair[1] - pair[0]
    ):
        names = [str(dates.MONTHS_3[month]).capitalize() for _position, month in members]
        runs.append(names[0] if len(names) == 1 else f"{names[0]}–{names[-1]}")
    return ", ".join(runs)


def week(hours: HoursOfWeek) -> list[dict[str, object]]:
    """Rows of a timetable: the day's short name and its runs of hours (start, length)."""
    return [
        {
            "day": str(dates.WEEKDAYS_ABBR[number]),
            "runs": [(start, end - start) for start, end in runs],
        }
        for number, runs in enumerate(hours.runs_by_day())
    ]
