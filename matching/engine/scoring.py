"""The one function that decides whether two flows match, and says why and what it brings."""

import math

import numpy as np
from numba import njit

from matching.engine import parameters as p
from matching.engine.arrays import COLUMNS
from matching.engine.economics import (
    annuity_factor,
    internal_rate_of_return,
    transport_costs,
    transport_mode,
)
from matching.engine.formulas import bit_count, formula
from matching.engine.geodesy import distance_m as geodesic_m
from matching.engine.quality import REJECTED, quality_score

COLUMN_COUNT = len(COLUMNS)
ANNUITY_FACTOR = annuity_factor(p.INTEREST_RATE, p.LIFETIME_YEARS)
_LONG_MONTHS = sum(1 << month for month, days in enumerate(p.DAYS_OF_MONTHS) if days == 31)


@formula
def days_of_months(months):
    """Return the days of a set of months, by its bits."""
    february = months >> 1 & 1
    count, long_ones = bit_count(np.uint64(months)), bit_count(np.uint64(months & _LONG_MONTHS))
    return 30 * np.int64(count) + np.int64(long_ones) - 2 * february


@formula
def hours_per_year(hours_0, hours_1, hours_2, months):
    """Return the hours of a year of 365 days that a week's hours have in these months."""
    hours = bit_count(hours_0) + bit_count(hours_1) + bit_count(hours_2)
    return p.HOURS_PER_YEAR * (np.int64(hours) / 168) * (days_of_months(months) / 365)


@njit(cache=True)
def may_pair(output, input_, types):
    """Whether the owners differ, and the output's type is the input's or one below."""
    if (
        output.organization_high == input_.organization_high
        and output.organization_low == input_.organization_low
    ):
        return False
    return input_.type <= output.type < types[input_.type].subtree_end


@njit(cache=True)
def days_apart(output, input_):
    """Return the days from the end of one validity period to the begin of the other, if above 0."""
    return max(output.valid_from_day, input_.valid_from_day) - min(
        output.valid_to_day, input_.valid_to_day
    )


@njit(cache=True)
def hours_of_pair(output, input_):
    """Return the hours of a year in which both run, the output runs, the input runs."""
    shared_hours = hours_per_year(
        output.hours_0 & input_.hours_0,
        output.hours_1 & input_.hours_1,
        output.hours_2 & input_.hours_2,
        output.months & input_.months,
    )
    output_hours = hours_per_year(output.hours_0, output.hours_1, output.hours_2, output.months)
    input_hours = hours_per_year(input_.hours_0, input_.hours_1, input_.hours_2, input_.months)
    return shared_hours, output_hours, input_hours


@formula
def exchangeable_quantity(output_per_year, input_per_year, output_share, input_share):
    """Return the canonical units per year that fit into these shares of both sides' hours."""
    return min(output_per_year * output_share, input_per_year * input_share)


@njit(cache=True)
def smallest_lot(output, input_):
    """Return the canonical units per year below which one side does not take part."""
    return max(output.min_quantity_per_year, input_.min_quantity_per_year)


@formula
def is_too_little(quantity, lot):
    """Whether a quantity is below a smallest lot; a lot of exactly that size is enough."""
    return quantity <= 0.0 or quantity < lot * (1 - 1e-9)


@njit(cache=True)
def distance_of_pair_m(output, input_):
    return geodesic_m(output.latitude, output.longitude, input_.latitude, input_.longitude)


@formula
def economic_score(gross_eur, savings_eur, known):
    """Share of the avoided costs that is left after all costs; neutral when no price is known."""
    if not known:
        return p.UNKNOWN_SCORE
    if gross_eur <= 0.0:
        return 0.0
    return min(1.0, max(0.0, savings_eur / gross_eur))


@formula
def temporal_score(output_share, input_share, storage_days):
    """Mean share of both sides' hours that is shared; storage makes up for what is not."""
    temporal = (output_share + input_share) / 2
    return temporal + (1 - temporal) * min(1.0, storage_days / p.FULL_STORAGE_DAYS)


@formula
def trust_score(precisions, verifications, exchanges):
    """How far the figures and the partners can be relied on; all given as sums of both sides."""
    shares = p.TRUST_SHARES
    return (
        shares[0] * (precisions / 2)
        + shares[1] * (verifications / 2)
        + shares[2] * (exchanges / (exchanges + p.EXCHANGES_FOR_HALF_TRUST))
    )


@formula
def regulatory_score(hazardous, permit, abroad):
    """How little stands in the way by law: hazardous waste, permits, borders."""
    if hazardous:
        score = p.HAZARDOUS_WITH_PERMIT if permit else p.HAZARDOUS_WITHOUT_PERMIT
        return score * p.HAZARDOUS_BORDER_FACTOR if abroad else score
    return p.BORDER_FACTOR if abroad else 1.0


@formula
def is_abroad(country, other_country):
    """Whether two countries, as far as they are known, are different ones."""
    return (country != 0) & (other_country != 0) & (country != other_country)


