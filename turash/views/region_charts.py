"""What the page of the region draws, each drawing with the table of the same numbers."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from maps.region import LEAST_ORGANIZATIONS, Region, Sum
from maps.sectors import section_name
from matching.models import Match
from organizations.models import Organization, ResourceType
from proposals.models import Proposal
from proposals.states import Status
from turash.charts.bars import Amount, Row, bars_of
from turash.charts.network import Tie, network_of
from turash.charts.sankey import sankey_through
from turash.figures import figure, unit
from turash.spreadsheets import Cell

MOST_PARTS = 14
MOST_TYPES = 14
MOST_MATCHES = 200
MOST_TIES = 80
RUNNING = (Status.ACCEPTED, Status.NEGOTIATING, Status.CONTRACTED, Status.LIVE, Status.COMPLETED)


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing, what it shows, and its numbers; drawn None: there is nothing to draw."""

    name: str
    title: str
    drawn: Any
    header: list[str]
    rows: list[list[Cell]]

    @property
    def template(self) -> str:
        return f"turash/charts/_{self.name}.html"

    @property
    def table(self) -> list[list[tuple[str, bool]]]:
        """The rows as texts, and whether each is a number."""
        return [[_text(cell) for cell in row] for row in self.rows]


def _text(cell: Cell) -> tuple[str, bool]:
    if cell is None:
        return "–", True
    return (figure(cell), True) if isinstance(cell, int | float) else (str(cell), False)


@dataclass(frozen=True, slots=True)
class View:
    """The sums of a region that are asked for, with names in the reader's language."""

    region: Region
    sums: list[Sum]
    types: dict[int, ResourceType]

    @classmethod
    def of(cls, region: Region, family: str = "") -> "View":
        types = ResourceType.objects.in_bulk({one.resource_type_id for one in region.sums})
        if family:
            types = {key: kind for key, kind in types.items() if kind.family == family}
        return cls(region, [one for one in region.sums if one.resource_type_id in types], types)

    def part_name(self, one: Sum) -> str:
        if self.region.parts == "sector":
            return section_name(one.part)
        return self.region.names.get(one.part, "–")

    @property
    def unit(self) -> str:
        """The unit of all types, where it is one; else empty."""
        units = {kind.unit for kind in self.types.values()}
        return units.pop() if len(units) == 1 else ""


def flows_chart(view: View) -> Chart:
    """Who gives which resource, and who needs it; in a common unit, else by numbers of flows."""
    weigh = "quantity" if view.unit else "flows"
    links: dict[str, dict[tuple[str, str], float]] = {
        side: defaultdict(float) for side in ("output", "input")
    }
    table: dict[tuple[str, str, str], list[float]] = defaultdict(lambda: [0, 0.0])
    for one in view.sums:
        part, kind = view.part_name(one), view.types[one.resource_type_id]
        links[one.direction][part, kind.label] += getattr(one, weigh)
        row = table[part, one.direction, kind.label]
        row[0] += one.flows
        row[1] += one.quantity
    kinds = _largest(
        ((kind, weight) for side in links.values() for (_part, kind), weight in side.items()),
        MOST_TYPES,
    )
    drawn = {side: _bounded(pairs, kinds) for side, pairs in links.items()}
    units = {kind.label: unit(kind.unit) for kind in view.types.values()}
    directions = {"output": _("gives"), "input": _("needs")}
    return Chart(
        "flows",
        _("Who gives and needs what"),
        sankey_through(
            drawn["output"], {(kind, part): w for (part, kind), w in drawn["input"].items()}
        ),
        [_("Who"), _("Direction"), _("Resource"), _("Flows"), _("Per year"), _("Unit")],
        [
            [part, directions[direction], kind, int(flows), quantity, units[kind]]
            for (part, direction, kind), (flows, quantity) in sorted(table.items())
        ],
    )


def _bounded(pairs: dict[tuple[str, str], float], kinds: set[str]) -> dict[tuple[str, str], float]:
    """Return links of parts and kinds, the small ones of both as "others"."""
    parts = _largest(((part, weight) for (part, _kind), weight in pairs.items()), MOST_PARTS)
    others, sums = _("others"), defaultdict(float)
    for (part, kind), weight in pairs.items():
        sums[part if part in parts else others, kind if kind in kinds else others] += weight
    return {pair: weight for pair, weight in sums.items() if weight > 0}


def _largest(weights: Iterable[tuple[str, float]], most: int) -> set[str]:
    sums: dict[str, float] = defaultdict(float)
    for name, weight in weights:
        sums[name] += weight
    return set(sorted(sums, key=lambda name: (-sums[name], name))[:most])


@dataclass(slots=True)
class _Side:
    flows: int = 0
    quantity: float = 0.0
    partnered: float = 0.0
    organizations: int = 0

    def add(self, one: Sum) -> None:
        self.flows += one.flows
        self.quantity += one.quantity
        self.partnered += one.partnered
        self.organizations += one.partnered_organizations

    @property
    def told(self) -> float | None:
        """What has a partner; None where this would tell of few organizations."""
        return self.partnered if self.organizations >= LEAST_ORGANIZATIONS else None


