"""What the kernel says of an exchange, by name: for pages and API."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from matching.engine.arrays import COLUMN
from matching.engine.parameters import FACTORS

FIGURES = (
    "quantity_per_year",
    "avoided_purchase_eur_per_year",
    "avoided_disposal_eur_per_year",
    "transport_eur_per_year",
    "investment_eur",
    "annuity_eur_per_year",
    "maintenance_eur_per_year",
    "savings_eur_per_year",
    "net_present_value_eur",
    "co2_avoided_t_per_year",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an exchange of a quantity costs and brings, and how well the sides fit."""

    score: float
    factors: dict[str, float]
    quantity_per_year: float
    avoided_purchase_eur_per_year: float
    avoided_disposal_eur_per_year: float
    transport_eur_per_year: float
    investment_eur: float
    annuity_eur_per_year: float
    maintenance_eur_per_year: float
    savings_eur_per_year: float
    net_present_value_eur: float
    co2_avoided_t_per_year: float
    payback_years: float | None

    @classmethod
    def of(cls, row: np.ndarray) -> Self:
        """Read a row by `COLUMNS`."""
        payback = float(row[COLUMN["payback_years"]])
        return cls(
            score=float(row[COLUMN["score"]]),
            factors={name: float(row[COLUMN[f"{name}_score"]]) for name in FACTORS},
            payback_years=None if np.isnan(payback) else payback,
            **{name: float(row[COLUMN[name]]) for name in FIGURES},
        )