@formula
def avoided_prices(output_cost_eur, input_cost_eur, resource_type):
    """
    Return (purchase, disposal) that an exchange avoids [EUR per unit], and whether any is known.

    What is not known is 0. The input's own cost comes before the price of its resource type.
    """
    purchase = input_cost_eur
    if math.isnan(purchase):
        purchase = resource_type.price_eur_per_unit
    known = not (math.isnan(purchase) and math.isnan(output_cost_eur))
    return (
        0.0 if math.isnan(purchase) else purchase,
        0.0 if math.isnan(output_cost_eur) else output_cost_eur,
        known,
    )


@njit(cache=True)
def weigh(result, weights):
    """Return the mean of the factor scores by their weights."""
    total = 0.0
    for number in range(7):
        total += weights[number] * result[1 + number]
    return total / weights.sum()


@njit(cache=True)
def value_exchange(output, input_, resource_type, quantity, full_load_hours, distance, result):
    """
    Fill in what an exchange costs and brings, and its economic score (see `COLUMNS`).

    `quantity` in canonical units per year, `distance` in m. The transport is sized for the quantity
    within `full_load_hours` [h/a]: for a pair by itself those in which both run.
    """
    mode = transport_mode(output.methods, input_.methods, resource_type)
    investment, running_eur, transport_co2 = transport_costs(
        mode, resource_type, quantity, full_load_hours, distance
    )
    purchase_price, disposal_price, known = avoided_prices(
        output.cost_eur_per_unit, input_.cost_eur_per_unit, resource_type
    )
    purchase, disposal = quantity * purchase_price, quantity * disposal_price
    annuity = investment * ANNUITY_FACTOR
    maintenance = investment * p.MAINTENANCE_SHARE_PER_YEAR
    income = purchase + disposal - running_eur - maintenance
    savings = income - annuity
    co2_factor = resource_type.co2_t_per_unit
    co2 = (0.0 if math.isnan(co2_factor) else quantity * co2_factor) - transport_co2

    result[4] = economic_score(purchase + disposal, savings, known)
    result[8] = distance
    result[9] = quantity
    result[11] = mode
    result[12] = purchase
    result[13] = disposal
    result[14] = running_eur
    result[15] = investment
    result[16] = annuity
    result[17] = maintenance
    result[18] = savings
    result[19] = income / ANNUITY_FACTOR - investment
    result[20] = investment / income if income > 0.0 else math.nan
    result[21] = math.nan
    result[22] = co2


@njit(cache=True)
def score_pair(output, input_, types, contaminants, weights, result):
    """
    Return whether an output and an input match; if so, fill `result` (see `COLUMNS`).

    The rules and formulas are those of docs/matching.md. `result` is a float64 array of
    `COLUMN_COUNT`; its content is undefined for a pair that does not match.
    """
    # 1. Owners and types.
    if not may_pair(output, input_, types):
        return False
    resource_type = types[output.type]

    # 3. Shared time.
    if days_apart(output, input_) > 0:
        return False
    shared_hours, output_hours, input_hours = hours_of_pair(output, input_)
    if shared_hours <= 0.0:
        return False

    # 5. Quantity in the shared time.
    quantity = exchangeable_quantity(
        output.quantity_per_year, input_.quantity_per_year,
        shared_hours / output_hours, shared_hours / input_hours,
    )  # fmt: skip
    if is_too_little(quantity, smallest_lot(output, input_)):
        return False

    # 2. Distance.
    distance = distance_of_pair_m(output, input_)
    limit = min(output.reach_m, input_.reach_m)
    if distance > limit:
        return False

    # 4. Quality.
    quality = quality_score(output, input_, resource_type.temperature_rule, distance, contaminants)
    if quality == REJECTED:
        return False

    value_exchange(output, input_, resource_type, quantity, shared_hours, distance, result)

    # Scores.
    result[1] = quality
    result[2] = temporal_score(
        shared_hours / output_hours, shared_hours / input_hours,
        max(output.storage_days, input_.storage_days),
    )  # fmt: skip
    result[3] = quantity / max(output.quantity_per_year, input_.quantity_per_year)
    result[5] = 1 - distance / limit
    result[6] = trust_score(
        p.PRECISION_TRUST[output.precision] + p.PRECISION_TRUST[input_.precision],
        output.verified + input_.verified,
        output.completed_exchanges + input_.completed_exchanges,
    )
    result[7] = regulatory_score(
        output.hazardous, input_.permit, is_abroad(output.country, input_.country)
    )
    result[10] = shared_hours
    result[0] = weigh(result, weights)
    return True


@njit(cache=True)
def add_internal_rates_of_return(results):
    """Fill in, row by row, what is too slow to compute for pairs that are not kept."""
    for result in results:
        income = result[18] + result[16]
        result[21] = internal_rate_of_return(result[15], income, p.LIFETIME_YEARS)
