"""Flows and resource types as the kernel reads them: one record each, units in the names."""

import numpy as np

# A range that is not stated has NaN at that end; an unstated cost is NaN as well.
FLOW = np.dtype(
    [
        ("organization_high", np.int64),
        ("organization_low", np.int64),
        ("type", np.int32),  # index into the array of types
        ("latitude", np.float64),  # degrees
        ("longitude", np.float64),
        ("reach_m", np.float64),  # own limit, for an output the type's as well; may be infinite
        ("quantity_per_year", np.float64),  # canonical units
        ("min_quantity_per_year", np.float64),
        ("hours_0", np.uint64),  # hours of the week, lowest hour in the lowest bit
        ("hours_1", np.uint64),
        ("hours_2", np.uint64),
        ("months", np.int32),  # bit 0 is January
        ("valid_from_day", np.int32),  # days since 1970-01-01
        ("valid_to_day", np.int32),
        ("temperature_min_c", np.float64),
        ("temperature_max_c", np.float64),
        ("pressure_min_bar", np.float64),
        ("pressure_max_bar", np.float64),
        ("purity_min_pct", np.float64),
        ("purity_max_pct", np.float64),
        ("moisture_min_pct", np.float64),
        ("moisture_max_pct", np.float64),
        ("ph_min", np.float64),
        ("ph_max", np.float64),
        ("hazardous", np.int32),  # an output is, an input accepts
        ("permit", np.int32),  # the site may receive hazardous waste
        ("precision", np.int32),  # 0 measured, 1 estimated, 2 rough
        ("verified", np.int32),
        ("completed_exchanges", np.int32),
        ("country", np.int32),  # two letters, 0 unknown
        ("cost_eur_per_unit", np.float64),  # paid today, per canonical unit
        ("methods", np.int32),  # bit set of modes, 0 any
        ("storage_days", np.float64),
        ("contaminants_start", np.int32),  # slice of the contaminants array
        ("contaminants_end", np.int32),
    ],
    align=True,
)

CONTAMINANT = np.dtype([("substance", np.int32), ("mg_per_kg", np.float64)], align=True)

RESOURCE_TYPE = np.dtype(
    [
        ("subtree_end", np.int32),  # types are in tree order: descendants of t are t+1 … end-1
        ("transport", np.int32),
        ("temperature_rule", np.int32),
        ("price_eur_per_unit", np.float64),
        ("co2_t_per_unit", np.float64),
        ("tonnes_per_unit", np.float64),
        ("pipe_mw_per_unit_per_hour", np.float64),
        ("reach_m", np.float64),
    ],
    align=True,
)

MODES = ("pipe", "truck", "rail", "grid", "pickup")
PIPE, TRUCK, RAIL, GRID, PICKUP = range(5)
TEMPERATURE_RULES = ("at_least", "at_most", "window")
AT_LEAST, AT_MOST, WINDOW = range(3)
PRECISION_LEVELS = ("measured", "estimated", "rough")

# What the kernel says of a pair, by position; EUR and t are per year unless named otherwise.
COLUMNS = (
    "score",
    "quality_score",
    "temporal_score",
    "quantity_score",
    "economic_score",
    "spatial_score",
    "trust_score",
    "regulatory_score",
    "distance_m",
    "quantity_per_year",
    "shared_hours_per_year",
    "transport",
    "avoided_purchase_eur_per_year",
    "avoided_disposal_eur_per_year",
    "transport_eur_per_year",
    "investment_eur",
    "annuity_eur_per_year",
    "maintenance_eur_per_year",
    "savings_eur_per_year",
    "net_present_value_eur",
    "payback_years",
    "internal_rate_of_return",
    "co2_avoided_t_per_year",
)
COLUMN = {name: position for position, name in enumerate(COLUMNS)}
