"""Why a match fits: each factor score with its weight and the facts behind it, in words."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from matching import weights
from matching.labels import LABELS
from matching.models import Match
from matching.outcome import Outcome
from organizations import profile
from organizations.models import ResourceFlow
from turash.figures import distance, figure, percent, unit


@dataclass(frozen=True, slots=True)
class FactorScore:
    """`score` is a share of 1."""

    name: str
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Factor(FactorScore):
    """With its weight now, a share of 1, and the facts behind the score."""

    weight: float
    text: str


def scores(scored: Match | Outcome) -> list[FactorScore]:
    """The factor scores alone, for lists."""
    return [
        FactorScore(name, str(LABELS[f"{name}_score"]), score)
        for name, score in scored.factors.items()
    ]


def factors(match: Match) -> list[Factor]:
    """The factor scores, each with its weight and the facts behind it."""
    weight_of = weights.by_factor()
    return [
        Factor(one.name, one.label, one.score, weight_of[one.name], TEXTS[one.name](match))
        for one in scores(match)
    ]


def _quality(match: Match) -> str:
    given = {key: (label, text) for key, label, text in profile.quality(match.output) if text}
    needed = {key: (label, text) for key, label, text in profile.quality(match.input) if text}
    stated = [key for key in (given | needed) if key not in ("hazardous", "waste_code")]
    if not stated:
        return _("Neither side states a quality: neutral.")
    parts = []
    for key in stated:
        label = (given.get(key) or needed[key])[0]
        gives = given[key][1] if key in given else _("not stated")
        needs = needed[key][1] if key in needed else _("not stated")
        parts.append(
            _("%(label)s: gives %(gives)s, needs %(needs)s")
            % {"label": label, "gives": gives, "needs": needs}
        )
    return "; ".join(parts) + "."


def _temporal(match: Match) -> str:
    return _("Both run in %(hours)s of the 8,760 hours of a year.") % {
        "hours": figure(match.shared_hours_per_year)
    }


def _quantity(match: Match) -> str:
    larger = max(match.output.available_per_year, match.input.available_per_year)
    return _("%(part)s of %(whole)s %(unit)s a year can be exchanged.") % {
        "part": figure(match.quantity_per_year),
        "whole": figure(larger),
        "unit": unit(match.output.resource_type.unit),
    }


def _economic(match: Match) -> str:
    avoided = match.avoided_purchase_eur_per_year + match.avoided_disposal_eur_per_year
    if avoided <= 0:
        return _("No price is known: neutral.")
    return _("%s of the avoided costs remain after transport and investment.") % percent(
        float(match.savings_eur_per_year / avoided)
    )


def _spatial(match: Match) -> str:
    return _("%(distance)s of at most %(limit)s.") % {
        "distance": distance(match.distance_m),
        "limit": distance(reach_km(match) * 1000),
    }


def reach_km(match: Match) -> float:
    """How far apart the two may lie at most: the least of the limits of type and sides [km]."""
    limits = (
        match.output.resource_type.max_distance_km,
        match.output.max_distance_km,
        match.input.max_distance_km,
    )
    return min(limit for limit in limits if limit is not None)


def _trust(match: Match) -> str:
    sides: tuple[ResourceFlow, ...] = (match.output, match.input)
    verified = sum(side.organization.verified_at is not None for side in sides)
    completed = sum(side.organization.completed_exchanges for side in sides)
    precision = ", ".join(
        dict.fromkeys(side.get_precision_level_display().lower() for side in sides)
    )
    return " ".join(
        (
            _("Figures: %s.") % precision,
            _("%d of 2 organizations verified.") % verified,
            ngettext("%d completed exchange.", "%d completed exchanges.", completed) % completed,
        )
    )


def _regulatory(match: Match) -> str:
    countries = {match.output.site.country, match.input.site.country} - {""}
    parts = []
    if match.output.hazardous:
        permit = match.input.site.holds_hazardous_waste_permit
        parts.append(
            _("Hazardous; the taking site holds a permit.")
            if permit
            else _("Hazardous; the taking site states no permit.")
        )
    if len(countries) > 1:
        parts.append(_("Crosses a border."))
    return " ".join(parts) or _("Not hazardous, no border in between.")


TEXTS: dict[str, Callable[[Match], str]] = {
    "quality": _quality,
    "temporal": _temporal,
    "quantity": _quantity,
    "economic": _economic,
    "spatial": _spatial,
    "trust": _trust,
    "regulatory": _regulatory,
}