def balance_chart(view: View) -> Chart:
    """What is given and needed of each type, and how much of both has a partner."""
    sides: dict[int, dict[str, _Side]] = defaultdict(lambda: {"output": _Side(), "input": _Side()})
    for one in view.sums:
        sides[one.resource_type_id][one.direction].add(one)
    order = sorted(
        sides,
        key=lambda key: (-sum(side.flows for side in sides[key].values()), view.types[key].code),
    )
    rows: list[list[Cell]] = []
    drawn = []
    for key in order:
        kind, given, needed = view.types[key], sides[key]["output"], sides[key]["input"]
        text = unit(kind.unit)
        rows.append(
            [
                kind.label,
                text,
                given.flows,
                given.quantity,
                given.told,
                needed.flows,
                needed.quantity,
                needed.told,
                given.quantity - needed.quantity,
            ]
        )
        drawn.append(
            Row(
                kind.label,
                *(
                    Amount(side.quantity, f"{figure(side.quantity)} {text}", side.told)
                    for side in (given, needed)
                ),
            )
        )
    return Chart(
        "balance",
        _("What is left, what is missing"),
        bars_of(drawn[:MOST_TYPES]),
        [
            _("Resource"),
            _("Unit"),
            _("Outputs"),
            _("Given a year"),
            _("… with a partner"),
            _("Inputs"),
            _("Needed a year"),
            _("… with a partner"),
            _("Left or missing a year"),
        ],
        rows,
    )


def network_chart(region: Region, viewer: Any, family: str = "") -> Chart:
    """Who could exchange something with whom, and who does, as far as the viewer may know."""
    matches, agreed = _matches(region, viewer, family), _exchanges(viewer, family)
    pairs = sorted(
        {*matches, *agreed},
        key=lambda pair: (-agreed.get(pair, 0), -matches.get(pair, 0), pair),
    )[:MOST_TIES]
    names = _names({key for pair in pairs for key in pair})
    ties, rows = {}, []
    for giver, taker in pairs:
        found, firm = matches.get((giver, taker), 0), agreed.get((giver, taker), 0)
        title = f"{names[giver]} → {names[taker]}: " + ", ".join(
            [
                *([ngettext("%d match", "%d matches", found) % found] if found else []),
                *([ngettext("%d exchange", "%d exchanges", firm) % firm] if firm else []),
            ]
        )
        ties[names[giver], names[taker]] = Tie(found + firm, title, is_firm=bool(firm))
        rows.append([names[giver], names[taker], found, firm])
    own = (
        set() if viewer.is_facilitator else set(viewer.organizations.values_list("name", flat=True))
    )
    return Chart(
        "network",
        _("Who fits whom"),
        network_of(ties, own),
        [_("Gives"), _("Takes"), _("Matches"), _("Exchanges agreed or under way")],
        rows,
    )


Counts = dict[tuple[Any, Any], int]


def _matches(region: Region, viewer: Any, family: str) -> Counts:
    """Return how many of the best matches each pair of organizations has, (giver, taker)."""
    counts: Counts = defaultdict(int)
    if viewer.is_facilitator:
        # To sort all matches of a region takes too long; the best of each output were read before.
        kinds = _kinds(family)
        for one in region.best_pairs:
            if kinds is None or one.resource_type_id in kinds:
                counts[one.output_organization_id, one.input_organization_id] += 1
        return counts
    keys = list(viewer.organizations.values_list("pk", flat=True))
    best = Match.seen.of_organizations(keys).not_dismissed_by(keys).order_by("-score", "pk")
    if family:
        best = best.filter(output__resource_type__family=family)
    for pair in best.values_list("output__organization", "input__organization")[:MOST_MATCHES]:
        counts[pair] += 1
    return counts


def _kinds(family: str) -> set[int] | None:
    """Return the keys of a family's types; None: of all."""
    if not family:
        return None
    return set(ResourceType.objects.filter(family=family).values_list("pk", flat=True))


def _exchanges(viewer: Any, family: str) -> Counts:
    counts: Counts = defaultdict(int)
    running = Proposal.objects.visible_to(viewer).filter(status__in=RUNNING)
    if family:
        running = running.filter(resource__resource_type__family=family)
    rows = running.order_by("-updated_at", "pk").values_list(
        "from_organization", "to_organization", "resource__direction"
    )
    for sender, target, direction in rows[:MOST_MATCHES]:
        counts[(target, sender) if direction == "output" else (sender, target)] += 1
    return counts


def _names(keys: Iterable[Any]) -> dict[Any, str]:
    """Return names that are told apart, whoever shares one."""
    seen: dict[str, int] = defaultdict(int)
    names = {}
    for key, name in (
        Organization.objects.filter(pk__in=keys).order_by("pk").values_list("pk", "name")
    ):
        seen[name] += 1
        names[key] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return names


def charts_of(region: Region, viewer: Any, family: str) -> Sequence[Chart]:
    """All that a viewer may see of the region."""
    view = View.of(region, family)
    charts = [flows_chart(view), balance_chart(view)]
    if viewer.is_authenticated:
        charts.append(network_chart(region, viewer, family))
    return charts
