"""
`make bench-plans`: how long the best quantities take, against other ways to find them.

All solve the same problem in the same run, one large component: outputs and inputs at random on
a plane, each output with the ten nearest inputs, amounts log-normal, worth falling with the
distance. Who needs whole numbers gets thousandths of a unit and of a euro. Programs that are not
installed are left out; those too slow for a size, too.
"""

import argparse
import importlib.util
import time
from collections.abc import Callable

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array
from scipy.spatial import cKDTree

from matching.planning import Problem, Solution, solve
from matching.planning.greedy import greedy
from matching.planning.proof import priced_limit
from tests.bench.tables import show

SIZES = (10_000, 100_000, 1_000_000)
GOALS_S = {10_000: 0.5, 100_000: 5.0, 1_000_000: 120.0}
PARTNERS = 10
WHOLE = 1000
# Beyond, they would take hours.
LARGEST = {"scipy linprog": 1_000_000, "networkx": 10_000, "OR-tools": 1_000_000}


def problem_of(match_count: int, seed: int = 0) -> Problem:
    """Return a problem of about so many matches."""
    random = np.random.default_rng(seed)
    count = match_count // PARTNERS
    outputs, inputs = random.random((2, count, 2))
    distances, partners = cKDTree(inputs).query(outputs, k=PARTNERS)
    output, input_ = np.repeat(np.arange(count), PARTNERS), partners.ravel()
    available, needed = random.lognormal(3, 1.2, (2, count))
    price = random.uniform(10, 60, count)
    way = 8 * distances.ravel() * np.sqrt(count) * random.uniform(0.5, 1.5, len(output))
    return Problem(
        available=available,
        needed=needed,
        output=output,
        input=input_,
        most=np.minimum(available[output], needed[input_]),
        worth=price[input_] - way,
    )


def by_linprog(problem: Problem) -> float:
    """SciPy's HiGHS, given the same rows."""
    columns = np.tile(np.arange(len(problem)), 2)
    rows = np.concatenate([problem.output, len(problem.available) + problem.input])
    matrix = coo_array((np.ones(len(rows)), (rows, columns))).tocsr()
    limits = np.concatenate([problem.available, problem.needed])[: matrix.shape[0]]
    found = linprog(-problem.worth, A_ub=matrix, b_ub=limits, bounds=(0, None), method="highs")
    return -found.fun


def _whole(problem: Problem) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Amounts and worth in whole thousandths; amounts rounded down, so that they are possible."""
    return (
        (problem.available * WHOLE).astype(np.int64),
        (problem.needed * WHOLE).astype(np.int64),
        np.round(problem.worth * WHOLE).astype(np.int64),
    )


def by_ortools(problem: Problem) -> float:
    """OR-tools' cost-scaling push-relabel: what is not exchanged goes over a node of its own."""
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

    available, needed, worth = _whole(problem)
    outputs, inputs = len(available), len(needed)
    aside = outputs + inputs
    flow = SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        problem.output,
        outputs + problem.input,
        np.minimum(available[problem.output], needed[problem.input]),
        -worth,
    )
    flow.add_arcs_with_capacity_and_unit_cost(
        np.arange(outputs), np.full(outputs, aside), available, np.zeros(outputs, dtype=np.int64)
    )
    flow.add_arcs_with_capacity_and_unit_cost(
        np.full(inputs, aside), outputs + np.arange(inputs), needed, np.zeros(inputs, np.int64)
    )
    supplies = np.concatenate([available, -needed, [needed.sum() - available.sum()]])
    flow.set_nodes_supplies(np.arange(aside + 1), supplies)
    if flow.solve() != flow.OPTIMAL:
        raise RuntimeError("OR-tools found no optimum.")
    return float(problem.worth @ flow.flows(arcs)) / WHOLE


def by_networkx(problem: Problem) -> float:
    """networkx' network simplex, in Python."""
    import networkx as nx

    available, needed, worth = _whole(problem)
    graph = nx.DiGraph()
    graph.add_node("aside", demand=int(available.sum() - needed.sum()))
    for number, amount in enumerate(available.tolist()):
        graph.add_node(("o", number), demand=-amount)
        graph.add_edge(("o", number), "aside", weight=0)
    for number, amount in enumerate(needed.tolist()):
        graph.add_node(("i", number), demand=amount)
        graph.add_edge("aside", ("i", number), weight=0)
    for output, input_, value in zip(
        problem.output.tolist(), problem.input.tolist(), worth.tolist(), strict=True
    ):
        graph.add_edge(("o", output), ("i", input_), weight=-value)
    cost, _ = nx.network_simplex(graph)
    return -cost / WHOLE**2


def by_turash(problem: Problem) -> Solution:
    return solve(problem)


WAYS: dict[str, tuple[str, Callable[[Problem], float | Solution]]] = {
    "greedy": ("numba", lambda problem: problem.value(greedy(problem))),
    "Turash": ("highspy", by_turash),
    "scipy linprog": ("scipy", by_linprog),
    "OR-tools": ("ortools", by_ortools),
    "networkx": ("networkx", by_networkx),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES, help="numbers of matches")
    arguments = parser.parse_args()
    greedy(problem_of(100))
    rows = []
    for size in arguments.sizes:
        problem = problem_of(size)
        best = None
        for name, (package, way) in WAYS.items():
            if importlib.util.find_spec(package) is None or size > LARGEST.get(name, size):
                rows.append([f"{size:,}", name, "-", "-", ""])
                continue
            start = time.perf_counter()
            found = way(problem)
            taken = time.perf_counter() - start
            value = found.value if isinstance(found, Solution) else found
            if isinstance(found, Solution):
                best = value
                limit = priced_limit(problem, found)
                if abs(limit / value - 1) > 1e-9:
                    raise SystemExit(f"{size}: the prices do not prove the plan.")
            goal = f"{GOALS_S[size]:g}" if name == "Turash" and size in GOALS_S else ""
            rows.append([f"{size:,}", name, f"{taken:.3f}", f"{value:,.0f}", goal])
            print(*rows[-1], flush=True)
            if best is not None and value > best * (1 + 1e-6):
                raise SystemExit(f"{size}: {name} has found a better plan.")
    show("The best quantities of one component", ["matches", "by", "s", "worth", "goal [s]"], rows)


if __name__ == "__main__":
    main()
