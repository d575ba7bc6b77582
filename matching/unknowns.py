"""What the sides of a match have not said: it would narrow the figures, or could rule it out."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from matching.engine import parameters as p
from matching.models import Match
from organizations import profile
from organizations.models import ResourceFlow, ResourceType
from turash.figures import percent

PRECISION = {"measured": 0, "estimated": 1, "rough": 2}


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that a flow leaves open; `field` is the field of its form that says it."""

    flow: ResourceFlow
    field: str
    text: str
    could_break: bool


def unknowns_of(match: Match) -> list[Unknown]:
    """
    Return what is open, what could rule the match out first.

    Of what is not disclosed to the viewer nothing is told, not even whether it is stated.
    """
    sides = ((match.output, match.input), (match.input, match.output))
    found = [one for ours, theirs in sides for one in _of_side(ours, theirs)]
    return sorted(found, key=lambda one: not one.could_break)


def _of_side(ours: ResourceFlow, theirs: ResourceFlow) -> Iterator[Unknown]:
    yield from _quality(ours, theirs)
    if theirs.hazardous and ours.direction == "input":
        yield from _permit(ours)
    share = p.PRECISION_SHARES[PRECISION[ours.precision_level]]
    if ours.precision_level != ResourceFlow.PrecisionLevel.MEASURED:
        yield Unknown(
            ours,
            "precision_level",
            _("The amount is not measured and may be off by %s: a measured one narrows all ranges.")
            % percent(share),
            could_break=False,
        )
    yield from _cost(ours)


def _quality(ours: ResourceFlow, theirs: ResourceFlow) -> Iterator[Unknown]:
    stated = {key for key, _label, text in profile.quality(ours) if text}
    for key, label, text in profile.quality(theirs):
        if key in ("hazardous", "waste_code", "contaminants") or key in stated:
            continue
        if text:
            words = _(
                "%(what)s is not stated; the other side says %(text)s. Until then it counts half."
            )
            words %= {"what": label, "text": text}
            yield Unknown(ours, f"{key}_min", words, could_break=True)
        elif key == "temperature_celsius" and _is_by_temperature(ours):
            words = _(
                "No side has stated a temperature, on which the use of this resource depends."
            )
            yield Unknown(ours, f"{key}_min", words, could_break=True)
    if ours.direction == "output":
        yield from _contaminants(ours, theirs)


def _is_by_temperature(flow: ResourceFlow) -> bool:
    return flow.resource_type.temperature_rule != ResourceType.TemperatureRule.WINDOW


def _contaminants(ours: ResourceFlow, theirs: ResourceFlow) -> Iterator[Unknown]:
    stated = {row.substance for row in ours.contaminants.all()}
    missing = sorted({row.substance for row in theirs.contaminants.all()} - stated)
    if missing:
        words = _("The other side has limits for %s, and the content is not stated.")
        yield Unknown(ours, "contaminants", words % ", ".join(missing), could_break=True)


def _permit(ours: ResourceFlow) -> Iterator[Unknown]:
    if not ours.site.holds_hazardous_waste_permit:
        words = _("The resource is hazardous, and the site states no permit for it.")
        yield Unknown(ours, "", words, could_break=True)


def _cost(ours: ResourceFlow) -> Iterator[Unknown]:
    if ours.current_cost_per_unit is not None or not ours.figures_are_exact:
        return
    if ours.direction == "input":
        words = _("What is paid today is not stated: the price of the replaced product counts.")
    elif ours.resource_type.waste_codes:
        words = _("What the disposal costs today is not stated: it counts as nothing.")
    else:
        return
    yield Unknown(ours, "current_cost_per_unit", words, could_break=False)
