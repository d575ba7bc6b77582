"""Who has a match with whom, and what a match tells those who may not see exact figures."""

from collections.abc import Collection, Sequence
from copy import copy
from uuid import UUID

from matching import figures, weights
from matching.engine.parameters import FACTORS
from matching.models import Match
from organizations import disclosure
from organizations.disclosure import Viewpoint
from organizations.models.stage import Stage


@disclosure.finds(Stage.MATCHED)
def matched_with(organization_ids: Collection[UUID]) -> set[UUID]:
    """Return the organizations with which some others have a match now, in one query."""
    sides = Match.seen.of_organizations(list(organization_ids)).values_list(
        "output__organization", "input__organization"
    )
    return {side for pair in sides.distinct() for side in pair} - set(organization_ids)


def as_seen_from(viewpoint: Viewpoint, matches: Sequence[Match]) -> list[Match]:
    """
    Return matches that were read for display as a viewer may see them.

    Where figures of a side are not disclosed yet, the kernel is asked again with those that are
    shown instead: what the match says follows from these, and tells no more than they do. In a
    fixed number of queries.
    """
    seen = {match.pk: _with_sides_as_shown(viewpoint, match) for match in matches}
    coarse = [match for match in seen.values() if not match.is_exact]
    if not coarse:
        return list(matches)
    shown = {flow.pk: flow for match in coarse for flow in (match.output, match.input)}
    weight_of = weights.by_factor()
    for match, result in zip(coarse, figures.score(coarse, shown=shown, any_lot=True), strict=True):
        if result is None:
            # Lost a moment ago.
            del seen[match.pk]
        else:
            for name, value in figures.values_of(result).items():
                setattr(match, name, value)
            # Quality is compared as it is; what comes of it must not tell where in the range.
            match.quality_score = round(match.quality_score, 1)
            match.score = sum(weight_of[name] * match.factors[name] for name in FACTORS)
    return list(seen.values())


def _with_sides_as_shown(viewpoint: Viewpoint, match: Match) -> Match:
    sides = [viewpoint.shown(flow) for flow in (match.output, match.input)]
    if all(flow.figures_are_exact for flow in sides):
        return match
    seen = copy(match)
    seen.is_exact = False
    seen.output, seen.input = sides
    return seen
