"""What an exchange costs and saves [EUR], and what it does to the climate [t CO2e]."""

import math

import numpy as np
from numba import njit

from matching.engine import parameters as p
from matching.engine.arrays import GRID, PICKUP, PIPE, RAIL, TRUCK, WINDOW
from matching.engine.formulas import formula

# Preferred first when the type's own way of transport is ruled out by a side.
_ALTERNATIVES = np.array([PIPE, GRID, RAIL, TRUCK, PICKUP])
# By how much each pipe of the table is dearer than the next smaller one.
_PIPE_STEPS = np.diff(p.PIPE_EUR_PER_M)


@njit(cache=True)
def annuity_factor(rate: float, years: float):
    """Return the yearly share of an investment that pays it back with interest."""
    if rate == 0.0:
        return 1 / years
    growth = (1 + rate) ** years
    return rate * growth / (growth - 1)


@formula
def pipe_investment_eur(capacity_mw: float, length_m: float):
    """
    Return the price of a heat pipe: the smallest of the table that carries the capacity.

    Beyond the largest pipe, several of it lie side by side. Table: Hotmaps.
    """
    eur_per_m = p.PIPE_EUR_PER_M[0]
    for size in range(len(_PIPE_STEPS)):
        eur_per_m += (capacity_mw > p.PIPE_CAPACITY_MW[size]) * _PIPE_STEPS[size]
    side_by_side = max(1.0, np.ceil(capacity_mw / p.PIPE_CAPACITY_MW[-1]))
    return side_by_side * eur_per_m * length_m


@formula
def exchanger_investment_eur(capacity_mw: float):
    """Return the price of the heat exchangers at both ends of a pipe (Hotmaps)."""
    sink = (
        p.SMALL_SINK_EXCHANGER_EUR_PER_MW
        if capacity_mw < p.SMALL_SINK_MW
        else p.SINK_EXCHANGER_EUR_PER_MW
    )
    return (p.SOURCE_EXCHANGER_EUR_PER_MW + sink) * capacity_mw


@njit(cache=True)
def internal_rate_of_return(investment_eur: float, eur_per_year: float, years: float):
    """
    Return the interest rate at which the investment breaks even; NaN where there is none above 0.

    The root of i = c (1 − (1+i)^−n) with c = yearly income per euro invested lies between 0 and c.
    """
    if investment_eur <= 0.0 or eur_per_year * years <= investment_eur:
        return math.nan
    income = eur_per_year / investment_eur
    low, high = 0.0, income
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if income * (1 - (1 + middle) ** -years) > middle:
            low = middle
        else:
            high = middle
    return high


@njit(cache=True)
def _can_carry(mode: int, resource_type) -> bool:
    if mode == PIPE:
        return not math.isnan(resource_type.pipe_mw_per_unit_per_hour)
    if mode == GRID:
        return resource_type.transport == GRID
    return not math.isnan(resource_type.tonnes_per_unit)


@njit(cache=True)
def transport_mode(output_methods: int, input_methods: int, resource_type) -> int:
    """
    Return the way of transport: the type's own if both sides allow it, else one they agree on.

    Sides that agree on nothing that could carry the resource get the type's own.
    """
    allowed = 31
    if output_methods:
        allowed &= output_methods
    if input_methods:
        allowed &= input_methods
    own = resource_type.transport
    if allowed >> own & 1:
        return own
    for mode in _ALTERNATIVES:
        if allowed >> mode & 1 and _can_carry(mode, resource_type):
            return mode
    return own


@njit(cache=True)
def transport_costs(mode, resource_type, quantity_per_year, shared_hours_per_year, distance_m):
    """
    Return (investment [EUR], running cost [EUR/a], emissions [t CO2e/a]) of the transport.

    A pipe is sized for the quantity spread over the shared hours; heat exchangers are added where
    the resource is heat or cold. Trucks and rail are paid by tonne and kilometre, with a detour.
    """
    if mode == PIPE and not math.isnan(resource_type.pipe_mw_per_unit_per_hour):
        capacity_mw = (
            quantity_per_year / shared_hours_per_year * resource_type.pipe_mw_per_unit_per_hour
        )
        investment = pipe_investment_eur(capacity_mw, distance_m)
        if resource_type.temperature_rule != WINDOW:
            investment += exchanger_investment_eur(capacity_mw)
        return investment, 0.0, 0.0
    if mode == GRID:
        return 0.0, quantity_per_year * p.GRID_EUR_PER_MWH, 0.0
    if math.isnan(resource_type.tonnes_per_unit):
        return 0.0, 0.0, 0.0
    work_tkm = (
        quantity_per_year * resource_type.tonnes_per_unit * distance_m / 1000 * p.DETOUR_FACTOR
    )
    if mode == RAIL:
        return 0.0, work_tkm * p.RAIL_EUR_PER_TKM, work_tkm * p.RAIL_CO2_T_PER_TKM
    return 0.0, work_tkm * p.TRUCK_EUR_PER_TKM, work_tkm * p.TRUCK_CO2_T_PER_TKM
