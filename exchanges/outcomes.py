"""
The eight figures that regional programmes report, summed up from deliveries and declarations.

Definitions, sources and assumptions: docs/outcomes.md. Each is told twice: as reported, and as
verified, which counts only months that the other side has confirmed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Case, F, FloatField, Q, Sum, Value, When
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _

from exchanges.models import Declaration, Delivery

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SAVINGS = "savings_eur"
SAVINGS_FACTORS = ("supplier_savings_eur_per_unit", "recipient_savings_eur_per_unit")
CONFIRMED = Q(confirmed_at__isnull=False)
LONGEST_EXPORT = 50_000


@dataclass(frozen=True, slots=True)
class Figure:
    """
    One of the eight; `per_unit` is the factor that deliveries are multiplied with.

    Of savings there is one factor for each side, `supplier_…` and `recipient_…`.
    """

    key: str
    label: "StrOrPromise"
    unit: str
    per_unit: str = ""


FIGURES = (
    Figure("landfill_t", _("Kept from landfill"), "t", "landfill_t_per_unit"),
    Figure("co2_t", _("Avoided CO₂"), "t", "co2_t_per_unit"),
    Figure("savings_eur", _("Cost savings"), "EUR", "savings_eur_per_unit"),
    Figure("sales_eur", _("Additional sales"), "EUR", "sales_eur_per_unit"),
    Figure("virgin_t", _("Virgin material saved"), "t", "virgin_t_per_unit"),
    Figure("water_m3", _("Water saved"), "m³", "water_m3_per_unit"),
    Figure("jobs", _("Jobs created or kept"), ""),
    Figure("investment_eur", _("Private investment"), "EUR"),
)
DELIVERED = tuple(figure for figure in FIGURES if figure.per_unit)


@dataclass(frozen=True, slots=True)
class Total:
    """A figure's sum; `verified` is None for what is only declared."""

    figure: Figure
    reported: float
    verified: float | None


@dataclass(frozen=True, slots=True)
class Scope:
    """
    Whose and which months: of an organization, or of all exchanges of a region.

    `flows` are those that lie in the region; None: anywhere.
    """

    organization_id: UUID | None = None
    flows: Any = None
    first: date | None = None
    last: date | None = None

    def deliveries(self) -> Any:
        rows = Delivery.objects.within(self.first, self.last)
        if self.organization_id is not None:
            return rows.of_organization(self.organization_id)
        return rows if self.flows is None else rows.of_flows(self.flows)

    def declarations(self) -> Any:
        """Of an organization its own, of a region all of its exchanges."""
        rows = Declaration.objects.all()
        if self.first is not None:
            rows = rows.filter(month__gte=self.first)
        if self.last is not None:
            rows = rows.filter(month__lte=self.last)
        if self.organization_id is not None:
            return rows.filter(organization=self.organization_id)
        if self.flows is not None:
            rows = rows.filter(proposal__resource__in=self.flows.values("pk"))
        return rows


def totals(scope: Scope) -> list[Total]:
    """Sum up all eight figures, in two queries."""
    sums = scope.deliveries().aggregate(**_sums(scope))
    declared = scope.declarations().aggregate(**_declared())
    return [
        Total(figure, sums[figure.key], sums[f"verified_{figure.key}"])
        if figure.per_unit
        else Total(figure, declared[figure.key], None)
        for figure in FIGURES
    ]


def months(scope: Scope) -> list[dict[str, Any]]:
    """Return the figures that follow from deliveries month by month, with `verified_…` of each."""
    return list(scope.deliveries().order_by("month").values("month").annotate(**_sums(scope)))


