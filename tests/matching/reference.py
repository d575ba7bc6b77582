"""The rules of docs/matching.md in plain, slow Python, written against model instances."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from organizations.models import ResourceFlow, ResourceType

WEIGHTS = {
    "quality": 0.20,
    "temporal": 0.15,
    "quantity": 0.15,
    "economic": 0.20,
    "spatial": 0.10,
    "trust": 0.10,
    "regulatory": 0.10,
}
DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
PIPES = [
    (0.2, 195), (0.3, 206), (0.6, 220), (1.2, 240), (1.9, 261), (3.6, 288), (6.1, 323), (9.8, 357),
    (20, 426), (45, 564), (75, 701), (125, 839), (190, 976),
]  # fmt: skip
ANNUITY = 0.03 / (1 - 1.03**-30)


@dataclass
class Expected:
    score: float
    factors: dict[str, float]
    quantity: float
    investment: float
    savings: float
    co2: float


def expected_match(
    output: ResourceFlow, input_: ResourceFlow, distance_m: float
) -> Expected | None:
    """What the documentation promises for a pair; None where it is no match."""
    kind = output.resource_type
    if output.direction != "output" or input_.direction != "input":
        return None
    if output.status != "active" or input_.status != "active":
        return None
    if output.organization_id == input_.organization_id:
        return None
    if kind.code != input_.resource_type.code and not kind.code.startswith(
        input_.resource_type.code + "."
    ):
        return None
    limits_km = [kind.max_distance_km, output.max_distance_km, input_.max_distance_km]
    limit_m = min(km for km in limits_km if km is not None) * 1000
    if distance_m > limit_m:
        return None
    if any(
        first.valid_from and last.valid_to and first.valid_from > last.valid_to
        for first, last in ((output, input_), (input_, output))
    ):
        return None

    hours = [h for h in range(168) if h in output.hours_of_week and h in input_.hours_of_week]
    months = set(output.months) & set(input_.months)
    shared = _hours_per_year(len(hours), months)
    if shared == 0:
        return None
    share_out = shared / _hours_per_year(len(output.hours_of_week), set(output.months))
    share_in = shared / _hours_per_year(len(input_.hours_of_week), set(input_.months))
    quantity = min(output.quantity_per_year * share_out, input_.quantity_per_year * share_in)
    if quantity < max(output.min_quantity_per_year, input_.min_quantity_per_year) * (1 - 1e-9):
        return None

    quality = _quality(output, input_, kind, distance_m)
    if quality is None:
        return None

    investment, running, emissions = _transport(output, input_, kind, quantity, shared, distance_m)
    price = _cost(input_)
    if price is None and kind.price_eur_per_unit is not None:
        price = float(kind.price_eur_per_unit)
    disposal = _cost(output)
    gross = quantity * ((price or 0) + (disposal or 0))
    savings = gross - running - investment * (0.01 + ANNUITY)
    if price is None and disposal is None:
        economic = 0.5
    else:
        economic = max(0.0, savings / gross) if gross > 0 else 0.0
    storage = min(1, max(output.storage_days or 0, input_.storage_days or 0) / 7)
    overlap = (share_out + share_in) / 2
    factors = {
        "quality": quality,
        "temporal": overlap + (1 - overlap) * storage,
        "quantity": quantity / max(output.quantity_per_year, input_.quantity_per_year),
        "economic": economic,
        "spatial": 1 - distance_m / limit_m,
        "trust": _trust(output, input_),
        "regulatory": _regulatory(output, input_),
    }
    score = sum(WEIGHTS[name] * value for name, value in factors.items())
    co2 = quantity * (kind.co2_t_per_unit or 0) - emissions
    return Expected(score, factors, quantity, investment, savings, co2)


def _hours_per_year(hours_per_week: int, months: set[int]) -> float:
    return 8760 * hours_per_week / 168 * sum(DAYS[month - 1] for month in months) / 365


def _cost(flow: ResourceFlow) -> float | None:
    if flow.current_cost_per_unit is None:
        return None
    return float(flow.current_cost_per_unit) * float(flow.currency.eur_per_unit) / flow.unit_factor


def _acceptance(x: float, low: float, high: float, low_edge: float, high_edge: float) -> float:
    if x < low:
        return max(0.0, 1 - (low - x) / low_edge) if low_edge else 0.0
    if x > high:
        return max(0.0, 1 - (x - high) / high_edge) if high_edge else 0.0
    return 1.0


def _window(offered, accepted, low_edge: float, high_edge: float):
    """None: nothing to compare. False: no match."""
    if offered == (None, None) and accepted == (None, None):
        return None
    if offered == (None, None) or accepted == (None, None):
        return 0.5
    a = offered[0] if offered[0] is not None else offered[1]
    b = offered[1] if offered[1] is not None else offered[0]
    low = -math.inf if accepted[0] is None else accepted[0]
    high = math.inf if accepted[1] is None else accepted[1]
    if low - b > low_edge or a - high > high_edge:
        return False
    if a == b:
        return _acceptance(a, low, high, low_edge, high_edge)
    # The mean of a function made of straight pieces: exact by trapezoids between its corners.
    corners = {a, b, *(c for c in (low - low_edge, low, high, high + high_edge) if a < c < b)}
    points = sorted(corners)
    area = sum(
        (right - left)
        * (
            _acceptance(left, low, high, low_edge, high_edge)
            + _acceptance(right, low, high, low_edge, high_edge)
        )
        / 2
        for left, right in itertools.pairwise(points)
    )
    return area / (b - a)


def _quality(output, input_, kind: ResourceType, distance_m: float) -> float | None:
    if output.hazardous and not input_.hazardous:
        return None
    drop = 0.5 * distance_m / 1000
    scores = []
    temperature = (output.temperature_celsius_min, output.temperature_celsius_max)
    accepted = (input_.temperature_celsius_min, input_.temperature_celsius_max)
    if kind.temperature_rule == "at_least":
        temperature = tuple(t if t is None else t - drop for t in temperature)
        accepted = (accepted[0], None)
    elif kind.temperature_rule == "at_most":
        temperature = tuple(t if t is None else t + drop for t in temperature)
        accepted = (None, accepted[1])
    scores.append(_window(temperature, accepted, 10, 10))
    pressure = (input_.pressure_bar_min, input_.pressure_bar_max)
    scores.append(
        _window(
            (output.pressure_bar_min, output.pressure_bar_max),
            pressure,
            0.2 * (pressure[0] or 0),
            0.2 * (pressure[1] or 0),
        )
    )
    for name, edge in (("purity_pct", 5), ("moisture_pct", 5), ("ph", 0.5)):
        offered = (getattr(output, f"{name}_min"), getattr(output, f"{name}_max"))
        wanted = (getattr(input_, f"{name}_min"), getattr(input_, f"{name}_max"))
        scores.append(_window(offered, wanted, edge, edge))
    scores.append(_contaminants(output, input_))
    if any(score is False for score in scores):
        return None
    compared = [score for score in scores if score is not None]
    return sum(compared) / len(compared) if compared else 0.5


def _contaminants(output, input_):
    limits = {c.substance: c.mg_per_kg for c in input_.contaminants.all()}
    contents = {c.substance: c.mg_per_kg for c in output.contaminants.all()}
    if not limits:
        return None
    if any(contents.get(name, 0) > limit for name, limit in limits.items()):
        return False
    return sum(1.0 if name in contents else 0.5 for name in limits) / len(limits)


def _transport(output, input_, kind, quantity, hours, distance_m):
    """(investment, running cost a year, emissions a year)"""
    allowed = set(output.methods or ["pipe", "truck", "rail", "grid", "pickup"]) & set(
        input_.methods or ["pipe", "truck", "rail", "grid", "pickup"]
    )
    mode = kind.transport
    if mode not in allowed:
        can = {
            "pipe": kind.pipe_mw_per_unit_per_hour is not None,
            "grid": kind.transport == "grid",
            **dict.fromkeys(("rail", "truck", "pickup"), kind.tonnes_per_unit is not None),
        }
        order = ("pipe", "grid", "rail", "truck", "pickup")
        mode = next((m for m in order if m in allowed and can[m]), mode)
    if mode == "pipe" and kind.pipe_mw_per_unit_per_hour is not None:
        megawatts = quantity / hours * kind.pipe_mw_per_unit_per_hour
        per_m = next((eur for mw, eur in PIPES if megawatts <= mw), None)
        if per_m is None:
            per_m = math.ceil(megawatts / 190) * 976
        investment = per_m * distance_m
        if kind.temperature_rule != "window":
            investment += megawatts * (15_000 + (265_000 if megawatts < 1 else 100_000))
        return investment, 0.0, 0.0
    if mode == "grid":
        return 0.0, quantity * 20, 0.0
    tonne_km = quantity * (kind.tonnes_per_unit or 0) * distance_m / 1000 * 1.3
    if mode == "rail":
        return 0.0, tonne_km * 0.05, tonne_km * 24e-6
    return 0.0, tonne_km * 0.12, tonne_km * 137e-6


def _trust(output, input_) -> float:
    by_level = {"measured": 1.0, "estimated": 0.7, "rough": 0.4}
    precision = (by_level[output.precision_level] + by_level[input_.precision_level]) / 2
    owners = (output.organization, input_.organization)
    verified = sum(owner.verified_at is not None for owner in owners) / 2
    done = sum(owner.completed_exchanges for owner in owners)
    return 0.6 * precision + 0.2 * verified + 0.2 * done / (done + 3)


def _regulatory(output, input_) -> float:
    score = 1.0
    if output.hazardous:
        score = 0.7 if input_.site.holds_hazardous_waste_permit else 0.3
    countries = {output.site.country, input_.site.country}
    if "" not in countries and len(countries) == 2:
        score *= 0.5 if output.hazardous else 0.7
    return score
