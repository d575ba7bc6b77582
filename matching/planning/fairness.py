"""How the gain of a plan could be split between those who make it possible."""

import math
import time
from dataclasses import dataclass

import numpy as np

from matching.planning.parts import components_of
from matching.planning.problem import Problem, Trenches
from matching.planning.solving import Options, Solution, solve_part

# 2ⁿ coalitions are looked at one by one; beyond, orders of joining are drawn at random.
MOST_EXACT = 8
SAMPLES = 200
LEAST_SAMPLES = 4
# After so many coalitions, the first of which are small, it shows whether there is time for all.
PROBED = 50
SAMPLING_LIMIT_S = 20.0


@dataclass(frozen=True)
class Split:
    """Each player's part of the gain, and how far it may be off (0: exact; NaN: not computed)."""

    gains: np.ndarray
    standard_errors: np.ndarray


def proportional_split(
    problem: Problem, solution: Solution, output_player: np.ndarray, input_player: np.ndarray
) -> np.ndarray:
    """
    Return each player's part where both sides of an exchange get half of what it is worth.

    What a shared stretch of trench saves is split evenly between the exchanges that use it.
    """
    on = solution.quantities > 0
    worth = problem.worth * solution.quantities - np.where(on, problem.fixed, 0.0)
    if problem.trenches is not None:
        worth += saved_by_sharing(problem.trenches, problem.trenches.cost, on)
    count = _player_count(output_player, input_player)
    halves = np.zeros(count)
    for players, side in ((output_player, problem.output), (input_player, problem.input)):
        halves += np.bincount(players[side], weights=worth / 2, minlength=count)
    return halves


def saved_by_sharing(trenches: Trenches, values: np.ndarray, on: np.ndarray) -> np.ndarray:
    """
    Return what each exchange saves of the `values` of segments that others use, too.

    A segment counts once, and those that are `on` bear it evenly: the sum is what all save.
    """
    used = on[trenches.exchange]
    segments = trenches.segment[used]
    users = np.bincount(segments, minlength=len(values))
    saved = values[segments] * (1 - 1 / users[segments])
    return np.bincount(trenches.exchange[used], weights=saved, minlength=len(on)).astype(float)


def shapley_split(
    problem: Problem,
    output_player: np.ndarray,
    input_player: np.ndarray,
    *,
    options: Options | None = None,
    seed: int = 0,
    limit_s: float = SAMPLING_LIMIT_S,
    samples: int = SAMPLES,
    most_exact: int = MOST_EXACT,
) -> Split:
    """
    Return the Shapley value of each player: its mean contribution over all orders of joining.

    A coalition is worth what the best plan of its own flows is. Components that share no flow are
    games of their own, whose values add up. Those of more than `most_exact` players are sampled, up
    to `samples` pairs of an order and its reverse. After `limit_s` what there is counts: of fewer
    than `LEAST_SAMPLES` pairs nothing is said.
    """
    count = _player_count(output_player, input_player)
    gains, variances = np.zeros(count), np.zeros(count)
    rows = problem.worthwhile
    labels = components_of(problem, rows)
    random = np.random.default_rng(seed)
    until = time.monotonic() + limit_s
    for label in range(labels.max(initial=-1) + 1):
        part = problem.of(rows[labels == label])
        game = _Game(part, output_player[part.output], input_player[part.input], options, until)
        try:
            if len(game.players) <= most_exact:
                gains[game.players] += _exact(game)
                continue
        except _OutOfTime:
            pass
        means, squares = _sampled(game, random, samples)
        gains[game.players] += means
        variances[game.players] += squares
    return Split(gains, np.sqrt(variances))


class _OutOfTime(Exception):
    """The time is over before the game is."""


def _player_count(output_player: np.ndarray, input_player: np.ndarray) -> int:
    return int(max(output_player.max(initial=-1), input_player.max(initial=-1))) + 1


class _Game:
    """What each coalition of a component's players is worth; computed once for each."""

    def __init__(
        self,
        problem: Problem,
        suppliers: np.ndarray,
        recipients: np.ndarray,
        options: Options | None,
        until: float,
    ) -> None:
        self.problem, self.options, self.until = problem, options, until
        self.players = np.unique(np.concatenate([suppliers, recipients]))
        # The bits of both sides of an exchange; Python's numbers have as many as it takes.
        place = {player: number for number, player in enumerate(self.players.tolist())}
        self.needs = [
            1 << place[supplier] | 1 << place[recipient]
            for supplier, recipient in zip(suppliers.tolist(), recipients.tolist(), strict=True)
        ]
        self._values = {0: 0.0}
        self._began_at = time.monotonic()

    def value(self, coalition: int) -> float:
        """
        Return what the players whose bits are set can gain by themselves.

        :raises _OutOfTime: that is not known yet, and the time is over.
        """
        if coalition not in self._values:
            now = time.monotonic()
            if now > self.until or self._is_hopeless(now):
                raise _OutOfTime
            rows = [row for row, needs in enumerate(self.needs) if needs & coalition == needs]
            self._values[coalition] = (
                solve_part(self.problem.of(np.array(rows)), self.options).value if rows else 0.0
            )
        return self._values[coalition]

    def _is_hopeless(self, now: float) -> bool:
        """Whether at this pace there is no time for as few orders as tell something."""
        if len(self._values) != PROBED or len(self.players) <= MOST_EXACT:
            return False
        wanted = 2 * LEAST_SAMPLES * len(self.players)
        return (now - self._began_at) / PROBED * wanted > self.until - now


def _exact(game: _Game) -> np.ndarray:
    count = len(game.players)
    gains = np.zeros(count)
    weights = [1 / (count * math.comb(count - 1, size)) for size in range(count)]
    for coalition in range(1 << count):
        size = coalition.bit_count()
        for player in range(count):
            if not coalition >> player & 1:
                added = game.value(coalition | 1 << player) - game.value(coalition)
                gains[player] += weights[size] * added
    return gains


def _sampled(
    game: _Game, random: np.random.Generator, samples: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the means of what players add in random orders, and the variances of these means."""
    count = len(game.players)
    found = []
    try:
        for _ in range(samples):
            order = random.permutation(count)
            found.append((_added(game, order) + _added(game, order[::-1])) / 2)
    except _OutOfTime:
        pass
    if len(found) < LEAST_SAMPLES:
        return np.full(count, np.nan), np.full(count, np.nan)
    pairs = np.array(found)
    return pairs.mean(axis=0), pairs.var(axis=0, ddof=1) / len(pairs)


def _added(game: _Game, order: np.ndarray) -> np.ndarray:
    added = np.zeros(len(order))
    coalition, before = 0, 0.0
    for player in order.tolist():
        coalition |= 1 << player
        value = game.value(coalition)
        added[player] = value - before
        before = value
    return added
