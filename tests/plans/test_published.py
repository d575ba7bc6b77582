"""Published optima: a heat market, a transport problem, water reuse."""

import json

import numpy as np
import pytest
from django.conf import settings

from matching.planning import Problem, Solution, solve
from matching.planning.proof import priced_limit

MARKET = settings.BASE_DIR.parent / "shared/data/heat_market"
# Of all 48 hours, as published with the market.
OBJECTIVES, TRADED = -86.36570346934913, 199.0


def all_pairs(outputs: int, inputs: int) -> dict[str, np.ndarray]:
    """Every output with every input, as much as they have."""
    output, input_ = np.divmod(np.arange(outputs * inputs), inputs)
    return {"output": output, "input": input_, "most": np.full(len(output), np.inf)}


def assert_proven(problem: Problem, solution: Solution) -> None:
    assert solution.gap < 1e-12
    assert priced_limit(problem, solution) == pytest.approx(solution.value, rel=1e-12, abs=1e-9)


def test_the_transport_problem_of_the_textbooks():
    # Dantzig 1963, chapter 3.3: from two plants to three markets, 90 $ per unit and thousand miles.
    distances = np.array([[2.5, 1.7, 1.8], [2.5, 1.8, 1.4]])
    # A unit that arrives is worth more than any way costs, so that all do.
    worth = 1 - 0.09 * distances.ravel()
    problem = Problem(available=[350, 600], needed=[325, 300, 275], worth=worth, **all_pairs(2, 3))
    solution = solve(problem)
    assert solution.quantities.sum() == pytest.approx(900, abs=1e-9)
    assert 900 - solution.value == pytest.approx(153.675, abs=1e-9)
    # What a case more in a market costs at the margin: 0.225, 0.153, 0.126.
    assert 1 - solution.input_prices == pytest.approx([0.225, 0.153, 0.126], abs=1e-9)
    assert_proven(problem, solution)


def test_water_reuse_with_limits_of_concentration():
    # t/h at ppm; what a sink does not get from others it takes fresh.
    sources = np.array([(50, 50), (100, 100), (70, 150), (60, 250)], dtype=float)
    sinks = np.array([(50, 20), (100, 50), (80, 100), (70, 200)], dtype=float)
    pairs = all_pairs(4, 4)
    problem = Problem(
        available=sources[:, 0],
        needed=sinks[:, 0],
        worth=np.ones(16),
        load=sources[pairs["output"], 1],
        most_load=sinks.prod(axis=1),
        **pairs,
    )
    solution = solve(problem)
    reused = solution.quantities.sum()
    assert sinks[:, 0].sum() - reused == pytest.approx(70, abs=1e-9)
    assert sources[:, 0].sum() - reused == pytest.approx(50, abs=1e-9)
    loads = np.bincount(problem.input, weights=solution.quantities * problem.load[0])
    assert (loads / sinks[:, 0] <= sinks[:, 1] + 1e-9).all()
    assert_proven(problem, solution)


@pytest.mark.skipif(not MARKET.is_dir(), reason="The published market is not part of the project.")
def test_the_heat_market_in_all_hours():
    given = json.loads((MARKET / "pool_base_hidden.json").read_text())
    published = json.loads((MARKET / "pool_base_outputs_hidden.json").read_text())
    agents = given["agent_ids"]
    objectives = traded = 0.0
    for hour in range(given["nr_of_hours"]):
        most, need, cost, utility = (
            np.array(given[name][hour]) for name in ("gmax", "lmax", "cost", "util")
        )
        pairs = all_pairs(len(agents), len(agents))
        worth = utility[pairs["input"]] - cost[pairs["output"]]
        problem = Problem(available=most, needed=need, worth=worth, **pairs)
        solution = solve(problem)
        for side, name in ((problem.output, "Gn"), (problem.input, "Ln")):
            amounts = np.bincount(side, solution.quantities, len(agents))
            expected = [published[name][agent][hour] for agent in agents]
            assert amounts == pytest.approx(expected, abs=1e-9), (hour, name)
        welfare = published["social_welfare_h"]["Social Welfare"][hour]
        assert -solution.value == pytest.approx(welfare, abs=1e-9), hour
        assert_proven(problem, solution)
        # The published price is one of best prices: no welfare is above what it says.
        price = published["shadow_price"]["uniform price"][hour]
        limit = most @ np.maximum(price - cost, 0) + need @ np.maximum(utility - price, 0)
        assert limit == pytest.approx(solution.value, abs=1e-9), hour
        objectives -= solution.value
        traded += solution.quantities.sum()
    assert objectives == pytest.approx(OBJECTIVES, abs=1e-9)
    assert traded == pytest.approx(TRADED, abs=1e-9)
