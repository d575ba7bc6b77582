"""The year, cut into sets of hours in which the same flows run."""

from dataclasses import dataclass

import numpy as np

from matching.engine.parameters import DAYS_OF_MONTHS, HOURS_PER_YEAR

HOURS_PER_WEEK, MONTHS = 168, 12


@dataclass(frozen=True)
class Cells:
    """Which flows run in which cell of the year."""

    runs: np.ndarray  # bool, (flow, cell)
    hours: np.ndarray  # of each cell [h/a]

    def rates(self, quantities_per_year: np.ndarray) -> np.ndarray:
        """Return what each flow runs at in each cell [units/h]: evenly over its own hours."""
        return self.runs * (quantities_per_year / (self.runs @ self.hours))[:, None]


def cells_of(flows: np.ndarray) -> Cells:
    """Return the cells of some flows: within one, nobody starts or stops."""
    words = np.stack([flows[f"hours_{number}"] for number in range(3)], axis=1).astype("<u8")
    week = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")[:, :HOURS_PER_WEEK]
    year = (flows["months"][:, None] >> np.arange(MONTHS) & 1).astype(np.uint8)
    week, week_shares = _merge(week, np.full(HOURS_PER_WEEK, 1 / HOURS_PER_WEEK))
    year, year_shares = _merge(year, np.array(DAYS_OF_MONTHS) / 365)
    runs = (week[:, :, None] & year[:, None, :]).reshape(len(flows), -1)
    return Cells(runs.astype(bool), HOURS_PER_YEAR * np.outer(week_shares, year_shares).ravel())


def _merge(flags: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Merge columns that are alike, and add up their shares."""
    merged, numbers = np.unique(flags, axis=1, return_inverse=True)
    return merged, np.bincount(numbers.ravel(), weights=shares)
