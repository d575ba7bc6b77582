"""Two flows of heat for worked examples: straight into the engine, without a database."""

from typing import Any

import numpy as np

from matching.engine.arrays import (
    AT_LEAST,
    COLUMNS,
    CONTAMINANT,
    FLOW,
    PIPE,
    PRECISION_LEVELS,
    RESOURCE_TYPE,
)
from matching.engine.best import score_pairs
from matching.engine.parameters import DEFAULT_WEIGHTS
from matching.engine.scoring import add_internal_rates_of_return
from organizations.hours import HoursOfWeek

# A degree of latitude on the WGS 84 ellipsoid, near 56° north.
METRES_PER_DEGREE = 111_330.0
UNSTATED = (
    "temperature_min_c", "temperature_max_c", "pressure_min_bar", "pressure_max_bar",
    "purity_min_pct", "purity_max_pct", "moisture_min_pct", "moisture_max_pct", "ph_min", "ph_max",
    "cost_eur_per_unit",
)  # fmt: skip


def pair(
    *,
    distance_m: float = 1000.0,
    output: dict | None = None,
    input: dict | None = None,  # noqa: A002
) -> dict[str, float] | None:
    """
    Return what the kernel says of an output of 1,000 MWh/a and an input of 500; None: no match.

    Both run all the time, are measured, and state nothing else but what is given. Heat of the
    reach of 20 km, 40 EUR and 0.2 t CO2 a MWh.
    """
    flows = np.zeros(2, dtype=FLOW)
    for number, stated in enumerate((output or {}, input or {})):
        flow = flows[number]
        for name in UNSTATED:
            flow[name] = np.nan
        flow["organization_low"] = number
        flow["latitude"] = 55.68 + number * distance_m / METRES_PER_DEGREE
        flow["longitude"] = 11.09
        flow["reach_m"] = 20_000
        flow["quantity_per_year"] = (1000, 500)[number]
        flow["months"] = 4095
        flow["valid_to_day"] = 100_000
        _state(flow, {"hours": "Mon-Sun"} | stated)
    kind = np.zeros(1, dtype=RESOURCE_TYPE)
    kind[0] = (1, PIPE, AT_LEAST, 40.0, 0.2, np.nan, 1.0, 20_000)
    results = score_pairs(
        flows[:1], flows[1:], np.zeros((1, 2), dtype=np.int64), kind,
        np.zeros(0, dtype=CONTAMINANT), DEFAULT_WEIGHTS,
    )  # fmt: skip
    if np.isnan(results[0, 0]):
        return None
    add_internal_rates_of_return(results)
    return dict(zip(COLUMNS, results[0].tolist(), strict=True))


def _state(flow: Any, stated: dict) -> None:
    for name, value in stated.items():
        if name == "hours":
            week = HoursOfWeek.parse(value).mask.to_bytes(24, "little")
            words = np.frombuffer(week, dtype="<u8")
            for number, word in enumerate(words):
                flow[f"hours_{number}"] = word
        elif name == "precision":
            flow[name] = PRECISION_LEVELS.index(value)
        elif name == "country":
            flow[name] = ord(value[0]) * 256 + ord(value[1])
        else:
            flow[name] = value
