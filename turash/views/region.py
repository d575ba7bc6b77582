"""The admin's overview: the region at a glance, and what waits for somebody."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Model, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncMonth
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges import outcomes
from exchanges.chart import Chart, Point, chart_of
from exchanges.models import ExchangeFactors
from exchanges.outcomes import Scope
from matching.models import PartnerList
from matching.unmatched import without_match
from matching.valuation import valuers_of
from organizations.models import Organization, QualityFinding, ResourceFlow, Site
from proposals.models import Proposal
from proposals.states import Status
from turash.views.map import places, tiles

# The figures read whole tables.
FIGURES_KEPT_S = 60
MONTHS_SHOWN = 12
ROWS_SHOWN = 5
MOST_COUNTED = 1000
MOST_VALUED = 1000


@dataclass(frozen=True, slots=True)
class Queue:
    """Rows that wait for somebody, the longest waiting first; `count` up to `MOST_COUNTED`."""

    title: str
    rows: list[tuple[str, Model]]
    count: int
    list_url: str

    @property
    def has_more(self) -> bool:
        return self.count > MOST_COUNTED


def overview(request: HttpRequest) -> dict[str, Any]:
    """What the overview shows to this user: figures to who reads the region, queues to who acts."""
    user: Any = request.user
    shown: dict[str, Any] = {}
    if user.reads_region:
        figures = cache.get_or_set("region-figures", _figures, FIGURES_KEPT_S)
        shown |= {
            "figures": figures,
            "proposals": _named(figures["proposals"]),
            "tiles": tiles(),
            "places": figures.get("places", []),
            "trends": _trends(figures["months"]),
        }
    if user.is_facilitator:
        shown["queues"] = queues(timezone.now())
    return shown


def _named(counts: dict[str, int]) -> list[tuple[str, str, int]]:
    return [(value, str(label), counts.get(value, 0)) for value, label in Status.choices]


def _trends(months: list[dict[str, Any]]) -> list[tuple[str, Chart]]:
    """A chart for each column of the table of months in which there is anything."""
    titles = {
        "organizations": _("New organizations"),
        "flows": _("New flows"),
        "proposals": _("New proposals"),
        "live": _("Exchanges that went live"),
        "savings_eur": _("Savings delivered [EUR]"),
        "co2_t": _("CO2 avoided by deliveries [t]"),
    }
    charts = (
        (title, chart_of([Point(row["month"], row[key], row[key]) for row in months]))
        for key, title in titles.items()
    )
    return [(title, chart) for title, chart in charts if chart]


def _figures() -> dict[str, Any]:
    outputs = PartnerList.objects.filter(is_output=True)
    worth = outputs.filter(best_savings_eur_per_year__gt=0)
    return {
        "organizations": Organization.objects.count(),
        "verified": Organization.objects.exclude(verified_at=None).count(),
        "sites": Site.objects.count(),
        "places": places(),
        "flows": ResourceFlow.objects.active().count(),
        "matches": outputs.aggregate(sum=Coalesce(Sum("match_count"), 0))["sum"],
        "proposals": dict(
            Proposal.objects.order_by().values_list("status").annotate(count=Count("pk"))
        ),
        "worth": {
            # The best match of each output: several can want the same.
            "found": _rounded(
                worth.aggregate(
                    savings=Sum("best_savings_eur_per_year"),
                    co2=Sum("best_co2_avoided_t_per_year"),
                )
            ),
            "agreed": _worth(Proposal.objects.filter(status=Status.CONTRACTED)),
            "running": _worth(Proposal.objects.filter(status=Status.LIVE)),
        },
        "months": _months(timezone.now()),
    }


def _rounded(sums: dict[str, Any]) -> dict[str, int]:
    return {name: round(value or 0) for name, value in sums.items()}


def _worth(proposals: QuerySet[Proposal]) -> dict[str, int]:
    """What the exchanges agreed on save [EUR/a] and avoid [t CO2/a], by their quantities."""
    known = proposals.filter(quantity__isnull=False, counterpart__isnull=False)
    newest = list(known.select_related("resource").order_by("-pk")[:MOST_VALUED])
    valuers = valuers_of([row.pair for row in newest])  # type: ignore[misc]
    sums = {"savings": 0.0, "co2": 0.0}
    for row in newest:
        valuer = valuers.get(row.pair)  # type: ignore[arg-type]
        valuation = valuer.at(float(row.quantity or 0)) if valuer else None
        if valuation:
            sums["savings"] += valuation.savings_eur_per_year
            sums["co2"] += valuation.co2_avoided_t_per_year
    return _rounded(sums)


def _months(now: datetime) -> list[dict[str, Any]]:
    """What was new and what was delivered in each of the last months, the oldest first."""
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    first = month
    for _month in range(MONTHS_SHOWN - 1):
        first = (first - timedelta(days=1)).replace(day=1)
    new = {
        name: dict(
            model._default_manager.filter(created_at__gte=first)
            .order_by()
            .annotate(month=TruncMonth("created_at"))
            .values_list("month")
            .annotate(count=Count("pk"))
        )
        for name, model in (
            ("organizations", Organization),
            ("flows", ResourceFlow),
            ("proposals", Proposal),
        )
    }
    live = dict(
        ExchangeFactors.objects.filter(live_since__gte=first.date())
        .annotate(month=TruncMonth("live_since"))
        .values_list("month")
        .annotate(count=Count("pk"))
    )
    delivered = {row["month"]: row for row in outcomes.months(Scope(first=first.date()))}
    rows = []
    while first <= month:
        brought = delivered.get(first.date(), {})
        rows.append(
            {
                "month": first,
                **{name: counts.get(first, 0) for name, counts in new.items()},
                "live": live.get(first.date(), 0),
                "savings_eur": brought.get("savings_eur", 0),
                "co2_t": brought.get("co2_t", 0),
            }
        )
        first = (first + timedelta(days=32)).replace(day=1)
    return rows


def queues(now: datetime) -> list[Queue]:
    """What waits for somebody."""
    negotiations = Proposal.objects.select_related(
        "from_organization", "to_organization", "resource"
    )
    return [
        _queue(
            _("Organizations to verify"),
            Organization.objects.filter(verified_at=None).order_by("created_at", "pk"),
            "?verified_at__isempty=1",
        ),
        _queue(
            _("Negotiations without a step for two weeks"),
            negotiations.stuck(now).order_by("updated_at", "pk"),
            "?waits=stuck",
        ),
        _queue(
            _("Proposals that expire within three days"),
            negotiations.expiring(now).order_by("valid_until", "pk"),
            "?waits=expiring",
        ),
        _queue(
            _("Active flows without a match"),
            without_match(ResourceFlow.objects.active()).order_by("-created_at", "pk"),
            "?matches=none",
        ),
        _queue(
            _("Data that seems wrong"),
            QualityFinding.objects.open().with_subjects().order_by("-severity", "-pk"),
            "?status=open",
        ),
    ]


def _queue(title: str, rows: QuerySet, query: str) -> Queue:
    options = rows.model._meta
    name = f"admin:{options.app_label}_{options.model_name}_"
    return Queue(
        title,
        [(reverse(f"{name}change", args=[row.pk]), row) for row in _first(rows)],
        rows.order_by().values("pk")[: MOST_COUNTED + 1].count(),
        reverse(f"{name}changelist") + query,
    )


def _first(rows: QuerySet) -> Iterable[Model]:
    return rows[:ROWS_SHOWN]
