"""A problem as HiGHS reads it: columns for quantities, switches and trenches, rows for limits."""

from dataclasses import dataclass

import highspy
import numpy as np
from scipy.sparse import coo_array, csc_array

from matching.planning.problem import Problem

INFINITE = highspy.kHighsInf


@dataclass(frozen=True)
class Scale:
    """What HiGHS sees as 1, so that its absolute tolerances mean the same for t and for MWh."""

    quantity: float
    worth: float

    @classmethod
    def of(cls, problem: Problem) -> "Scale":
        upper = problem.bounds[1]
        quantities = upper[upper > 0]
        worths = np.abs(problem.worth[problem.worth != 0])
        return cls(
            float(np.median(quantities)) if len(quantities) else 1.0,
            float(worths.max()) if len(worths) else 1.0,
        )


class Model:
    """
    The programme of a problem, in scaled units; its objective is to be made small.

    Columns: the quantities, then a switch for each exchange that has one, then a segment of a
    trench each. Rows: outputs and inputs that limit, loads, the budget, and what ties switches.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.scale = Scale.of(problem)
        self.count = len(problem)
        self.lower, self.upper = (bound / self.scale.quantity for bound in problem.bounds)
        # What must be is on in any case.
        self.switched = np.flatnonzero(problem.is_switched & (self.lower <= 0))
        self.segments = np.zeros(0, dtype=np.int64)
        self._entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._row_lower: list[np.ndarray] = []
        self._row_upper: list[np.ndarray] = []
        self._row_count = 0
        self._build()

    def _build(self) -> None:
        problem, scale = self.problem, self.scale
        trenches = problem.trenches
        if trenches is not None:
            self.segments = np.arange(len(trenches.cost))
        columns = np.arange(self.count)
        switches = self.count + np.arange(len(self.switched))
        segments = self.count + len(self.switched) + self.segments
        self.outputs, self.output_rows = self._limit(problem.output, problem.available)
        self.inputs, self.input_rows = self._limit(problem.input, problem.needed)
        # Of each substance the inputs that bear no more, and their rows.
        self.loaded = [self._limit(problem.input, most, load) for most, load in problem.loads]
        fixed = problem.fixed
        fixed_investment = problem.fixed_investment
        if trenches is not None:
            fixed = fixed - trenches.own(trenches.cost, self.count)
            fixed_investment = fixed_investment - trenches.own(trenches.investment, self.count)
        self.budget_row = self._budget(fixed_investment, columns, switches, segments)
        on, lots = self.switched, np.flatnonzero(problem.least[self.switched] > 0)
        self._rows([(columns[on], 1.0), (switches, -self.upper[on])], -INFINITE, 0.0, len(on))
        self._rows(
            [(columns[on[lots]], 1.0), (switches[lots], -problem.least[on[lots]] / scale.quantity)],
            0.0, INFINITE, len(lots),
        )  # fmt: skip
        segment_lower = np.zeros(len(segments))
        if trenches is not None:
            place = np.full(self.count, -1)
            place[on] = switches
            optional = place[trenches.exchange] >= 0
            self._rows(
                [
                    (segments[trenches.segment[optional]], 1.0),
                    (place[trenches.exchange[optional]], -1.0),
                ],
                0.0, INFINITE, int(optional.sum()),
            )  # fmt: skip
            segment_lower[trenches.segment[~optional]] = 1.0
        unit = scale.worth * scale.quantity
        self.costs = np.concatenate([
            -problem.worth / scale.worth,
            fixed[on] / unit,
            np.zeros(0) if trenches is None else trenches.cost / unit,
        ])  # fmt: skip
        self.column_lower = np.concatenate([self.lower, np.zeros(len(on)), segment_lower])
        # Where a flow is the limit its row says so, alone: else it would have no price.
        by_flow = np.minimum(problem.available[problem.output], problem.needed[problem.input])
        upper = np.where(problem.most >= by_flow, INFINITE, self.upper)
        upper[self.upper <= 0] = 0.0
        upper[on] = self.upper[on]
        self.column_upper = np.concatenate([upper, np.ones(len(on) + len(segments))])

    def _limit(
        self, side: np.ndarray, limits: np.ndarray, weights: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Add a row for each flow with a limit; returns (the flows, their rows)."""
        counts = np.isfinite(limits[side])
        if weights is not None:
            counts &= weights > 0
        columns = np.flatnonzero(counts)
        flows, places = np.unique(side[columns], return_inverse=True)
        rows = self._row_count + np.arange(len(flows))
        values = np.ones(len(columns)) if weights is None else weights[columns]
        self._entries.append((rows[places], columns, values))
        self._close(np.full(len(flows), -INFINITE), limits[flows] / self.scale.quantity)
        return flows, rows

    def _budget(
        self,
        fixed_investment: np.ndarray,
        columns: np.ndarray,
        switches: np.ndarray,
        segments: np.ndarray,
    ) -> int | None:
        problem, scale = self.problem, self.scale
        if not np.isfinite(problem.budget):
            return None
        row = self._row_count
        must = self.lower > 0
        unit = max(problem.budget, 1.0)
        parts = [
            (columns, problem.investment * scale.quantity),
            (switches, fixed_investment[self.switched]),
        ]
        if problem.trenches is not None:
            parts.append((segments, problem.trenches.investment))
        for places, values in parts:
            self._entries.append((np.full(len(places), row), places, values / unit))
        left = problem.budget - fixed_investment[must].sum()
        self.budget_unit = unit
        self._close(np.array([-INFINITE]), np.array([left / unit]))
        return row

    def _rows(
        self,
        parts: list[tuple[np.ndarray, np.ndarray | float]],
        lower: float,
        upper: float,
        count: int,
    ) -> None:
        """Add rows, each with one entry of every part."""
        rows = self._row_count + np.arange(count)
        for places, values in parts:
            self._entries.append((rows, places, np.broadcast_to(values, (count,))))
        self._close(np.full(count, lower), np.full(count, upper))

    def _close(self, lower: np.ndarray, upper: np.ndarray) -> None:
        self._row_lower.append(lower)
        self._row_upper.append(upper)
        self._row_count += len(lower)

    def load_into(self, highs: highspy.Highs) -> None:
        """Hand the programme to HiGHS."""
        rows, columns, values = (
            np.concatenate([entry[number] for entry in self._entries]) for number in range(3)
        )
        shape = (self._row_count, len(self.costs))
        matrix = csc_array(coo_array((values, (rows, columns)), shape=shape))
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = shape
        lp.col_cost_ = self.costs
        lp.col_lower_, lp.col_upper_ = self.column_lower, self.column_upper
        lp.row_lower_ = np.concatenate(self._row_lower)
        lp.row_upper_ = np.concatenate(self._row_upper)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = matrix.indptr
        lp.a_matrix_.index_ = matrix.indices
        lp.a_matrix_.value_ = matrix.data
        if len(self.switched):
            kinds = [highspy.HighsVarType.kContinuous] * len(self.costs)
            for column in range(self.count, self.count + len(self.switched)):
                kinds[column] = highspy.HighsVarType.kInteger
            lp.integrality_ = kinds
        highs.passModel(lp)
