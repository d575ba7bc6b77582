"""What several exchanges are as one: their sums, and one score."""

import math

import numpy as np

from matching.engine import parameters as p
from matching.engine.arrays import COLUMN, COLUMNS
from matching.engine.scoring import COLUMN_COUNT, economic_score, weigh

FACTOR_COLUMNS = np.arange(1, 8)
QUANTITY, ECONOMIC = COLUMN["quantity_per_year"], COLUMN["economic_score"]
PURCHASE = COLUMN["avoided_purchase_eur_per_year"]
DISPOSAL = COLUMN["avoided_disposal_eur_per_year"]
# Each pays for its own pipe and trucks: a shared one is not assumed.
_ADDED = [
    COLUMN[name]
    for name in COLUMNS
    if name.endswith(("eur_per_year", "eur", "t_per_year", "quantity_per_year"))
]


def add_up(rows: np.ndarray) -> np.ndarray:
    """Return the sums of rows by COLUMNS; NaN where nothing can be added up."""
    whole = np.full(COLUMN_COUNT, np.nan)
    whole[_ADDED] = rows[:, _ADDED].sum(axis=0)
    return whole


def is_priced(rows: np.ndarray) -> bool:
    """Whether the price of any exchange is known: without one, its economic score is neutral."""
    return bool(
        (
            (rows[:, PURCHASE] + rows[:, DISPOSAL] != 0.0) | (rows[:, ECONOMIC] != p.UNKNOWN_SCORE)
        ).any()
    )


def finish(whole: np.ndarray, weights: np.ndarray, *, known: bool) -> None:
    """Fill in what follows from the sums: the economic factor, the score and the payback."""
    gross = whole[PURCHASE] + whole[DISPOSAL]
    savings = whole[COLUMN["savings_eur_per_year"]]
    income = savings + whole[COLUMN["annuity_eur_per_year"]]
    whole[ECONOMIC] = economic_score(gross, savings, known)
    whole[COLUMN["payback_years"]] = (
        whole[COLUMN["investment_eur"]] / income if income > 0.0 else math.nan
    )
    whole[COLUMN["score"]] = weigh(whole, weights)


def whole_of_parts(rows: np.ndarray, larger: float, weights: np.ndarray) -> np.ndarray:
    """
    Return parts of one exchange as a whole, by COLUMNS.

    Factor scores are means by quantity, except that the quantity's is the total's share of `larger`
    (both sides' amounts, the larger one [canonical units per year]) and the economic one is of the
    sums.
    """
    whole = add_up(rows)
    quantities = rows[:, QUANTITY]
    whole[FACTOR_COLUMNS] = quantities @ rows[:, FACTOR_COLUMNS] / quantities.sum()
    whole[COLUMN["quantity_score"]] = whole[QUANTITY] / larger
    finish(whole, weights, known=is_priced(rows))
    return whole
