"""Parts of a problem that do not touch each other, and can be solved one by one."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from matching.planning.problem import Problem

# Parts are made of whole components up to so many exchanges: a solver's start costs more than a few
# more rows. Those with switches are kept smaller, as their solutions multiply.
EXCHANGES_OF_PART = 20_000
SWITCHED_EXCHANGES_OF_PART = 200


def components_of(problem: Problem, rows: np.ndarray) -> np.ndarray:
    """
    Return for each of some exchanges the number of its component.

    Two are in the same one if they share a flow or may share a trench, or if all share a budget.
    """
    if not len(rows):
        return np.zeros(0, dtype=np.int64)
    if np.isfinite(problem.budget):
        return np.zeros(len(rows), dtype=np.int64)
    outputs, inputs = len(problem.available), len(problem.needed)
    start, end = problem.output[rows], outputs + problem.input[rows]
    count = outputs + inputs
    if problem.trenches is not None:
        part = problem.trenches.of(rows, len(problem))
        start = np.concatenate([start, start[part.exchange]])
        end = np.concatenate([end, count + part.segment])
        count += len(part.cost)
    graph = coo_array((np.ones(len(start), dtype=np.int8), (start, end)), shape=(count, count))
    labels = connected_components(graph, directed=False)[1][problem.output[rows]]
    return np.unique(labels, return_inverse=True)[1]


def parts_of(problem: Problem) -> list[np.ndarray]:
    """Return the exchanges (rows) of each part, the largest first; those never chosen in none."""
    rows = problem.worthwhile
    labels = components_of(problem, rows)
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
    components = np.split(rows[order], starts[1:]) if len(rows) else []
    switched = problem.is_switched
    parts: list[np.ndarray] = []
    for are_switched, most in ((False, EXCHANGES_OF_PART), (True, SWITCHED_EXCHANGES_OF_PART)):
        waiting: list[np.ndarray] = []
        for component in components:
            if bool(switched[component].any()) != are_switched:
                continue
            if waiting and sum(map(len, waiting)) + len(component) > most:
                parts.append(np.concatenate(waiting))
                waiting = []
            waiting.append(component)
        if waiting:
            parts.append(np.concatenate(waiting))
    return sorted(parts, key=len, reverse=True)
