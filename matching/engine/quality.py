"""Does what an output is lie within what an input accepts?"""

import math

from numba import njit

from matching.engine import parameters as p
from matching.engine.arrays import AT_LEAST, AT_MOST

REJECTED = -1.0
NOT_COMPARED = -2.0
# What is compared as a window, by number; contaminants have limits of their own.
DIMENSIONS = ("temperature", "pressure", "purity", "moisture", "ph")


@njit(cache=True)
def _deficit(gap: float, edge: float):
    """Integral of what is missing to full acceptance from 0 to `gap` outside the window."""
    if gap <= 0.0:
        return 0.0
    if gap <= edge:
        return gap * gap / (2 * edge)
    return gap - edge / 2


@njit(cache=True)
def window_gap(low, high, accepted_low, accepted_high, low_edge, high_edge):
    """
    Return how far the range [low, high] of an output lies outside what an input accepts.

    0 unless all of it lies beyond the soft edge; negative below the accepted range, positive
    above. NaN means not stated: an end the input does not state is open, an output that states one
    end is a point. All arguments in one unit.
    """
    below = accepted_low - (low if math.isnan(high) else high)
    if below > low_edge:
        return -below
    above = (high if math.isnan(low) else low) - accepted_high
    if above > high_edge:
        return above
    return 0.0


@njit(cache=True)
def window_score(low, high, accepted_low, accepted_high, low_edge, high_edge):
    """
    Return the mean acceptance of the range [low, high] of an output, 0 to 1.

    Acceptance is 1 within what the input accepts and falls to 0 over the soft edge on either
    side. Only one side stated: neutral. `REJECTED` when there is a gap (see `window_gap`),
    `NOT_COMPARED` when neither side states anything.
    """
    output_states = not (math.isnan(low) and math.isnan(high))
    input_states = not (math.isnan(accepted_low) and math.isnan(accepted_high))
    if not output_states and not input_states:
        return NOT_COMPARED
    if not output_states or not input_states:
        return p.UNKNOWN_SCORE
    if window_gap(low, high, accepted_low, accepted_high, low_edge, high_edge) != 0.0:
        return REJECTED
    a = high if math.isnan(low) else low
    b = low if math.isnan(high) else high
    lower = -math.inf if math.isnan(accepted_low) else accepted_low
    upper = math.inf if math.isnan(accepted_high) else accepted_high
    if a == b:
        if a < lower:
            return 1 - (lower - a) / low_edge
        if a > upper:
            return 1 - (a - upper) / high_edge
        return 1.0
    missing = (
        _deficit(lower - a, low_edge)
        - _deficit(lower - b, low_edge)
        + _deficit(b - upper, high_edge)
        - _deficit(a - upper, high_edge)
    )
    return min(1.0, max(0.0, 1 - missing / (b - a)))


@njit(cache=True)
def _temperature(output, input_, rule, distance_m):
    """Compare what arrives: heat cools and cold warms along the pipe."""
    edge = p.TEMPERATURE_EDGE_K
    drop = p.TEMPERATURE_DROP_K_PER_KM * distance_m / 1000
    low, high = output.temperature_min_c, output.temperature_max_c
    accepted_low, accepted_high = input_.temperature_min_c, input_.temperature_max_c
    if rule == AT_LEAST:
        return low - drop, high - drop, accepted_low, math.nan, edge, edge
    if rule == AT_MOST:
        return low + drop, high + drop, math.nan, accepted_high, edge, edge
    return low, high, accepted_low, accepted_high, edge, edge


@njit(cache=True)
def _pressure(output, input_):
    accepted_low, accepted_high = input_.pressure_min_bar, input_.pressure_max_bar
    return (
        output.pressure_min_bar,
        output.pressure_max_bar,
        accepted_low,
        accepted_high,
        p.PRESSURE_EDGE_SHARE * accepted_low,
        p.PRESSURE_EDGE_SHARE * accepted_high,
    )


@njit(cache=True)
def window_of(dimension, output, input_, rule, distance_m):
    """
    Return what `window_gap` and `window_score` compare in one of the dimensions.

    That is (low, high, accepted low, accepted high, low edge, high edge), in °C, bar, percent or
    pH; see `DIMENSIONS` for their numbers.
    """
    percent = p.PERCENT_EDGE_POINTS
    if dimension == 0:
        return _temperature(output, input_, rule, distance_m)
    if dimension == 1:
        return _pressure(output, input_)
    if dimension == 2:
        return (
            output.purity_min_pct, output.purity_max_pct,
            input_.purity_min_pct, input_.purity_max_pct, percent, percent,
        )  # fmt: skip
    if dimension == 3:
        return (
            output.moisture_min_pct, output.moisture_max_pct,
            input_.moisture_min_pct, input_.moisture_max_pct, percent, percent,
        )  # fmt: skip
    return output.ph_min, output.ph_max, input_.ph_min, input_.ph_max, p.PH_EDGE, p.PH_EDGE


@njit(cache=True)
def compare_contaminants(output, input_, contaminants):
    """
    Compare each limit of the input; both slices are sorted by substance.

    Returns (score, factor, substance): the output holds `factor` times what the input accepts of
    the substance that exceeds its limit the most, else 0.
    """
    limits = input_.contaminants_end - input_.contaminants_start
    if limits == 0:
        return NOT_COMPARED, 0.0, 0
    total = 0.0
    worst, substance = 0.0, 0
    at = output.contaminants_start
    for number in range(input_.contaminants_start, input_.contaminants_end):
        limit = contaminants[number]
        while at < output.contaminants_end and contaminants[at].substance < limit.substance:
            at += 1
        if at < output.contaminants_end and contaminants[at].substance == limit.substance:
            content = contaminants[at].mg_per_kg
            if content > limit.mg_per_kg:
                factor = content / limit.mg_per_kg if limit.mg_per_kg else math.inf
                if factor > worst:
                    worst, substance = factor, limit.substance
            total += 1.0
        else:
            total += p.UNKNOWN_SCORE
    return REJECTED if worst else total / limits, worst, substance


@njit(cache=True)
def refuses_hazard(output, input_):
    """Whether the output is hazardous waste and the input accepts none."""
    return output.hazardous and not input_.hazardous


@njit(cache=True)
def quality_score(output, input_, rule, distance_m, contaminants):
    """
    Return the mean score of the dimensions that either side states, or `REJECTED`.

    Neutral when neither states any.
    """
    if refuses_hazard(output, input_):
        return REJECTED
    total = 0.0
    compared = 0
    for dimension in range(len(DIMENSIONS)):
        score = window_score(*window_of(dimension, output, input_, rule, distance_m))
        if score == REJECTED:
            return REJECTED
        if score != NOT_COMPARED:
            total += score
            compared += 1
    score = compare_contaminants(output, input_, contaminants)[0]
    if score == REJECTED:
        return REJECTED
    if score != NOT_COMPARED:
        total += score
        compared += 1
    return total / compared if compared else p.UNKNOWN_SCORE
