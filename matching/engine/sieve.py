"""What rules most pairs out before anything costly is computed: an upper bound of their score."""

import numpy as np
from numba import njit

from matching.engine import parameters as p
from matching.engine.arrays import AT_LEAST, AT_MOST, FLOW
from matching.engine.economics import transport_costs, transport_mode
from matching.engine.geodesy import places_m
from matching.engine.quality import refuses_hazard
from matching.engine.scoring import (
    ANNUITY_FACTOR,
    avoided_prices,
    days_apart,
    economic_score,
    exchangeable_quantity,
    hours_per_year,
    is_too_little,
    may_pair,
    regulatory_score,
    smallest_lot,
    temporal_score,
    trust_score,
)

# Far above the rounding errors of two ways to compute one score, far below any difference of two.
SLACK = 1e-9
IMPOSSIBLE = -1.0

_SAME_AS_FLOW = (
    "reach_m", "organization_high", "organization_low", "hours_0", "hours_1", "hours_2",
    "quantity_per_year", "min_quantity_per_year", "cost_eur_per_unit", "storage_days", "type",
    "months", "valid_from_day", "valid_to_day", "completed_exchanges", "verified", "country",
    "hazardous", "permit", "methods",
)  # fmt: skip
# A flow in three lines of the processor's cache, with what can be computed before it is paired.
GRAIN = np.dtype(
    [
        ("x_m", np.float64),
        ("y_m", np.float64),
        ("z_m", np.float64),
        *((name, FLOW[name]) for name in _SAME_AS_FLOW),
        ("hours_per_year", np.float64),
        ("precision_trust", np.float64),
        ("stated", np.int32),  # bits: temperature from, to, pressure, purity, moisture, pH
        ("contents", np.int32),  # whether it states contaminants
    ],
    align=True,
)
_TEMPERATURE_FROM, _TEMPERATURE_TO = 1, 2
_WINDOWS = (("pressure", "bar"), ("purity", "pct"), ("moisture", "pct"), ("ph", ""))
# Set bits of a set of dimensions.
_COUNTS = np.array([bits.bit_count() for bits in range(64)])


def grains_of(flows: np.ndarray) -> np.ndarray:
    """Return what the sieve needs to know of flows."""
    grains = np.zeros(len(flows), dtype=GRAIN)
    for name in _SAME_AS_FLOW:
        grains[name] = flows[name]
    grains["x_m"], grains["y_m"], grains["z_m"] = places_m(flows["latitude"], flows["longitude"])
    grains["hours_per_year"] = _hours_of(flows)
    grains["precision_trust"] = p.PRECISION_TRUST[flows["precision"]]
    stated = ~np.isnan(flows["temperature_min_c"]) * _TEMPERATURE_FROM
    stated |= ~np.isnan(flows["temperature_max_c"]) * _TEMPERATURE_TO
    for number, (name, unit) in enumerate(_WINDOWS, 2):
        ends = [f"{name}_{end}_{unit}".rstrip("_") for end in ("min", "max")]
        stated |= ~(np.isnan(flows[ends[0]]) & np.isnan(flows[ends[1]])) << number
    grains["stated"] = stated
    grains["contents"] = flows["contaminants_start"] < flows["contaminants_end"]
    return grains


@njit(cache=True)
def _hours_of(flows):
    hours = np.empty(len(flows))
    for number in range(len(flows)):
        flow = flows[number]
        hours[number] = hours_per_year(flow.hours_0, flow.hours_1, flow.hours_2, flow.months)
    return hours


@njit(cache=True)
def squared_line(a, b):
    """Return the square of the straight line [m²] through the earth: never longer than the way."""
    return (a.x_m - b.x_m) ** 2 + (a.y_m - b.y_m) ** 2 + (a.z_m - b.z_m) ** 2


