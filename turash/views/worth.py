"""What the matches of some organizations are worth, and which of them are new."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django.db.models import Case, Value, When

from matching.disclosure import as_seen_from
from matching.models import Match
from matching.querysets import MatchQuerySet
from organizations.disclosure import Viewpoint
from proposals.models import Proposal
from proposals.states import OPEN, Status
from turash.realtime.models import Notification

# Of each kind the figures of so many are computed.
BEST_VALUED = 50
NEW_SHOWN = 5
NEW_COUNTED = 200


@dataclass(frozen=True, slots=True)
class OnTheTable:
    """
    What the best matches without a proposal would save [EUR/a] and avoid [t CO2/a] together.

    Each flow counts once, in the match that saves most, so that the sums could come true.
    """

    matches: int
    savings: float
    co2: float

    @classmethod
    def of(cls, matches: Sequence[Match]) -> Self:
        taken: set[UUID] = set()
        count, savings, co2 = 0, 0.0, 0.0
        for match in sorted(matches, key=lambda match: -match.savings_eur_per_year):
            if match.savings_eur_per_year <= 0 or taken & {match.output_id, match.input_id}:
                continue
            taken |= {match.output_id, match.input_id}
            count += 1
            savings += float(match.savings_eur_per_year)
            co2 += match.co2_avoided_t_per_year
        return cls(count, savings, co2)


@dataclass(frozen=True, slots=True)
class Matches:
    """The best matches, those found since the last visit (the newest first), and their worth."""

    best: list[Match]
    new: list[Match]
    new_count: int
    on_the_table: OnTheTable

    @property
    def has_more_new(self) -> bool:
        return self.new_count > NEW_COUNTED


def look(viewer: Any, organization_ids: list[UUID], *, news_after: int | None) -> Matches:
    """Return what somebody sees of some organizations' matches, in a fixed number of queries."""
    matches = Match.seen.of_organizations(organization_ids).not_dismissed_by(organization_ids)
    found = _found_since(organization_ids, news_after)
    still = set(matches.filter(pk__in=found).values_list("pk", flat=True)) if found else set()
    new = [key for key in found if key in still]
    rows = as_seen_from(Viewpoint(viewer), _read(matches, new[:NEW_SHOWN]))
    best = sorted(rows, key=lambda match: (-match.score, match.distance_m, match.pk))[:BEST_VALUED]
    for match in rows:
        match.is_new = match.pk in still
    proposed = _proposed(best)
    return Matches(
        best=best,
        new=[match for key in new[:NEW_SHOWN] for match in rows if match.pk == key],
        new_count=len(new),
        on_the_table=OnTheTable.of(
            [match for match in best if (match.output_id, match.input_id) not in proposed]
        ),
    )


def _found_since(organization_ids: list[UUID], news_after: int | None) -> list[UUID]:
    """Return the matches of which some organizations were told after that, the newest first."""
    if news_after is None:
        return []
    told = Notification.objects.filter(
        organization__in=organization_ids, type="match_found", pk__gt=news_after
    ).order_by("-pk")
    # Told to both sides: the organizations may be both.
    keys = told.values_list("subject_id", flat=True)[: 2 * (NEW_COUNTED + 1)]
    return list(dict.fromkeys(keys))[: NEW_COUNTED + 1]


def _read(matches: MatchQuerySet, wanted: list[UUID]) -> list[Match]:
    """Return the best matches and those wanted, with their figures."""
    order: list[Any] = ["-score", "distance_m", "pk"]
    if wanted:
        order.insert(0, Case(When(pk__in=wanted, then=Value(0)), default=Value(1)))
    return list(matches.for_display().order_by(*order)[: BEST_VALUED + len(wanted)])


def _proposed(matches: list[Match]) -> set[tuple[UUID, UUID]]:
    """Return the pairs of flows that are proposed, agreed, running or done, by whomever."""
    flows = {flow_id for match in matches for flow_id in (match.output_id, match.input_id)}
    proposals = Proposal.objects.filter(
        resource__in=flows, counterpart__in=flows, status__in=[*OPEN, Status.COMPLETED]
    )
    pairs = proposals.values_list("resource", "counterpart")
    return {pair for one, other in pairs for pair in ((one, other), (other, one))}
