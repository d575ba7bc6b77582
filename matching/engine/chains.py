"""Chains over a processor: one's output is converted, and the product serves another's input."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from matching.engine import parameters as p
from matching.engine.arrays import COLUMN, CONTAMINANT, FLOW, RESOURCE_TYPE
from matching.engine.best import score_pairs
from matching.engine.economics import annuity_factor
from matching.engine.scoring import is_too_little, value_exchange, weigh
from matching.engine.wholes import FACTOR_COLUMNS, add_up, finish, is_priced

SCORE, DISTANCE, QUANTITY = COLUMN["score"], COLUMN["distance_m"], COLUMN["quantity_per_year"]
HOURS, SAVINGS = COLUMN["shared_hours_per_year"], COLUMN["savings_eur_per_year"]
WORTH = COLUMN["net_present_value_eur"]


@dataclass(frozen=True)
class Processors:
    """Who converts: each as the input that it takes and the output that it makes."""

    intakes: np.ndarray  # FLOW; its quantity is the capacity
    products: np.ndarray  # FLOW; its quantity follows from what is taken
    yields: np.ndarray  # canonical units made per unit taken
    costs_eur: np.ndarray  # per unit taken


@dataclass(frozen=True)
class Chains:
    """Chains, the best first; a row of each table is one of them."""

    sources: np.ndarray  # indices into the outputs
    processors: np.ndarray
    takers: np.ndarray  # indices into the inputs
    first_legs: np.ndarray  # what is taken, by COLUMNS
    second_legs: np.ndarray  # what is made
    wholes: np.ndarray  # quantity: what is made
    conversion_eur_per_year: np.ndarray

    def __len__(self) -> int:
        return len(self.sources)


@njit(cache=True)
def _value_first_legs(sources, intakes, types, weights, legs, pairs, quantities, hours):
    """Value what is taken again for the quantities that the takers need; False: below a lot."""
    enough = np.empty(len(pairs), dtype=np.bool_)
    for number in range(len(pairs)):
        source, intake = sources[pairs[number, 0]], intakes[pairs[number, 1]]
        enough[number] = not is_too_little(quantities[number], source.min_quantity_per_year)
        value_exchange(
            source, intake, types[source.type], quantities[number], hours[number],
            legs[number, DISTANCE], legs[number],
        )  # fmt: skip
        legs[number, HOURS] = hours[number]
        larger = max(source.quantity_per_year, intake.quantity_per_year)
        legs[number, 3] = quantities[number] / larger
        legs[number, SCORE] = weigh(legs[number], weights)
    return enough


def find_chains(
    sources: np.ndarray,
    processors: Processors,
    takers: np.ndarray,
    types: np.ndarray,
    contaminants: np.ndarray,
    *,
    weights: np.ndarray = p.DEFAULT_WEIGHTS,
) -> Chains:
    """
    Return every chain of an output, a processor and an input of which both legs are matches.

    A processor works as its material comes: its product leaves in the hours of the source.
    """
    raw = types.copy()
    # What is converted replaces nothing yet: its product does, at the end of the chain.
    raw["co2_t_per_unit"] = 0.0
    pairs = _every_pair(len(sources), len(processors.intakes))
    firsts = score_pairs(sources, processors.intakes, pairs, raw, contaminants, weights)
    fits = ~np.isnan(firsts[:, SCORE])
    pairs, firsts = pairs[fits], firsts[fits]
    products = _products(sources[pairs[:, 0]], processors, pairs[:, 1], firsts[:, QUANTITY])

    links = _every_pair(len(pairs), len(takers))
    seconds = score_pairs(products, takers, links, types, contaminants, weights)
    fits = ~np.isnan(seconds[:, SCORE])
    links, seconds = links[fits], seconds[fits]
    pairs, firsts = pairs[links[:, 0]], firsts[links[:, 0]]

    taken = seconds[:, QUANTITY] / processors.yields[pairs[:, 1]]
    enough = _value_first_legs(
        sources, processors.intakes, raw, weights, firsts, pairs, taken, seconds[:, HOURS]
    )
    pairs, links, firsts, seconds = pairs[enough], links[enough], firsts[enough], seconds[enough]
    conversion = taken[enough] * processors.costs_eur[pairs[:, 1]]
    potential = sources["quantity_per_year"][pairs[:, 0]] * processors.yields[pairs[:, 1]]
    larger = np.maximum(potential, takers["quantity_per_year"][links[:, 1]])
    wholes = np.array(
        [_whole(*legs, weights) for legs in zip(firsts, seconds, conversion, larger, strict=True)]
    ).reshape(-1, firsts.shape[1])
    order = np.lexsort((firsts[:, DISTANCE] + seconds[:, DISTANCE], -wholes[:, SCORE]))
    return Chains(
        pairs[order, 0], pairs[order, 1], links[order, 1], firsts[order], seconds[order],
        wholes[order], conversion[order],
    )  # fmt: skip


def _every_pair(first: int, second: int) -> np.ndarray:
    return np.stack(np.meshgrid(np.arange(first), np.arange(second), indexing="ij"), -1).reshape(
        -1, 2
    )


def _products(
    sources: np.ndarray, processors: Processors, numbers: np.ndarray, taken: np.ndarray
) -> np.ndarray:
    """Return the outputs that processors make of what they take [canonical units per year]."""
    products = processors.products[numbers].copy()
    products["quantity_per_year"] = taken * processors.yields[numbers]
    for name in ("hours_0", "hours_1", "hours_2", "months", "valid_from_day", "valid_to_day"):
        products[name] = sources[name]
    return products


def _whole(
    first: np.ndarray, second: np.ndarray, conversion_eur: float, larger: float, weights: np.ndarray
) -> np.ndarray:
    """
    Return both legs as one exchange, by COLUMNS.

    A chain is as good as its weaker leg, factor by factor; quantity and economy are the whole's.
    """
    legs = np.array([first, second])
    whole = add_up(legs)
    whole[QUANTITY] = second[QUANTITY]
    whole[FACTOR_COLUMNS] = legs[:, FACTOR_COLUMNS].min(axis=0)
    whole[COLUMN["quantity_score"]] = second[QUANTITY] / larger
    whole[SAVINGS] -= conversion_eur
    whole[WORTH] -= conversion_eur / annuity_factor(p.INTEREST_RATE, p.LIFETIME_YEARS)
    finish(whole, weights, known=is_priced(legs))
    return whole


def blank_flows(count: int) -> np.ndarray:
    """Return flows that run always and state nothing."""
    flows = np.zeros(count, dtype=FLOW)
    for name in FLOW.names or ():
        if name.endswith(("_c", "_bar", "_pct", "eur_per_unit")) or name in ("ph_min", "ph_max"):
            flows[name] = np.nan
    flows["reach_m"] = np.inf
    flows["hours_0"] = flows["hours_1"] = np.uint64(2**64 - 1)
    flows["hours_2"] = np.uint64(2**40 - 1)
    flows["months"] = 2**12 - 1
    flows["valid_from_day"], flows["valid_to_day"] = -(2**31), 2**31 - 1
    return flows


def warm_up() -> None:
    """Compile the kernel, or load it from the cache."""
    flows = blank_flows(1)
    types = np.zeros(1, dtype=RESOURCE_TYPE)
    processors = Processors(flows, flows, np.ones(1), np.zeros(1))
    find_chains(flows, processors, flows, types, np.zeros(0, dtype=CONTAMINANT))