def by_side(scope: Scope, *, is_giver: bool, **of_side: str) -> list[dict[str, Any]]:
    """
    Return the figures that follow from deliveries for each of those who give, or who take.

    `of_side` names what of a side's organization they are grouped by, such as `name="name"`. Of
    an organization's own figures, both sides together are what `totals` says of it.
    """
    groups = {alias: _of_side(path, is_giver=is_giver) for alias, path in of_side.items()}
    sums: dict[str, Any] = {}
    for figure in DELIVERED:
        term = _times_quantity(_factor_of_side(figure, is_giver=is_giver))
        sums[figure.key] = Coalesce(Sum(term), 0.0)
        sums[f"verified_{figure.key}"] = Coalesce(Sum(term, filter=CONFIRMED), 0.0)
    return list(scope.deliveries().order_by().values(**groups).annotate(**sums))


def declared_by(scope: Scope, **of_organization: str) -> list[dict[str, Any]]:
    """Return jobs and investment, grouped by what `of_organization` names of who declares."""
    groups = {alias: F(f"organization__{path}") for alias, path in of_organization.items()}
    return list(scope.declarations().order_by().values(**groups).annotate(**_declared()))


def lines(scope: Scope) -> Iterator[dict[str, Any]]:
    """Yield every delivery with what it brought, for exports; the oldest first."""
    rows = (
        scope.deliveries()
        .order_by("month", "pk")
        .values(
            "month",
            "proposal_id",
            "quantity",
            "confirmed_at",
            source=F("proposal__from_organization__name"),
            target=F("proposal__to_organization__name"),
            resource=F("proposal__resource__name"),
            unit=F("proposal__resource__resource_type__unit"),
            **{figure.key: _term(figure, scope) for figure in DELIVERED},
        )
    )
    return rows[:LONGEST_EXPORT].iterator()


def _declared() -> dict[str, Any]:
    return {
        "jobs": Coalesce(Sum(Cast("jobs", FloatField())), 0.0),
        "investment_eur": Coalesce(Sum(Cast("private_investment_eur", FloatField())), 0.0),
    }


def _sums(scope: Scope) -> dict[str, Any]:
    sums: dict[str, Any] = {}
    for figure in DELIVERED:
        term = _term(figure, scope)
        sums[figure.key] = Coalesce(Sum(term), 0.0)
        sums[f"verified_{figure.key}"] = Coalesce(Sum(term, filter=CONFIRMED), 0.0)
    return sums


def _term(figure: Figure, scope: Scope) -> Any:
    return _times_quantity(_factor(figure, scope))


def _times_quantity(factor: Any) -> Any:
    return Coalesce(Cast("quantity", FloatField()) * factor, 0.0)


def _factor(figure: Figure, scope: Scope) -> Any:
    if scope.organization_id is not None:
        gives, takes = (_factor_of_side(figure, is_giver=side) for side in (True, False))
        return Case(When(_gives(scope.organization_id), then=gives), default=takes)
    if figure.key == SAVINGS:
        supplier, recipient = (F(f"proposal__factors__{name}") for name in SAVINGS_FACTORS)
        return supplier + recipient
    return F(f"proposal__factors__{figure.per_unit}")


def _factor_of_side(figure: Figure, *, is_giver: bool) -> Any:
    if figure.key == SAVINGS:
        # Of what the other side saves one could read its costs.
        supplier, recipient = (F(f"proposal__factors__{name}") for name in SAVINGS_FACTORS)
        return supplier if is_giver else recipient
    if figure.key == "sales_eur" and not is_giver:
        # Sales are those of who gives the resource; for the taker they are purchases.
        return Value(0.0)
    return F(f"proposal__factors__{figure.per_unit}")


def _of_side(path: str, *, is_giver: bool) -> Case:
    """What there is of the organization of one side: who has a resource is asked for it."""
    sender, target = (F(f"proposal__{side}_organization__{path}") for side in ("from", "to"))
    has_output = Q(proposal__resource__direction="output")
    gives, takes = (target, sender) if is_giver else (sender, target)
    return Case(When(has_output, then=gives), default=takes)


def _gives(organization_id: UUID) -> Q:
    return Q(proposal__resource__direction="output", proposal__to_organization=organization_id) | Q(
        proposal__resource__direction="input", proposal__from_organization=organization_id
    )
