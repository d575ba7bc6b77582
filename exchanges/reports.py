"""
The facilitator's report: the eight figures of a period and a region, and what they are made of.

All sums come from `exchanges.outcomes`; this module only compares and arranges them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exchanges import outcomes
from exchanges.filters import flows_of, months_of
from exchanges.outcomes import DELIVERED, FIGURES, Figure, Scope
from exchanges.services.reporting import FIRST_YEAR
from organizations.models import ResourceFlow, Sector
from turash.errors import InvalidInput

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MONTHS_BY_DEFAULT = 12
MOST_MONTHS = 120
# Of organizations those with the most CO2 avoided; the others are summed up in one row.
MOST_ROWS = 100
LONGEST_CITY = 100

# What each figure is, in one sentence; the assumptions behind them: docs/outcomes.md.
DEFINITIONS: dict[str, "StrOrPromise"] = {
    "landfill_t": gettext_lazy(
        "Mass delivered of materials that have a code of the European List of Waste."
    ),
    "co2_t": gettext_lazy(
        "Emissions avoided in place of the replaced product, less those of transport."
    ),
    "savings_eur": gettext_lazy(
        "Disposal that the supplier avoids and purchases that the recipient avoids, less each"
        " side's share of transport and upkeep; investment is a figure of its own."
    ),
    "sales_eur": gettext_lazy("The agreed price of what was delivered, where it is above 0."),
    "virgin_t": gettext_lazy(
        "Mass delivered of materials that replace a product, ton for ton."
    ),
    "water_m3": gettext_lazy("Water delivered, in place of fresh water."),
    "jobs": gettext_lazy("Full-time jobs that each side declares for itself; never verified."),
    "investment_eur": gettext_lazy(
        "Private investment that each side declares for itself; never verified."
    ),
}  # fmt: skip
SOURCES: tuple["StrOrPromise", ...] = (
    gettext_lazy(
        "Which figures: International Synergies, National Industrial Symbiosis Programme"
        " (UK); the definitions are Turash's own (docs/outcomes.md)."
    ),
    gettext_lazy(
        "Codes of waste: Decision 2000/532/EC. Emission factors and prices: the source that each"
        " resource type names, as it was when the exchange went live."
    ),
    gettext_lazy(
        "Quantities: reported by one side; verified are the months that the other side has"
        " confirmed."
    ),
)


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of the period and of the one before, as reported; `change` as a share of that."""

    figure: Figure
    reported: float
    verified: float | None
    before: float

    @property
    def change(self) -> float | None:
        return (self.reported - self.before) / abs(self.before) if self.before else None


@dataclass(slots=True)
class Row:
    """The figures, as reported, of an organization or a sector."""

    name: str
    values: dict[str, float] = field(default_factory=lambda: dict.fromkeys(_KEYS, 0.0))

    def add(self, values: Mapping[str, Any]) -> None:
        for key in _KEYS:
            self.values[key] += values.get(key) or 0.0

    @property
    def cells(self) -> list[float]:
        return [self.values[key] for key in _KEYS]


_KEYS = [figure.key for figure in FIGURES]


@dataclass(frozen=True, slots=True)
class Report:
    """All that the report shows; months are without gaps."""

    region: str
    first: date
    last: date
    before_first: date
    before_last: date
    figures: list[Compared]
    organizations: list[Row]
    sectors: list[Row]
    months: list[dict[str, Any]]

    @property
    def is_empty(self) -> bool:
        return not any(row.reported or row.before for row in self.figures)


def report_of(query: Mapping[str, Any], request: Any, *, today: date) -> Report:
    """
    Put a report together: `first` and `last` month, and `country`, `city`, `bbox` or `near`.

    Without months the last twelve whole ones.

    :raises InvalidInput: a parameter makes no sense.
    :raises rest_framework.exceptions.ValidationError: a place makes no sense.
    """
    first, last = _period(query, today)
    length = _count(first, last)
    before = _moved(first, -length), _moved(first, -1)
    scope = Scope(flows=_flows(query, request), first=first, last=last)
    earlier = outcomes.totals(replace(scope, first=before[0], last=before[1]))
    figures = [
        Compared(total.figure, total.reported, total.verified, old.reported)
        for total, old in zip(outcomes.totals(scope), earlier, strict=True)
    ]
    return Report(
        region=_region(query), first=first, last=last, before_first=before[0],
        before_last=before[1], figures=figures, organizations=_organizations(scope),
        sectors=_sectors(scope), months=_months(scope, first, length),
    )  # fmt: skip


