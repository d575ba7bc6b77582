"""
A choice that holds where amounts turn out otherwise than stated: the best on average of samples.

What is chosen is agreed and built before amounts are known; what is delivered is decided after.
Candidates (the best choices for amounts as stated and for less) are compared over all samples, as
in the sample average approximation of Kleywegt, Shapiro and Homem-de-Mello (SIAM Journal on
Optimization 12, 2002, 479-502).
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from matching.planning.parts import EXCHANGES_OF_PART
from matching.planning.problem import SAME, Problem
from matching.planning.solving import Options, Solution, solve_part

# Candidates plan as if flows had so much of their uncertainty less.
CAUTIONS = (0.25, 0.5, 0.75, 1.0)
# ... and with what is best in so many of the samples.
OFTEN = 0.5
WORST_SHARE = 0.05
LEAST_SAMPLES = 4
SAMPLING_LIMIT_S = 120.0
_LEAST_TIME_S = 0.5


@dataclass(frozen=True)
class Samples:
    """How much of their amounts flows turn out to have: (sample, flow), 1: as stated."""

    outputs: np.ndarray
    inputs: np.ndarray

    def __len__(self) -> int:
        return len(self.outputs)


@dataclass(frozen=True)
class RobustSolution:
    """
    The choice that is worth most on average, and what it is worth in each sample.

    `bound`: no choice is worth more on average of these samples, as none knows what will come.
    `chosen_shares`: in how many of them an exchange is part of what would be best.
    """

    solution: Solution
    values: np.ndarray  # of each sample
    bound: float
    chosen_shares: np.ndarray  # of each exchange, 0 to 1

    @property
    def expected(self) -> float:
        return float(self.values.mean())


def worst_of(values: np.ndarray) -> float:
    """Return the mean of the worst 5 % of samples: their conditional value at risk."""
    count = max(1, round(WORST_SHARE * len(values)))
    return float(np.sort(values)[:count].mean())


def draw(spreads: np.ndarray, keys: list[int], count: int, seed: int = 0) -> np.ndarray:
    """
    Return (sample, flow) of amounts, evenly within 1 ± spread, each flow by itself.

    A Latin hypercube (McKay, Beckman and Conover, Technometrics 21, 1979, 239-245): each flow is
    once in each of `count` equal parts of its range. What is drawn for a flow hangs on its key
    alone, so that neither order nor parts matter.
    """
    drawn = np.ones((count, len(spreads)))
    for place, (spread, key) in enumerate(zip(spreads.tolist(), keys, strict=True)):
        if spread > 0:
            random = np.random.default_rng([seed, key])
            even = (random.permutation(count) + random.random(count)) / count
            drawn[:, place] = 1 + spread * (2 * even - 1)
    return drawn


def solve_robustly(
    problem: Problem,
    samples: Samples,
    spreads: tuple[np.ndarray, np.ndarray],
    *,
    paid: np.ndarray | None = None,
    options: Options | None = None,
    limit_s: float = SAMPLING_LIMIT_S,
) -> RobustSolution:
    """
    Return the candidate that is worth most on average of the samples.

    `spreads`: how far amounts of outputs and inputs may be off, as shares. `paid` [worth per unit]:
    part of what a chosen unit costs that is paid also if the unit is not delivered. After `limit_s`
    the samples that have been solved count, `LEAST_SAMPLES` at least.

    :raises Impossible: what must be exchanged does not fit.
    """
    options = options or Options()
    paid = np.zeros(len(problem)) if paid is None else paid
    best = solve_part(problem, options)
    optima = list(_foreseen(problem, samples, options, limit_s))
    shares = np.mean([one.quantities > 0 for one in optima], axis=0)
    drawn = Samples(samples.outputs[: len(optima)], samples.inputs[: len(optima)])
    found, values = best, _values(problem, best.quantities, drawn, paid)
    looked_at = {best.quantities.tobytes()}
    for candidate in _candidates(problem, spreads, shares >= OFTEN, options):
        if candidate.quantities.tobytes() in looked_at:
            continue
        looked_at.add(candidate.quantities.tobytes())
        others = _values(problem, candidate.quantities, drawn, paid)
        if others.mean() > values.mean() + SAME * abs(values.mean()):
            found, values = candidate, others
    # Who foresees each sample cannot do worse.
    bound = max(float(np.mean([one.bound for one in optima])), float(values.mean()))
    return RobustSolution(_as_stated(problem, found, best.bound), values, bound, shares)


def _foreseen(
    problem: Problem, samples: Samples, options: Options, limit_s: float
) -> Iterator[Solution]:
    """Yield what would be best in each sample if it were known, until the time is over."""
    until = time.monotonic() + limit_s
    for number in range(len(samples)):
        left = until - time.monotonic()
        if left <= 0 and number >= LEAST_SAMPLES:
            return
        each = max(_LEAST_TIME_S, min(options.time_limit_s, left / (len(samples) - number)))
        sampled = _sampled(problem, samples.outputs[number], samples.inputs[number])
        yield solve_part(_with_room(sampled), replace(options, time_limit_s=each))


def _candidates(
    problem: Problem,
    spreads: tuple[np.ndarray, np.ndarray],
    are_often: np.ndarray,
    options: Options,
) -> Iterator[Solution]:
    """Yield choices that are possible with amounts as stated."""
    outputs, inputs = spreads
    for caution in CAUTIONS:
        less = _sampled(problem, 1 - caution * outputs, 1 - caution * inputs)
        # What a flow bears follows its amount only where that is known.
        less = replace(less, most_load=problem.most_load)
        found = solve_part(_with_room(less), options)
        yield found
        # The same exchanges, as much of each as amounts as stated allow.
        yield solve_part(_only(problem, found.quantities > 0), options)
    yield solve_part(_only(problem, are_often), options)


def _only(problem: Problem, are_in: np.ndarray) -> Problem:
    """Return the problem of some exchanges and of those that must be."""
    return replace(problem, most=np.where(are_in | (problem.floor > 0), problem.most, 0.0))


def _sampled(problem: Problem, outputs: np.ndarray, inputs: np.ndarray) -> Problem:
    """Return the problem with so much of the amounts of its flows."""
    by_flow = np.minimum(problem.available[problem.output], problem.needed[problem.input])
    # Where hours that are not shared are the limit: how much fewer units, nobody knows.
    scale = np.minimum(outputs[problem.output], inputs[problem.input])
    most = np.where(problem.most >= by_flow * (1 - SAME), np.inf, problem.most * scale)
    return replace(
        problem,
        available=problem.available * outputs,
        needed=problem.needed * inputs,
        most=np.where(problem.most > 0, most, 0.0),
        most_load=problem.most_load * inputs,
    )


def _with_room(problem: Problem) -> Problem:
    """Return a problem with room for what must be, however little there is."""
    floor = problem.bounds[0]

    def sums(side: np.ndarray, limits: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return np.maximum(limits, np.bincount(side, weights=weights, minlength=len(limits)))

    return replace(
        problem,
        available=sums(problem.output, problem.available, floor),
        needed=sums(problem.input, problem.needed, floor),
        most_load=np.array(
            [sums(problem.input, most, floor * load) for most, load in problem.loads]
        ).reshape(problem.most_load.shape),
        most=np.maximum(problem.most, floor),
    )


def _values(problem: Problem, chosen: np.ndarray, samples: Samples, paid: np.ndarray) -> np.ndarray:
    """Return what a choice is worth in each sample, with the best that can be delivered of it."""
    rows = np.flatnonzero(chosen > 0)
    costs = problem.fixed_cost(chosen > 0) + float(paid @ chosen)
    if not len(rows):
        return np.zeros(len(samples))
    nothing = np.zeros(len(rows))
    part = replace(
        problem.of(rows),
        worth=problem.worth[rows] + paid[rows],
        least=nothing, floor=nothing, fixed=nothing, fixed_investment=nothing, investment=nothing,
        budget=np.inf, trenches=None,
    )  # fmt: skip
    step = max(1, EXCHANGES_OF_PART // len(rows))
    values = []
    for start in range(0, len(samples), step):
        these = slice(start, start + step)
        several = _side_by_side(part, chosen[rows], samples.outputs[these], samples.inputs[these])
        delivered = solve_part(several).quantities
        values.append(delivered.reshape(-1, len(rows)) @ part.worth)
    return np.concatenate(values) - costs


def _side_by_side(
    part: Problem, chosen: np.ndarray, outputs: np.ndarray, inputs: np.ndarray
) -> Problem:
    """Return a problem for each of some samples, all as one: a solver's start costs more."""
    count = len(outputs)
    sampled = [_sampled(part, *amounts) for amounts in zip(outputs, inputs, strict=True)]

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(one, name) for one in sampled])

    def numbered(side: np.ndarray, flow_count: int) -> np.ndarray:
        return (np.arange(count)[:, None] * flow_count + side).ravel()

    return Problem(
        available=joined("available"),
        needed=joined("needed"),
        most_load=np.concatenate([one.most_load for one in sampled], axis=1),
        output=numbered(part.output, len(part.available)),
        input=numbered(part.input, len(part.needed)),
        # Of what is agreed no more is delivered than that.
        most=np.minimum(joined("most"), np.tile(chosen, count)),
        worth=np.tile(part.worth, count),
        load=np.tile(part.load, (1, count)),
    )


def _as_stated(problem: Problem, found: Solution, bound: float) -> Solution:
    """Return a choice with its value where amounts are as stated; prices where nothing is left."""
    quantities = found.quantities
    value = problem.value(quantities)

    def prices(side: np.ndarray, limits: np.ndarray, of: np.ndarray) -> np.ndarray:
        used = np.bincount(side, weights=quantities, minlength=len(limits))
        return np.where(used >= limits * (1 - 1e-6), of, 0.0)

    return replace(
        found,
        value=value,
        bound=max(bound, value),
        output_prices=prices(problem.output, problem.available, found.output_prices),
        input_prices=prices(problem.input, problem.needed, found.input_prices),
    )
