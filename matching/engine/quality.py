"""Does what an output is lie within what an input accepts?"""

import math

from numba import njit

from matching.engine import parameters as p
from matching.engine.arrays import AT_LEAST, AT_MOST

REJECTED = -1.0
NOT_COMPARED = -2.0


@njit(cache=True)
def _deficit(gap: float, edge: float):
    """Integral of what is missing to full acceptance from 0 to `gap` outside the window."""
    if gap <= 0.0:
        return 0.0
    if gap <= edge:
        return gap * gap / (2 * edge)
    return gap - edge / 2


@njit(cache=True)
def window_score(low, high, accepted_low, accepted_high, low_edge, high_edge):
    """
    Return the mean acceptance of the range [low, high] of an output, 0 to 1.

    Acceptance is 1 within what the input accepts and falls to 0 over the soft edge on either
    side. NaN means not stated: an end the input does not state is open, an output that states one
    end is a point. Only one side stated: neutral. `REJECTED` when all of the range lies beyond the
    edge, `NOT_COMPARED` when neither side states anything. All arguments in one unit.
    """
    output_states = not (math.isnan(low) and math.isnan(high))
    input_states = not (math.isnan(accepted_low) and math.isnan(accepted_high))
    if not output_states and not input_states:
        return NOT_COMPARED
    if not output_states or not input_states:
        return p.UNKNOWN_SCORE
    a = high if math.isnan(low) else low
    b = low if math.isnan(high) else high
    lower = -math.inf if math.isnan(accepted_low) else accepted_low
    upper = math.inf if math.isnan(accepted_high) else accepted_high
    if lower - b > low_edge or a - upper > high_edge:
        return REJECTED
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
        return window_score(low - drop, high - drop, accepted_low, math.nan, edge, edge)
    if rule == AT_MOST:
        return window_score(low + drop, high + drop, math.nan, accepted_high, edge, edge)
    return window_score(low, high, accepted_low, accepted_high, edge, edge)


@njit(cache=True)
def _pressure(output, input_):
    accepted_low, accepted_high = input_.pressure_min_bar, input_.pressure_max_bar
    return window_score(
        output.pressure_min_bar,
        output.pressure_max_bar,
        accepted_low,
        accepted_high,
        p.PRESSURE_EDGE_SHARE * accepted_low,
        p.PRESSURE_EDGE_SHARE * accepted_high,
    )


@njit(cache=True)
def _contaminants(output, input_, contaminants):
    """Compare each limit of the input; both slices are sorted by substance."""
    limits = input_.contaminants_end - input_.contaminants_start
    if limits == 0:
        return NOT_COMPARED
    total = 0.0
    at = output.contaminants_start
    for number in range(input_.contaminants_start, input_.contaminants_end):
        limit = contaminants[number]
        while at < output.contaminants_end and contaminants[at].substance < limit.substance:
            at += 1
        if at < output.contaminants_end and contaminants[at].substance == limit.substance:
            if contaminants[at].mg_per_kg > limit.mg_per_kg:
                return REJECTED
            total += 1.0
        else:
            total += p.UNKNOWN_SCORE
    return total / limits


@njit(cache=True)
def quality_score(output, input_, rule, distance_m, contaminants):
    """
    Return the mean score of the dimensions that either side states, or `REJECTED`.

    Neutral when neither states any.
    """
    if output.hazardous and not input_.hazardous:
        return REJECTED
    percent = p.PERCENT_EDGE_POINTS
    total = 0.0
    compared = 0
    for dimension in range(6):
        if dimension == 0:
            score = _temperature(output, input_, rule, distance_m)
        elif dimension == 1:
            score = _pressure(output, input_)
        elif dimension == 2:
            score = window_score(
                output.purity_min_pct, output.purity_max_pct,
                input_.purity_min_pct, input_.purity_max_pct, percent, percent,
            )  # fmt: skip
        elif dimension == 3:
            score = window_score(
                output.moisture_min_pct, output.moisture_max_pct,
                input_.moisture_min_pct, input_.moisture_max_pct, percent, percent,
            )  # fmt: skip
        elif dimension == 4:
            score = window_score(
                output.ph_min, output.ph_max, input_.ph_min, input_.ph_max, p.PH_EDGE, p.PH_EDGE
            )
        else:
            score = _contaminants(output, input_, contaminants)
        if score == REJECTED:
            return REJECTED
        if score != NOT_COMPARED:
            total += score
            compared += 1
    return total / compared if compared else p.UNKNOWN_SCORE