@njit(cache=True)
def _best_quality(output, input_, rule):
    """Return the quality score of a pair that is all that is asked for, where both state it."""
    # Temperatures are one dimension; what the other end of the input's range is, its rule tells.
    gives = output.stated >> 1 & ~1 | ((output.stated & 3) != 0)
    if rule == AT_LEAST:
        accepts = input_.stated & _TEMPERATURE_FROM
    elif rule == AT_MOST:
        accepts = input_.stated >> 1 & 1
    else:
        accepts = np.int32((input_.stated & 3) != 0)
    wants = input_.stated >> 1 & ~1 | accepts
    compared = _COUNTS[gives | wants] + input_.contents
    if compared == 0:
        return p.UNKNOWN_SCORE
    unknown = _COUNTS[gives ^ wants] + (input_.contents and not output.contents)
    return 1 - unknown * (1 - p.UNKNOWN_SCORE) / compared


@njit(cache=True)
def most_of_pair(output, input_, distance_m, types, shares, least):
    """
    Return (what a pair can score at most but for its quality, its quality score at most).

    The first is weighed by `shares` (weights that add up to 1) and is `IMPOSSIBLE` where the pair
    is no match or cannot reach `least`. `distance_m` may be shorter than the way, never longer:
    nothing gets better with distance. Both sides are grains.
    """
    if not may_pair(output, input_, types) or refuses_hazard(output, input_):
        return IMPOSSIBLE, 0.0
    if days_apart(output, input_) > 0:
        return IMPOSSIBLE, 0.0
    resource_type = types[output.type]
    quality = _best_quality(output, input_, resource_type.temperature_rule)
    most = SLACK + shares[4] * (1 - distance_m / min(output.reach_m, input_.reach_m))
    most += shares[5] * trust_score(
        output.precision_trust + input_.precision_trust,
        output.verified + input_.verified,
        output.completed_exchanges + input_.completed_exchanges,
    )
    most += shares[6] * regulatory_score(output, input_)
    larger = max(output.quantity_per_year, input_.quantity_per_year)
    smaller = min(output.quantity_per_year, input_.quantity_per_year)
    rest = shares[0] * quality + shares[3]
    if most + rest + shares[1] + shares[2] * smaller / larger < least:
        return IMPOSSIBLE, 0.0

    shared_hours = hours_per_year(
        output.hours_0 & input_.hours_0,
        output.hours_1 & input_.hours_1,
        output.hours_2 & input_.hours_2,
        output.months & input_.months,
    )
    if shared_hours <= 0.0:
        return IMPOSSIBLE, 0.0
    output_share = shared_hours / output.hours_per_year
    input_share = shared_hours / input_.hours_per_year
    quantity = exchangeable_quantity(output, input_, output_share, input_share)
    if is_too_little(quantity, smallest_lot(output, input_)):
        return IMPOSSIBLE, 0.0
    storage_days = max(output.storage_days, input_.storage_days)
    most += shares[1] * temporal_score(output_share, input_share, storage_days)
    most += shares[2] * quantity / larger
    if most + rest < least:
        return IMPOSSIBLE, 0.0
    most += shares[3] * _economic_score(
        output, input_, resource_type, quantity, shared_hours, distance_m
    )
    if most + shares[0] * quality < least:
        return IMPOSSIBLE, 0.0
    return most, quality


@njit(cache=True)
def _economic_score(output, input_, resource_type, quantity, full_load_hours, distance_m):
    mode = transport_mode(output.methods, input_.methods, resource_type)
    investment, running_eur, _ = transport_costs(
        mode, resource_type, quantity, full_load_hours, distance_m
    )
    purchase, disposal, known = avoided_prices(
        output.cost_eur_per_unit, input_.cost_eur_per_unit, resource_type
    )
    gross = quantity * (purchase + disposal)
    yearly = investment * (ANNUITY_FACTOR + p.MAINTENANCE_SHARE_PER_YEAR)
    return economic_score(gross, gross - running_eur - yearly, known)
