"""One exchange: planned against delivered, month by month and in sum."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from exchanges.models import Delivery, ExchangeFactors
from exchanges.outcomes import DELIVERED, SAVINGS, SAVINGS_FACTORS, Figure
from organizations.permissions import Actor
from proposals.economics import Role, roles
from proposals.models import Proposal
from proposals.states import Status

MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Month:
    """A month of an exchange, in canonical units; None: not planned, or not reported."""

    month: date
    planned: float | None
    delivery: Delivery | None

    @property
    def delivered(self) -> float | None:
        return float(self.delivery.quantity) if self.delivery else None

    @property
    def is_confirmed(self) -> bool:
        return self.delivery is not None and self.delivery.confirmed_at is not None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A figure as planned so far, reported and verified; None: unknown."""

    figure: Figure
    planned: float | None
    reported: float | None
    verified: float | None


@dataclass(frozen=True, slots=True)
class Progress:
    factors: ExchangeFactors | None
    months: list[Month]
    figures: list[Comparison]


def progress_of(proposal: Proposal, *, viewer: Actor, today: date) -> Progress:
    """
    Return how far an exchange has come; empty before it is live.

    Cost savings are those of the viewer's side; facilitators see those of both.

    The plan is a twelfth of the agreed yearly quantity in each month from that in which it went
    live until now, or until it was completed.
    """
    factors = ExchangeFactors.objects.filter(pk=proposal.pk).first()
    deliveries = {row.month: row for row in _deliveries(proposal)}
    if factors is None:
        return Progress(None, [], [])
    last = _last_month(proposal, today)
    planned = set(_months(factors.live_since.replace(day=1), last))
    share = factors.planned_per_year / MONTHS_A_YEAR if factors.planned_per_year else None
    rows = [
        Month(month, share if month in planned else None, deliveries.get(month))
        for month in sorted(planned | deliveries.keys())
    ]
    shown = {figure: _factor(figure, factors, proposal, viewer) for figure in DELIVERED}
    compared = [_compare(figure, factor, factors, rows) for figure, factor in shown.items()]
    return Progress(factors, rows, compared)


def _factor(
    figure: Figure, factors: ExchangeFactors, proposal: Proposal, viewer: Actor
) -> float | None:
    if figure.key != SAVINGS:
        return getattr(factors, figure.per_unit)
    own = set(viewer.organizations.values_list("pk", flat=True))  # type: ignore[union-attr]
    supplier, recipient = (getattr(factors, name) for name in SAVINGS_FACTORS)
    of_role = {Role.SUPPLIER: supplier, Role.RECIPIENT: recipient}
    mine = [
        of_role[role]
        for organization_id, role in roles(proposal).items()
        if viewer.is_facilitator or organization_id in own  # type: ignore[union-attr]
    ]
    return None if not mine or None in mine else sum(mine)


def _deliveries(proposal: Proposal) -> Any:
    return Delivery.objects.filter(proposal=proposal).select_related(
        "reported_for", "confirmed_for"
    )


def _last_month(proposal: Proposal, today: date) -> date:
    if proposal.status == Status.LIVE:
        return today.replace(day=1)
    ended = (
        proposal.transitions.filter(to_status__in=[Status.COMPLETED, Status.FAILED])
        .order_by("-pk")
        .values_list("occurred_at", flat=True)
        .first()
    )
    return (ended.date() if ended else today).replace(day=1)


def _months(first: date, last: date) -> list[date]:
    count = (last.year - first.year) * MONTHS_A_YEAR + last.month - first.month + 1
    start = first.year * MONTHS_A_YEAR + first.month - 1
    return [date(*_year_and_month(start + offset), 1) for offset in range(max(0, count))]


def _year_and_month(number: int) -> tuple[int, int]:
    return number // MONTHS_A_YEAR, number % MONTHS_A_YEAR + 1


def _compare(
    figure: Figure, factor: float | None, factors: ExchangeFactors, rows: list[Month]
) -> Comparison:
    if factor is None:
        return Comparison(figure, None, None, None)
    has_plan = factors.planned_per_year is not None
    return Comparison(
        figure,
        planned=factor * sum(row.planned or 0.0 for row in rows) if has_plan else None,
        reported=factor * sum(row.delivered or 0.0 for row in rows),
        verified=factor * sum(row.delivered or 0.0 for row in rows if row.is_confirmed),
    )
