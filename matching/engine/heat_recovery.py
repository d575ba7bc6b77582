"""How much heat can be recovered at all: the cascade over temperature levels (pinch analysis)."""

from dataclasses import dataclass

import numpy as np

# Heat that a source gives off between two temperatures, or that a sink takes up. Both temperatures
# are equal where the heat comes or goes at one level, as steam that condenses.
STREAM = np.dtype(
    [
        ("supply_c", np.float64),  # a source gives off heat from here …
        ("target_c", np.float64),  # … down to here; a sink takes it up from here up to here
        ("power_mw", np.float64),
    ]
)


@dataclass(frozen=True)
class HeatCascade:
    """
    The least heating and cooling that is needed when all that can be recovered is recovered.

    `pinch_c` is the level that no heat may cross, midway between the sources' and the sinks'
    temperature there; None: nothing limits the recovery, as on one side of it there is no need.
    """

    hot_utility_mw: float
    cold_utility_mw: float
    recovered_mw: float
    pinch_c: float | None


def cascade(sources: np.ndarray, sinks: np.ndarray, *, min_approach_k: float) -> HeatCascade:
    """
    Let heat fall from level to level, and find out what must be added at the top.

    The problem table of Linnhoff and Flower, "Synthesis of heat exchanger networks", AIChE Journal
    24 (1978): sources are shifted down and sinks up by half the least difference of temperatures
    that an exchanger needs (ΔTmin), so that on a shifted level heat goes from any source to any
    sink. Any unit of power may stand in for MW.

    :param sources: STREAM records with supply_c ≥ target_c.
    :param sinks: STREAM records with supply_c ≤ target_c.
    :param min_approach_k: ΔTmin [K].
    :raises ValueError: a stream runs the wrong way, or a power or ΔTmin is negative.
    """
    if min_approach_k < 0 or (sources["power_mw"] < 0).any() or (sinks["power_mw"] < 0).any():
        raise ValueError("Powers and ΔTmin must not be negative.")
    if (sources["supply_c"] < sources["target_c"]).any():
        raise ValueError("A source cannot leave warmer than it came.")
    if (sinks["supply_c"] > sinks["target_c"]).any():
        raise ValueError("A sink cannot leave colder than it came.")
    shift = min_approach_k / 2
    high = np.concatenate([sources["supply_c"] - shift, sinks["target_c"] + shift])
    low = np.concatenate([sources["target_c"] - shift, sinks["supply_c"] + shift])
    power = np.concatenate([sources["power_mw"], -sinks["power_mw"]])
    levels = np.unique(np.concatenate([high, low]))[::-1]
    surplus = _surplus(levels, high, low, power)
    hot = max(0.0, -float(surplus.min(initial=0.0)))
    cold = hot + float(power.sum())
    demand = float(sinks["power_mw"].sum())
    return HeatCascade(
        hot_utility_mw=hot,
        cold_utility_mw=max(0.0, cold),
        recovered_mw=demand - hot,
        pinch_c=_pinch(levels, surplus, hot, cold),
    )


def _surplus(
    levels: np.ndarray, high: np.ndarray, low: np.ndarray, power: np.ndarray
) -> np.ndarray:
    """
    Return what has come from above each level, less what was taken there; at its least.

    What comes or goes at one level alone does so at the level: what is above has to do without,
    and on the level itself a source gives before a sink takes.
    """
    above, at = np.zeros(len(levels)), np.zeros(len(levels))
    for top, bottom, amount in zip(high, low, power, strict=True):
        if top == bottom:
            above += np.where(levels < top, amount, 0.0)
            at += np.where(levels == top, amount, 0.0)
        else:
            above += amount * np.clip((top - levels) / (top - bottom), 0.0, 1.0)
    return above + np.minimum(at, 0.0)


def _pinch(levels: np.ndarray, surplus: np.ndarray, hot: float, cold: float) -> float | None:
    """Return the level at which nothing is left to fall further, where that is in the midst."""
    scale = max(1.0, float(np.abs(surplus).max(initial=0.0)))
    if hot <= 1e-9 * scale or cold <= 1e-9 * scale:
        return None
    return float(levels[int(np.argmin(surplus))])
