"""Why a pair is no match: which rule fails and by how much, as data and in words."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from matching.engine.near_misses import QUANTITY_PER_YEAR, RULES, SUBSTANCE
from organizations import profile
from organizations.models import ResourceFlow
from turash.figures import NARROW, distance, figure, unit


@dataclass(frozen=True, slots=True)
class Reason:
    """
    A rule that fails, by `gap` in `unit`.

    The gap is what is missing to what the other side states; negative: too low. None: the rule
    holds or not, and nothing lies between.
    """

    rule: str
    gap: float | None
    unit: str
    text: str


@dataclass(frozen=True, slots=True)
class Failing:
    """A pair with the kernel's figures, as the words need them."""

    output: ResourceFlow
    input: ResourceFlow
    gap: float
    quantity_per_year: float
    substance: str

    @property
    def unit(self) -> str:
        return unit(self.output.resource_type.unit)


def reasons(
    output: ResourceFlow,
    input_: ResourceFlow,
    gaps: np.ndarray,
    facts: np.ndarray,
    substances: list[str],
) -> list[Reason]:
    """Return the failed rules in the order of the engine; `gaps` and `facts` are its figures."""
    substance = substances[int(facts[SUBSTANCE])] if substances else ""
    result = []
    for rule, gap in zip(RULES, gaps.tolist(), strict=True):
        if gap:
            is_exact = output.figures_are_exact and input_.figures_are_exact
            if not is_exact:
                gap = _at_most(rule, gap)
            failing = Failing(output, input_, gap, float(facts[QUANTITY_PER_YEAR]), substance)
            text = WORDS[rule](failing)
            if not is_exact and rule in CLASSES:
                text = _("up to %s") % text
            result.append(
                Reason(rule, None if rule in YES_OR_NO else gap, _unit(rule, failing), text)
            )
    return result


# Steps to which gaps are rounded up where the other side does not disclose its figures yet: the
# ranges that it shows have them, too. 0: to one significant digit.
CLASSES = {
    "temperature": 10.0,
    "pressure": 0.0,
    "purity": 10.0,
    "moisture": 10.0,
    "ph": 1.0,
    "contaminants": 0.0,
}


def _at_most(rule: str, gap: float) -> float:
    if rule not in CLASSES:
        return gap
    step = CLASSES[rule] or 10.0 ** math.floor(math.log10(abs(gap)))
    return math.copysign(math.ceil(abs(gap) / step) * step, gap)


YES_OR_NO = ("hours", "months", "hazardous")
UNITS = {
    "distance": "m",
    "validity": "days",
    "temperature": "K",
    "pressure": "bar",
    "purity": "points",
    "moisture": "points",
    "contaminants": "times the limit",
}


def _unit(rule: str, failing: Failing) -> str:
    return f"{failing.unit}/a" if rule == "quantity" else UNITS.get(rule, "")


def _distance(failing: Failing) -> str:
    return _("%s too far") % distance(failing.gap)


def _validity(failing: Failing) -> str:
    days = round(failing.gap)
    ends = failing.output.valid_to
    if ends is not None and failing.input.valid_from and ends < failing.input.valid_from:
        text = ngettext(
            "ends %d day before the need begins", "ends %d days before the need begins", days
        )
    else:
        text = ngettext(
            "begins %d day after the need ends", "begins %d days after the need ends", days
        )
    return text % days


def _hours(failing: Failing) -> str:
    return _only_when(
        profile.hours_text(failing.output.hours), profile.hours_text(failing.input.hours)
    )


def _months(failing: Failing) -> str:
    return _only_when(
        profile.months_text(failing.output.months), profile.months_text(failing.input.months)
    )


def _only_when(free: str, needed: str) -> str:
    return _("free only %(free)s, needed %(needed)s") % {"free": free, "needed": needed}


def _quantity(failing: Failing) -> str:
    if failing.input.min_quantity_per_year >= failing.output.min_quantity_per_year:
        text = _("needs at least %(lot)s %(unit)s a year; %(quantity)s %(unit)s could come")
    else:
        text = _("gives at least %(lot)s %(unit)s a year; %(quantity)s %(unit)s could be taken")
    return text % {
        "lot": figure(failing.quantity_per_year + failing.gap),
        "quantity": figure(failing.quantity_per_year),
        "unit": failing.unit,
    }


def _hazardous(failing: Failing) -> str:
    return _("hazardous, and the taker accepts none")


def _temperature(failing: Failing) -> str:
    text = _("%s too cold") if failing.gap < 0 else _("%s too warm")
    return text % f"{figure(abs(failing.gap))}{NARROW}°C"


def _pressure(failing: Failing) -> str:
    text = _("pressure %s too low") if failing.gap < 0 else _("pressure %s too high")
    return text % f"{figure(abs(failing.gap))}{NARROW}bar"


def _purity(failing: Failing) -> str:
    text = _("purity %s points too low") if failing.gap < 0 else _("purity %s points too high")
    return text % figure(abs(failing.gap))


def _moisture(failing: Failing) -> str:
    text = _("moisture %s points too low") if failing.gap < 0 else _("moisture %s points too high")
    return text % figure(abs(failing.gap))


def _ph(failing: Failing) -> str:
    text = _("pH %s too low") if failing.gap < 0 else _("pH %s too high")
    return text % figure(abs(failing.gap))


def _contaminants(failing: Failing) -> str:
    return _("%(substance)s %(factor)s times the limit") % {
        "substance": failing.substance,
        "factor": figure(failing.gap),
    }


WORDS: dict[str, Callable[[Failing], str]] = {
    "distance": _distance,
    "validity": _validity,
    "hours": _hours,
    "months": _months,
    "quantity": _quantity,
    "hazardous": _hazardous,
    "temperature": _temperature,
    "pressure": _pressure,
    "purity": _purity,
    "moisture": _moisture,
    "ph": _ph,
    "contaminants": _contaminants,
}
