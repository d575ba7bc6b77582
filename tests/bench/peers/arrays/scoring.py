"""The rules and factors of docs/matching.md, for many pairs at once."""

import numpy as np

from tests.bench.peers.arrays.best import Lists
from tests.bench.peers.arrays.geodesy import geodesic_m
from tests.bench.peers.arrays.loading import Market, hours_per_year
from tests.bench.peers.extract import MODES, RULES

PRECISION_TRUST = np.array([1.0, 0.7, 0.4])
PIPE_MW = np.array([0.2, 0.3, 0.6, 1.2, 1.9, 3.6, 6.1, 9.8, 20, 45, 75, 125, 190])
PIPE_EUR_PER_M = np.array([195, 206, 220, 240, 261, 288, 323, 357, 426, 564, 701, 839, 976.0])
ANNUITY = 0.03 * 1.03**30 / (1.03**30 - 1)
PIPE, TRUCK, RAIL, GRID, PICKUP = range(len(MODES))
AT_LEAST, AT_MOST, WINDOW = range(len(RULES))
# More than rounding can make a bound too low.
SLACK = 1e-9


class Pairs:
    """
    Pairs of an output of one type and an input, by their places; each rule drops some.

    `chord` is the straight line between them [m], never longer than the way over the surface.
    """

    def __init__(
        self,
        market: Market,
        kind: np.void,
        output: np.ndarray,
        input_: np.ndarray,
        chord: np.ndarray,
    ) -> None:
        self.market, self.kind = market, kind
        self.output, self.input = output, input_
        self.limit_m = np.minimum(self._o("reach_m"), self._i("reach_m"))
        self.chord = chord
        self._keep(
            (chord <= self.limit_m + 1e-6) & (self._o("owner") != self._i("owner")).any(axis=1)
        )

    def __len__(self) -> int:
        return len(self.output)

    def _o(self, name: str) -> np.ndarray:
        return self.market.outputs[name][self.output]

    def _i(self, name: str) -> np.ndarray:
        return self.market.inputs[name][self.input]

    def _keep(self, mask: np.ndarray) -> None:
        """Drop the other pairs from everything that is known of pairs by now."""
        chosen = np.flatnonzero(mask)
        if len(chosen) == len(mask):
            return
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                setattr(self, name, value[chosen])

    def score(self, of_outputs: Lists, of_inputs: Lists) -> None:
        """Leave the pairs that match and may get into a list, with `scores` and `distances_m`."""
        self._keep(
            (self._o("valid_from") <= self._i("valid_to"))
            & (self._i("valid_from") <= self._o("valid_to"))
            & ((self._o("hazardous") == 0) | (self._i("hazardous") == 1))
        )
        self._share_time()
        self._exchange()
        self._add_fixed_factors()
        self._drop_hopeless(of_outputs, of_inputs)
        self.distances_m = geodesic_m(
            self._o("sine"),
            self._o("cosine"),
            self._i("sine"),
            self._i("cosine"),
            self._i("longitude") - self._o("longitude"),
        )
        self._keep(self.distances_m <= self.limit_m)
        self._compare_quality()
        self.scores = (
            self.fixed
            + 0.20 * self.quality
            + 0.20 * self._economic()
            + 0.10 * (1 - self.distances_m / self.limit_m)
        )

    def _share_time(self) -> None:
        self.hours = hours_per_year(
            self._o("hours") & self._i("hours"), self._o("months") & self._i("months")
        )
        self._keep(self.hours > 0)

    def _exchange(self) -> None:
        self.of_output = self.hours / self._o("hours_per_year")
        self.of_input = self.hours / self._i("hours_per_year")
        self.quantity = np.minimum(
            self._o("quantity") * self.of_output, self._i("quantity") * self.of_input
        )
        lot = np.maximum(self._o("lot"), self._i("lot"))
        self._keep((self.quantity > 0) & (self.quantity >= lot * (1 - 1e-9)))

    def _add_fixed_factors(self) -> None:
        """Set the part of the score that neither distance nor quality nor money change."""
        temporal = (self.of_output + self.of_input) / 2
        storage = np.maximum(self._o("storage_days"), self._i("storage_days")) / 7
        temporal += (1 - temporal) * np.minimum(1, storage)
        precision = PRECISION_TRUST[self._o("precision")] + PRECISION_TRUST[self._i("precision")]
        exchanges = self._o("exchanges") + self._i("exchanges")
        trust = (
            0.6 * precision / 2
            + 0.2 * (self._o("verified") + self._i("verified")) / 2
            + 0.2 * (exchanges / (exchanges + 3))
        )
        hazardous = self._o("hazardous") == 1
        regulatory = np.where(hazardous, np.where(self._i("permit") == 1, 0.7, 0.3), 1.0)
        output_country, input_country = self._o("country"), self._i("country")
        crosses = (output_country != 0) & (input_country != 0) & (output_country != input_country)
        regulatory *= np.where(crosses, np.where(hazardous, 0.5, 0.7), 1.0)
        largest = np.maximum(self._o("quantity"), self._i("quantity"))
        self.fixed = (
            0.15 * temporal + 0.15 * self.quantity / largest + 0.10 * trust + 0.10 * regulatory
        )

    def _drop_hopeless(self, of_outputs: Lists, of_inputs: Lists) -> None:
        """Drop pairs that get into no list, even were they best in all that is not known yet."""
        bound = self.fixed + 0.4 + 0.10 * (1 - self.chord / self.limit_m) + SLACK
        self._keep(
            (bound >= of_outputs.worst(self.output)) | (bound >= of_inputs.worst(self.input))
        )

    def _compare_quality(self) -> None:
        total, compared = np.zeros(len(self)), np.zeros(len(self))
        fits = np.ones(len(self), dtype=bool)
        for score in self._dimensions():
            states = ~np.isnan(score)
            fits &= ~(score < 0)
            total += np.where(states, score, 0)
            compared += states
        self.quality = np.full(len(self), 0.5)
        np.divide(total, compared, out=self.quality, where=compared > 0)
        self._keep(fits)

    def _dimensions(self):
        """Yield the score of each dimension: NaN where neither side states it, -1 for no match."""
        open_end = np.full(len(self), np.nan)
        low, high = self._o("temperature_min"), self._o("temperature_max")
        accepted_low, accepted_high = self._i("temperature_min"), self._i("temperature_max")
        drop = 0.5 * self.distances_m / 1000
        rule = int(self.kind["rule"])
        if rule == AT_LEAST:
            yield _window(low - drop, high - drop, accepted_low, open_end, 10.0, 10.0)
        elif rule == AT_MOST:
            yield _window(low + drop, high + drop, open_end, accepted_high, 10.0, 10.0)
        else:
            yield _window(low, high, accepted_low, accepted_high, 10.0, 10.0)
        accepted_low, accepted_high = self._i("pressure_min"), self._i("pressure_max")
        yield _window(
            self._o("pressure_min"),
            self._o("pressure_max"),
            accepted_low,
            accepted_high,
            0.2 * accepted_low,
            0.2 * accepted_high,
        )
        for name, edge in (("purity", 5.0), ("moisture", 5.0), ("ph", 0.5)):
            yield _window(
                self._o(f"{name}_min"),
                self._o(f"{name}_max"),
                self._i(f"{name}_min"),
                self._i(f"{name}_max"),
                edge,
                edge,
            )
        yield self._contaminants()

    def _contaminants(self) -> np.ndarray:
        held, accepted = self._o("contents"), self._i("contents")
        limits = ~np.isnan(accepted)
        count = limits.sum(axis=1)
        score = np.full(len(self), np.nan)
        np.divide(
            np.where(limits, np.where(np.isnan(held), 0.5, 1.0), 0.0).sum(axis=1),
            count,
            out=score,
            where=count > 0,
        )
        score[(held > accepted).any(axis=1)] = -1
        return score

    def _economic(self) -> np.ndarray:
        price, disposal = self._i("cost"), self._o("cost")
        price = np.where(np.isnan(price), float(self.kind["price"]), price)
        gross = self.quantity * np.nan_to_num(price) + self.quantity * np.nan_to_num(disposal)
        investment, running = self._transport()
        savings = gross - running - investment * 0.01 - investment * ANNUITY
        score = np.zeros(len(self))
        np.divide(savings, gross, out=score, where=gross > 0)
        known = ~(np.isnan(price) & np.isnan(disposal))
        return np.where(known, np.clip(score, 0, 1), 0.5)

    def _modes(self) -> np.ndarray:
        """Return the type's own way of transport where both sides allow it, else one they share."""
        ours, theirs = self._o("methods"), self._i("methods")
        allowed = np.where(ours == 0, 31, ours) & np.where(theirs == 0, 31, theirs)
        own = int(self.kind["transport"])
        by_mass = not np.isnan(self.kind["tonnes"])
        can_carry = {
            PIPE: not np.isnan(self.kind["megawatts"]),
            GRID: own == GRID,
            RAIL: by_mass,
            TRUCK: by_mass,
            PICKUP: by_mass,
        }
        options = [own, *(mode for mode in (PIPE, GRID, RAIL, TRUCK, PICKUP) if can_carry[mode])]
        return np.select([allowed >> mode & 1 == 1 for mode in options], options, own)

    def _transport(self) -> tuple[np.ndarray, np.ndarray]:
        """Return (investment [EUR], running cost [EUR/a])."""
        modes = self._modes()
        megawatts = self.quantity / self.hours * float(self.kind["megawatts"])
        by_pipe = (modes == PIPE) & ~np.isnan(megawatts)
        step = np.minimum(np.searchsorted(PIPE_MW, megawatts), len(PIPE_MW) - 1)
        pipes = np.maximum(1, np.ceil(megawatts / PIPE_MW[-1]))
        investment = pipes * PIPE_EUR_PER_M[step] * self.distances_m
        if self.kind["rule"] != WINDOW:
            investment += (15_000 + np.where(megawatts < 1, 265_000, 100_000)) * megawatts
        tonnes = np.nan_to_num(float(self.kind["tonnes"]))
        work_tkm = self.quantity * tonnes * self.distances_m / 1000 * 1.3
        running = np.where(modes == RAIL, work_tkm * 0.05, work_tkm * 0.12)
        running = np.where(modes == GRID, self.quantity * 20, running)
        return np.where(by_pipe, investment, 0.0), np.where(by_pipe, 0.0, running)


