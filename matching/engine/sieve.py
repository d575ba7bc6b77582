"""
What rules most pairs out before anything costly is computed: an upper bound of their score.

An output is held against a stretch of inputs at once, term by term, each term a loop over columns
that the compiler computes several rows at a time of. So the loops are short, branch nowhere, and
touch few columns each; a pair that is no match has NaN as a term, and so as its bound.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from matching.engine import parameters as p
from matching.engine.arrays import AT_LEAST, AT_MOST, FLOW, MODES, WINDOW
from matching.engine.economics import (
    exchanger_investment_eur,
    pipe_investment_eur,
    transport_costs,
    transport_mode,
)
from matching.engine.formulas import formula
from matching.engine.geodesy import places_m
from matching.engine.scoring import (
    ANNUITY_FACTOR,
    avoided_prices,
    economic_score,
    exchangeable_quantity,
    hours_per_year,
    is_abroad,
    is_too_little,
    regulatory_score,
    temporal_score,
    trust_score,
)

# Far above the rounding errors of two ways to compute one score, far below any difference of two.
SLACK = 1e-9
IMPOSSIBLE = -1.0
# Of two ways to compute a distance the other may be the shorter one.
_A_HAIR_LESS = 1 - 1e-9
# So many inputs are looked at together; what is computed of them stays in the processor's cache.
STRETCH = 256
_YEARLY_SHARE = ANNUITY_FACTOR + p.MAINTENANCE_SHARE_PER_YEAR


class Columns(NamedTuple):
    """What the sieve needs to know of flows, with what can be computed before they are paired."""

    x_m: np.ndarray
    y_m: np.ndarray
    z_m: np.ndarray
    reach_m: np.ndarray
    organization_high: np.ndarray
    organization_low: np.ndarray
    hours_0: np.ndarray
    hours_1: np.ndarray
    hours_2: np.ndarray
    hours_per_year: np.ndarray
    quantity_per_year: np.ndarray
    min_quantity_per_year: np.ndarray
    cost_eur_per_unit: np.ndarray
    storage_days: np.ndarray
    precision_trust: np.ndarray
    type: np.ndarray
    months: np.ndarray
    valid_from_day: np.ndarray
    valid_to_day: np.ndarray
    completed_exchanges: np.ndarray
    verified: np.ndarray
    country: np.ndarray
    hazardous: np.ndarray
    permit: np.ndarray
    methods: np.ndarray
    stated: np.ndarray  # bits, see below


_COMPUTED = {
    "x_m": np.float64, "y_m": np.float64, "z_m": np.float64, "hours_per_year": np.float64,
    "precision_trust": np.float64, "stated": np.int32,
}  # fmt: skip
# The same of one flow, side by side.
GRAIN = np.dtype(
    [(name, _COMPUTED.get(name) or FLOW[name]) for name in Columns._fields], align=True
)
_ANY_METHOD = (1 << len(MODES)) - 1
# Bits of `stated`: an end of the temperature each, then pressure, purity, moisture, pH, and whether
# there are contaminants.
_TEMPERATURE_FROM, _TEMPERATURE_TO, _CONTAMINANTS = 1, 2, 64
_WINDOWS = (("pressure", "bar"), ("purity", "pct"), ("moisture", "pct"), ("ph", ""))
# Set bits of a set of dimensions.
_COUNTS = np.array([bits.bit_count() for bits in range(64)])


def grains_of(flows: np.ndarray) -> np.ndarray:
    """Return flows as grains."""
    grains = np.zeros(len(flows), dtype=GRAIN)
    for name in set(Columns._fields) - set(_COMPUTED):
        grains[name] = flows[name]
    grains["x_m"], grains["y_m"], grains["z_m"] = places_m(flows["latitude"], flows["longitude"])
    grains["hours_per_year"] = _hours_of(flows)
    grains["methods"][flows["methods"] == 0] = _ANY_METHOD
    grains["precision_trust"] = p.PRECISION_TRUST[flows["precision"]]
    stated = ~np.isnan(flows["temperature_min_c"]) * _TEMPERATURE_FROM
    stated |= ~np.isnan(flows["temperature_max_c"]) * _TEMPERATURE_TO
    for number, (name, unit) in enumerate(_WINDOWS, 2):
        ends = [f"{name}_{end}_{unit}".rstrip("_") for end in ("min", "max")]
        stated |= ~(np.isnan(flows[ends[0]]) & np.isnan(flows[ends[1]])) << number
    stated |= (flows["contaminants_start"] < flows["contaminants_end"]) * _CONTAMINANTS
    grains["stated"] = stated
    return grains


def columns_of(grains: np.ndarray) -> Columns:
    """Return grains column by column."""
    return Columns(*(np.ascontiguousarray(grains[name]) for name in Columns._fields))


@njit(cache=True)
def _hours_of(flows):
    hours = np.empty(len(flows))
    for number in range(len(flows)):
        flow = flows[number]
        hours[number] = hours_per_year(flow.hours_0, flow.hours_1, flow.hours_2, flow.months)
    return hours


class Room(NamedTuple):
    """Space for what is computed of an output (the tables) and a stretch of inputs."""

    # By what an input states: the best that its quality can score, weighed; whether it will.
    qualities: np.ndarray
    are_sure: np.ndarray
    # By the methods that both sides allow.
    eur_per_unit: np.ndarray
    eur_per_unit_m: np.ndarray
    is_piped: np.ndarray
    # Of the pairs with a stretch of inputs.
    distances_m: np.ndarray
    hours: np.ndarray
    quantities: np.ndarray
    legal: np.ndarray
    fixed: np.ndarray
    per_m: np.ndarray
    piped: np.ndarray
    economic: np.ndarray
    most: np.ndarray
    picked: np.ndarray  # places in the stretch


@njit(cache=True)
def room():
    """Return space for one output at a time."""
    rows = np.empty((9, STRETCH))
    return Room(
        np.empty(128), np.empty(128, dtype=np.bool_), np.empty(32), np.empty(32), np.empty(32),
        rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7], rows[8],
        np.empty(STRETCH, dtype=np.int64),
    )  # fmt: skip


@njit(cache=True)
def turn_to_type(resource_type, room):
    """Fill in the tables of what transport costs."""
    for methods in range(len(room.is_piped)):
        mode = transport_mode(methods, methods, resource_type)
        _, at_the_door, _ = transport_costs(mode, resource_type, 1.0, 1.0, 0.0)
        investment, a_metre_away, _ = transport_costs(mode, resource_type, 1.0, 1.0, 1.0)
        room.eur_per_unit[methods] = at_the_door
        room.eur_per_unit_m[methods] = a_metre_away - at_the_door
        room.is_piped[methods] = investment > 0.0


@njit(cache=True)
def turn_to_output(output, resource_type, shares, room):
    """Fill in the tables of qualities."""
    for stated in range(len(room.qualities)):
        best, is_sure = _best_quality(output.stated, stated, resource_type.temperature_rule)
        room.qualities[stated], room.are_sure[stated] = shares[0] * best, is_sure


@njit(cache=True)
def _best_quality(given, wanted, rule):
    """
    Return the quality score of a pair that is all that is asked for, where both state it.

    And whether that is its score for sure, because they state nothing alike.
    """
    # Temperatures are one dimension; what the other end of the input's range is, its rule tells.
    gives = given >> 1 & 30 | ((given & 3) != 0)
    if rule == AT_LEAST:
        accepts = wanted & _TEMPERATURE_FROM
    elif rule == AT_MOST:
        accepts = wanted >> 1 & 1
    else:
        accepts = int((wanted & 3) != 0)
    wants = wanted >> 1 & 30 | accepts
    limits, contents = (wanted & _CONTAMINANTS) != 0, (given & _CONTAMINANTS) != 0
    is_sure = not (gives & wants or (limits and contents))
    compared = _COUNTS[gives | wants] + limits
    if compared == 0:
        return p.UNKNOWN_SCORE, is_sure
    unknown = _COUNTS[gives ^ wants] + (limits and not contents)
    return 1 - unknown * (1 - p.UNKNOWN_SCORE) / compared, is_sure


@formula
def _measure(output, x_m, y_m, z_m, reach_m, distances_m):
    """Fill in the straight lines through the earth, never longer than the way; NaN: too far."""
    own_x, own_y, own_z, own_reach = output.x_m, output.y_m, output.z_m, output.reach_m
    for row in range(len(x_m)):
        squared = (own_x - x_m[row]) ** 2 + (own_y - y_m[row]) ** 2 + (own_z - z_m[row]) ** 2
        reach = min(own_reach, reach_m[row])
        line = math.sqrt(squared) * _A_HAIR_LESS
        distances_m[row] = line if squared <= reach * reach else math.nan


@formula
def _share_time(output, hours_0, hours_1, hours_2, months, hours):
    own_0, own_1, own_2, own_months = output.hours_0, output.hours_1, output.hours_2, output.months
    for row in range(len(hours)):
        hours[row] = hours_per_year(
            own_0 & hours_0[row], own_1 & hours_1[row], own_2 & hours_2[row],
            own_months & months[row],
        )  # fmt: skip


@formula
def _share_quantity(output, hours, hours_of_inputs, per_year, lots, quantities):
    own_hours, own_per_year = output.hours_per_year, output.quantity_per_year
    own_lot = output.min_quantity_per_year
    for row in range(len(hours)):
        quantity = exchangeable_quantity(
            own_per_year, per_year[row], hours[row] / own_hours, hours[row] / hours_of_inputs[row]
        )
        # Without a shared hour there is no quantity either.
        is_none = is_too_little(quantity, max(own_lot, lots[row]))
        quantities[row] = math.nan if is_none else quantity


@formula
def _see_law(output, high, low, hazardous, permits, countries, begins, ends, legal):
    """Fill in the regulatory score; NaN: own, not to be accepted, or never at the same time."""
    own_high, own_low, own_country = (
        output.organization_high, output.organization_low, output.country,
    )  # fmt: skip
    is_hazardous, begin, end = output.hazardous != 0, output.valid_from_day, output.valid_to_day
    for row in range(len(high)):
        score = regulatory_score(
            is_hazardous, permits[row] != 0, is_abroad(own_country, countries[row])
        )
        may_be = (
            ((own_high != high[row]) | (own_low != low[row]))
            & ((not is_hazardous) | (hazardous[row] != 0))
            & (max(begin, begins[row]) <= min(end, ends[row]))
        )
        legal[row] = score if may_be else math.nan


@formula
def _look_up(own_methods, methods, table, values):
    """Fill in what transport costs by the methods that the inputs allow."""
    for row in range(len(methods)):
        values[row] = table[np.uint32(own_methods & methods[row])]


@formula
def _lay_pipes(resource_type, hours, quantities, distances_m, piped, yearly):
    """Fill in what pipes cost [EUR/a]."""
    mw, heats = resource_type.pipe_mw_per_unit_per_hour, resource_type.temperature_rule != WINDOW
    for row in range(len(hours)):
        capacity_mw = quantities[row] / hours[row] * mw
        investment = pipe_investment_eur(capacity_mw, distances_m[row])
        investment += heats * exchanger_investment_eur(capacity_mw)
        yearly[row] = piped[row] * _YEARLY_SHARE * investment


@formula
def _value(output, resource_type, costs, quantities, distances_m, fixed, per_m, economic):
    """Put economic scores in the place of the yearly costs of pipes."""
    own_cost = output.cost_eur_per_unit
    for row in range(len(costs)):
        purchase, disposal, known = avoided_prices(own_cost, costs[row], resource_type)
        gross = quantities[row] * (purchase + disposal)
        running = quantities[row] * (fixed[row] + per_m[row] * distances_m[row])
        economic[row] = economic_score(gross, gross - running - economic[row], known)


@formula
def _add_time_and_quantity(
    output, shares, hours, hours_of_inputs, storage_days, quantities, per_year, most
):
    own_hours, own_storage, own_per_year = (
        output.hours_per_year, output.storage_days, output.quantity_per_year,
    )  # fmt: skip
    temporal_share, quantity_share = shares[1], shares[2]
    for row in range(len(most)):
        temporal = temporal_score(
            hours[row] / own_hours, hours[row] / hours_of_inputs[row],
            max(own_storage, storage_days[row]),
        )  # fmt: skip
        filled = quantities[row] / max(own_per_year, per_year[row])
        most[row] = SLACK + temporal_share * temporal + quantity_share * filled


@formula
def _add_economy_place_and_law(output, shares, economic, distances_m, reach_m, legal, most):
    own_reach, economic_share, spatial_share, legal_share = (
        output.reach_m, shares[3], shares[4], shares[6],
    )  # fmt: skip
    for row in range(len(most)):
        spatial = 1 - distances_m[row] / min(own_reach, reach_m[row])
        most[row] += (
            economic_share * economic[row] + spatial_share * spatial + legal_share * legal[row]
        )


@formula
def _add_trust(output, shares, precision_trust, verified, completed_exchanges, most):
    own_precision, own_verified, own_exchanges, share = (
        output.precision_trust, output.verified, output.completed_exchanges, shares[5],
    )  # fmt: skip
    for row in range(len(most)):
        most[row] += share * trust_score(
            own_precision + precision_trust[row],
            own_verified + verified[row],
            own_exchanges + completed_exchanges[row],
        )


@formula
def look_at(
    output, resource_type, inputs, start, stop, shares, least_of_output, least_of_inputs, room
):
    """
    Pick from inputs[start:stop] those with which an output can score enough for either side.

    Fills in `room.picked` with their places from `start` on, and returns how many there are.
    `room.most` tells what each can score at most but for its quality, weighed by `shares` (weights
    that add up to 1); NaN is no match. Distances are taken to be a hair shorter than they are,
    never longer: nothing gets better with distance. `output` is a grain, `inputs` are columns, of
    fitting types; at most `STRETCH` of them are looked at.
    """
    here, space = slice(start, stop), slice(0, stop - start)
    distances_m, hours = room.distances_m[space], room.hours[space]
    quantities, legal = room.quantities[space], room.legal[space]
    economic, most = room.economic[space], room.most[space]
    per_year, hours_of_inputs = inputs.quantity_per_year[here], inputs.hours_per_year[here]
    reach_m = inputs.reach_m[here]

    _measure(output, inputs.x_m[here], inputs.y_m[here], inputs.z_m[here], reach_m, distances_m)
    _share_time(
        output, inputs.hours_0[here], inputs.hours_1[here], inputs.hours_2[here],
        inputs.months[here], hours,
    )  # fmt: skip
    _share_quantity(
        output, hours, hours_of_inputs, per_year, inputs.min_quantity_per_year[here], quantities
    )
    _see_law(
        output, inputs.organization_high[here], inputs.organization_low[here],
        inputs.hazardous[here], inputs.permit[here], inputs.country[here],
        inputs.valid_from_day[here], inputs.valid_to_day[here], legal,
    )  # fmt: skip
    methods = inputs.methods[here]
    _look_up(output.methods, methods, room.eur_per_unit, room.fixed)
    _look_up(output.methods, methods, room.eur_per_unit_m, room.per_m)
    _look_up(output.methods, methods, room.is_piped, room.piped)
    economic[:] = 0.0
    if room.is_piped.any():
        _lay_pipes(resource_type, hours, quantities, distances_m, room.piped[space], economic)
    _value(
        output, resource_type, inputs.cost_eur_per_unit[here], quantities, distances_m,
        room.fixed[space], room.per_m[space], economic,
    )  # fmt: skip
    _add_time_and_quantity(
        output, shares, hours, hours_of_inputs, inputs.storage_days[here], quantities, per_year,
        most,
    )  # fmt: skip
    _add_economy_place_and_law(output, shares, economic, distances_m, reach_m, legal, most)
    _add_trust(
        output, shares, inputs.precision_trust[here], inputs.verified[here],
        inputs.completed_exchanges[here], most,
    )  # fmt: skip
    return _pick(
        most, room.qualities, inputs.stated[here], least_of_output, least_of_inputs[here],
        room.picked,
    )  # fmt: skip


@formula
def _pick(most, qualities, stated, least_of_output, least_of_inputs, picked):
    count = 0
    for row in range(len(most)):
        picked[count] = row
        count += most[row] + qualities[stated[row]] >= min(least_of_output, least_of_inputs[row])
    return count