def _period(query: Mapping[str, Any], today: date) -> tuple[date, date]:
    months = months_of(query)
    for name, month in months.items():
        if month and month.year < FIRST_YEAR:
            raise InvalidInput({name: [_("Give a month from %d on.") % FIRST_YEAR]})
    last = months["last"] or _moved(today.replace(day=1), -1)
    first = months["first"] or _moved(last, 1 - MONTHS_BY_DEFAULT)
    if last < first:
        raise InvalidInput({"last": [_("The last month comes before the first.")]})
    if _count(first, last) > MOST_MONTHS:
        raise InvalidInput({"first": [_("Choose at most %d months.") % MOST_MONTHS]})
    return first, last


def _count(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month + 1


def _moved(month: date, by: int) -> date:
    years, months = divmod(month.year * 12 + month.month - 1 + by, 12)
    return date(years, months + 1, 1)


def _flows(query: Mapping[str, Any], request: Any) -> Any:
    flows = flows_of(query, request)
    city = _city(query)
    if not city:
        return flows
    if len(city) > LONGEST_CITY:
        raise InvalidInput({"city": [_("That is too long.")]})
    flows = ResourceFlow.objects.order_by() if flows is None else flows
    return flows.filter(site__city__iexact=city)


def _city(query: Mapping[str, Any]) -> str:
    return (query.get("city") or "").replace("\0", "").strip()


def _region(query: Mapping[str, Any]) -> str:
    """The region as the title names it."""
    parts = [_city(query), query.get("country") or ""]
    if query.get("bbox"):
        parts.append(_("box %s") % query["bbox"])
    if query.get("near"):
        radius = query.get("radius_km") or "25"
        parts.append(_("%(radius)s km around %(place)s") % {
            "radius": radius, "place": query["near"],
        })  # fmt: skip
    return ", ".join(part for part in parts if part) or _("Whole region")


def _organizations(scope: Scope) -> list[Row]:
    """Each organization with its own figures, as its own page of outcomes tells them."""
    rows: dict[Any, Row] = {}
    groups = {"key": "pk", "name": "name"}
    parts = [outcomes.by_side(scope, is_giver=side, **groups) for side in (True, False)]
    for values in [*parts[0], *parts[1], *outcomes.declared_by(scope, **groups)]:
        rows.setdefault(values["key"], Row(values["name"])).add(values)
    ordered = sorted(rows.values(), key=lambda row: (-row.values["co2_t"], row.name))
    if len(ordered) <= MOST_ROWS:
        return ordered
    others = Row(_("%d others") % (len(ordered) - MOST_ROWS))
    for row in ordered[MOST_ROWS:]:
        others.add(row.values)
    return [*ordered[:MOST_ROWS], others]


def _sectors(scope: Scope) -> list[Row]:
    """By the sector of who gives: each exchange once, so that the column adds up to the figure."""
    rows: dict[str, Row] = {}
    given = outcomes.by_side(scope, is_giver=True, sector="sector")
    taken = outcomes.by_side(scope, is_giver=False, sector="sector")
    names = dict(
        Sector.objects.filter(
            code__in={_division(row["sector"]) for row in [*given, *taken]}
        ).values_list("code", "description")
    )

    def row_of(sector: str) -> Row:
        code = _division(sector)
        name = f"{code} {names.get(code, '')}".strip() or _("Without a sector")
        return rows.setdefault(code, Row(name))

    for values in given:
        row_of(values["sector"]).add(values)
    for values in taken:
        # What the other side saves is its own sector's.
        row_of(values["sector"]).add({outcomes.SAVINGS: values[outcomes.SAVINGS]})
    for values in outcomes.declared_by(scope, sector="sector"):
        row_of(values["sector"]).add(values)
    return [rows[code] for code in sorted(rows)]


def _division(sector: str) -> str:
    """The first two digits of a NACE code, or its letter."""
    return sector[:2]


def _months(scope: Scope, first: date, length: int) -> list[dict[str, Any]]:
    """The figures that follow from deliveries in every month, with zeros where nothing went."""
    there = {row["month"]: row for row in outcomes.months(scope)}
    zeros = {
        name: 0.0 for figure in DELIVERED for name in (figure.key, f"verified_{figure.key}")
    }  # fmt: skip
    wanted = [_moved(first, number) for number in range(length)]
    return [{"month": month, **(there.get(month) or zeros)} for month in wanted]