def _deficit(gap: np.ndarray, edge: np.ndarray | float) -> np.ndarray:
    """Integral of what is missing to full acceptance up to a gap outside the window."""
    inside = np.maximum(gap, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(inside > edge, inside - edge / 2, inside * inside / (2 * edge))


def _window(
    low: np.ndarray,
    high: np.ndarray,
    accepted_low: np.ndarray,
    accepted_high: np.ndarray,
    low_edge: np.ndarray | float,
    high_edge: np.ndarray | float,
) -> np.ndarray:
    """Return the mean acceptance of ranges; NaN: neither side states any, -1: no match."""
    offered = ~(np.isnan(low) & np.isnan(high))
    wanted = ~(np.isnan(accepted_low) & np.isnan(accepted_high))
    score = np.where(offered | wanted, 0.5, np.nan)
    both = np.flatnonzero(offered & wanted)
    if not len(both):
        return score
    a = np.where(np.isnan(low), high, low)[both]
    b = np.where(np.isnan(high), low, high)[both]
    below, above = accepted_low[both], accepted_high[both]
    low_edge, high_edge = (
        edge[both] if isinstance(edge, np.ndarray) else edge for edge in (low_edge, high_edge)
    )
    # What is not stated compares as false, and lacks nothing.
    apart = (below - b > low_edge) | (a - above > high_edge)
    missing = sum(
        sign * np.where(np.isnan(gap), 0.0, _deficit(gap, edge))
        for sign, gap, edge in (
            (1, below - a, low_edge),
            (-1, below - b, low_edge),
            (1, b - above, high_edge),
            (-1, a - above, high_edge),
        )
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.clip(1 - missing / (b - a), 0, 1)
        point = np.where(
            a < below,
            1 - (below - a) / low_edge,
            np.where(a > above, 1 - (a - above) / high_edge, 1.0),
        )
    score[both] = np.where(apart, -1, np.where(a == b, point, spread))
    return score
