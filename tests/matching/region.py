"""A region at random, its changes, and its matches as rows to compare."""

import random
from datetime import date

from django.contrib.gis.geos import Point
from django.utils import timezone

from matching import services
from matching.models import Match, MatchDismissal, MatchingRun, PartnerList
from organizations import services as organization_services
from organizations.hours import HoursOfWeek
from organizations.models import Organization, ResourceFlow, ResourceType, Site

TYPES = ["heat", "heat.steam", "heat.hot_water", "mineral.fly_ash", "water.wastewater", "cooling"]
WEEKS = ["Mon-Sun", "Mon-Fri 06:00-22:00", "Sat-Sun", "Mon-Fri 22:00-06:00", "Mon 08:00-12:00"]
FIELDS = [
    "output_rank",
    "input_rank",
    "score",
    "quality_score",
    "temporal_score",
    "quantity_score",
    "economic_score",
    "spatial_score",
    "trust_score",
    "regulatory_score",
    "distance_m",
    "quantity_per_year",
    "savings_eur_per_year",
    "investment_eur",
    "internal_rate_of_return",
    "payback_years",
    "co2_avoided_t_per_year",
    "transport",
]


class Region:
    """A small region with all attributes at random, and its changes."""

    def __init__(self, seed: int, flow_count: int = 60, *, east_by: float = 0) -> None:
        self.random = random.Random(seed)
        self.east_by = east_by
        self.types = list(ResourceType.objects.filter(code__in=TYPES))
        organizations = [
            organization_services.save_organization(
                Organization(
                    name=f"Organization {number}",
                    verified_at=self.random.choice([None, timezone.now()]),
                    completed_exchanges=self.random.choice([0, 0, 5]),
                )
            )
            for number in range(6)
        ]
        self.sites = [
            organization_services.save_site(
                Site(
                    organization=self.random.choice(organizations),
                    name=f"Site {number}",
                    location=self.point(),
                    country=self.random.choice(["DK", "DK", "SE", ""]),
                    holds_hazardous_waste_permit=self.random.random() < 0.3,
                )
            )
            for number in range(12)
        ]
        self.flows = [self.add() for _ in range(flow_count)]

    def point(self) -> Point:
        return Point(
            11 + self.east_by + self.random.random() * 0.3, 55.6 + self.random.random() * 0.2
        )

    def range_of(self, *values: float) -> tuple[float | None, float | None]:
        if self.random.random() < 0.4:
            return None, None
        low, high = sorted(self.random.choices(values, k=2))
        return self.random.choice([(low, high), (low, None), (None, high), (low, low)])

    def fields(self) -> dict:
        pick = self.random.choice
        amount = self.random.randint(1, 1000)
        fields = {
            "site": pick(self.sites),
            "resource_type": pick(self.types),
            "direction": pick(["input", "output"]),
            "name": "Flow",
            "status": pick(["active"] * 6 + ["paused"]),
            "amount": amount,
            "unit": "",
            "min_amount": pick([None, None, amount // 2]),
            "per": pick(["hour", "day", "week", "month", "year"]),
            "precision_level": pick(["measured", "estimated", "rough"]),
            "hazardous": self.random.random() < 0.3,
            "hours_of_week": HoursOfWeek.parse(pick(WEEKS)),
            "months": pick([list(range(1, 13)), [1, 2, 3], [3, 4, 5, 6], [12]]),
            "valid_from": pick([None, None, date(2027, 1, 1)]),
            "valid_to": pick([None, None, date(2027, 6, 30)]),
            "current_cost_per_unit": pick([None, 0, 12.5, 60]),
            "currency_id": pick(["EUR", "DKK"]),
            "methods": pick([[], [], ["truck"], ["pipe", "rail"]]),
            "max_distance_km": pick([None, None, 4, 100]),
            "storage_days": pick([None, 0, 3, 30]),
        }
        if fields["valid_from"] and fields["valid_to"]:
            fields["valid_to"] = None
        for name, values in {
            "temperature_celsius": (45, 55, 60, 90, 120),
            "pressure_bar": (1, 3, 3.4, 10),
            "purity_pct": (80, 84, 95),
            "moisture_pct": (5, 8, 20),
            "ph": (6, 6.8, 7, 9),
        }.items():
            if pick([True, False]):
                low, high = self.range_of(*values)
            else:
                low = high = None
            fields[f"{name}_min"], fields[f"{name}_max"] = low, high
        return fields

    def contaminants(self) -> dict[str, float]:
        names = self.random.sample(["cd", "hg", "pb"], self.random.choice([0, 0, 1, 2]))
        return {name: self.random.randint(1, 5) for name in names}

    def add(self) -> ResourceFlow:
        flow = ResourceFlow(**self.fields())
        return organization_services.save_flow(flow, contaminants=self.contaminants())

    def change_without_rematch(self) -> None:
        """One random change; its rematches are left to the events."""
        kind = self.random.choice(["edit", "add", "delete"])
        if kind == "add":
            self.flows.append(self.add())
        elif kind == "delete":
            self.flows.pop(self.random.randrange(len(self.flows))).delete()
        else:
            self.edit()

    def edit(self) -> ResourceFlow:
        flow = self.random.choice(self.flows)
        for name, value in self.fields().items():
            setattr(flow, name, value)
        return organization_services.save_flow(flow, contaminants=self.contaminants())

    def change(self, kind: str | None = None) -> None:
        """A change (None: any) of a random flow, and the rematches that its events cause."""
        kind = kind or self.random.choice(["edit", "edit", "add", "delete", "move", "pause"])
        if not self.flows:
            kind = "add"
        if kind == "add":
            self.flows.append(self.add())
            services.rematch_flow(flow_id=self.flows[-1].pk)
        elif kind == "delete":
            self._delete()
        elif kind == "move":
            self._move()
        elif kind == "pause":
            flow = self.random.choice(self.flows)
            flow.status = "active" if flow.status == "paused" else "paused"
            organization_services.save_flow(flow)
            services.rematch_flow(flow_id=flow.pk)
        elif kind == "dismiss":
            self._dismiss()
        else:
            services.rematch_flow(flow_id=self.edit().pk)

    def _delete(self) -> None:
        flow = self.flows.pop(self.random.randrange(len(self.flows)))
        partners = set(Match.seen.of_flow(flow.pk).values_list("output", "input"))
        flow_id = flow.pk
        flow.delete()
        for partner in {key for pair in partners for key in pair} - {flow_id}:
            services.rematch_flow(flow_id=partner)

    def _move(self) -> None:
        site = self.random.choice(self.sites)
        site.location = self.point()
        organization_services.save_site(site)
        for flow_id in site.resource_flows.values_list("pk", flat=True):
            services.rematch_flow(flow_id=flow_id)

    def _dismiss(self) -> None:
        """A dismissal is no change to the engine: no rematch follows."""
        match = Match.objects.order_by("pk").first()
        if match:
            MatchDismissal.objects.get_or_create(
                output=match.output,
                input=match.input,
                organization=match.output.organization,
                defaults={"reason": "A road lies between."},
            )

    @staticmethod
    def clear() -> None:
        """Remove what other regions have left."""
        PartnerList.objects.all().delete()
        MatchingRun.objects.all().delete()
        ResourceFlow.objects.all().delete()
        Site.objects.all().delete()
        Organization.objects.all().delete()


def full_run() -> MatchingRun:
    return services.execute_run(MatchingRun.objects.create().pk)


def rows() -> dict:
    return {
        (match.output_id, match.input_id): tuple(getattr(match, name) for name in FIELDS)
        for match in Match.objects.for_display()
    }


def lists() -> dict:
    """Return the lists of partners as they are kept."""
    return {
        row.flow_id: (
            row.is_output,
            row.partners,
            row.scores,
            row.distances_m,
            set(row.listed_by),
            row.match_count,
            row.best_savings_eur_per_year,
            row.best_co2_avoided_t_per_year,
        )
        for row in PartnerList.objects.all()
    }
