"""Every number of the engine that is a choice or an assumption, with its unit and source."""

import numpy as np

# How many matches are kept for each flow.
BEST_PER_FLOW = 20

# Weights of the factor scores (CONTRACT: quality, temporal, quantity, economic, spatial, trust,
# regulatory).
FACTORS = ("quality", "temporal", "quantity", "economic", "spatial", "trust", "regulatory")
DEFAULT_WEIGHTS = np.array([0.20, 0.15, 0.15, 0.20, 0.10, 0.10, 0.10])

# By precision level (measured, estimated, rough): how far an amount may be off, as a share of it.
# Heat meters of class 3 may be off by 5 % and little more (EN 1434-1); the other two are
# assumptions of the order of the classes 3 and 5 of AACE 18R-97 (-20 to +30 %, -50 to +100 %).
PRECISION_SHARES = np.array([0.05, 0.20, 0.50])

# --- Learning from what people decide ---------------------------------------------------------

# The largest change of a weight as a share of its default, however much evidence there is: every
# factor keeps at least half of what it counts for, so none can be voted away, and the order of
# partners stays that of the documented rules in the main.
LARGEST_WEIGHT_SHIFT = 0.5
# Pieces of evidence after which half of that change is possible. Of 100 votes over seven factors
# a share of 14 % has a standard error of 3.5 points, a quarter of it; of ten it would have 11
# points: what fewer say is mostly chance.
EVIDENCE_FOR_HALF_SHIFT = 100.0
# An organization's dismissals together count for at most so many, and so do its decisions about
# proposals: it takes twenty organizations to make a hundred.
EVIDENCE_PER_ORGANIZATION = 5.0

# --- Quality ---------------------------------------------------------------------------------

# Soft edges around what an input accepts; beyond them a pair is no match.
TEMPERATURE_EDGE_K = 10.0
PRESSURE_EDGE_SHARE = 0.20
PERCENT_EDGE_POINTS = 5.0
PH_EDGE = 0.5
# A contaminant may exceed its limit by nothing: limits are legal ones.
UNKNOWN_SCORE = 0.5
# Temperature drop along an insulated buried pipe. Assumption in the range that district heating
# operators report for transmission lines (Frederiksen & Werner, District Heating and Cooling,
# 2013: a few tenths of a kelvin per km in large pipes, some kelvin per km in small ones).
TEMPERATURE_DROP_K_PER_KM = 0.5

# --- Temporal --------------------------------------------------------------------------------

HOURS_PER_YEAR = 8760.0
DAYS_OF_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# A store of a week evens out everything a weekly timetable can bring.
FULL_STORAGE_DAYS = 7.0

# --- Trust and regulation --------------------------------------------------------------------

# By precision level: measured, estimated, rough.
PRECISION_TRUST = np.array([1.0, 0.7, 0.4])
TRUST_SHARES = (0.6, 0.2, 0.2)  # precision, verification, completed exchanges
EXCHANGES_FOR_HALF_TRUST = 3.0
# Movements of hazardous waste need notification and a permitted receiver, and shipments across a
# border need prior consent: Regulation (EU) 2024/1157 on shipments of waste.
HAZARDOUS_WITH_PERMIT = 0.7
HAZARDOUS_WITHOUT_PERMIT = 0.3
BORDER_FACTOR = 0.7
HAZARDOUS_BORDER_FACTOR = 0.5

# --- Near misses -----------------------------------------------------------------------------

# A pair that is no match is still worth a talk while few rules fail, and none by far: with more to
# change at once it is a new project, not this exchange.
NEAR_MISS_RULES = 2
# Beyond the limit by as much again: limits of types are typical distances, not physical ones.
NEAR_MISS_DISTANCE_SHARE = 1.0
# What waits for a season can often be stored, and a contract begins earlier or ends later.
NEAR_MISS_DAYS = 90.0
# At least half of a lot: another source or taker of the same kind fills the rest.
NEAR_MISS_LOT_SHARE = 0.5
# What an industrial heat pump lifts well: most have one stage, with a COP of 5.8 at a lift of 40 K
# and 2.4 at 95 K (Arpagaus et al., High temperature heat pumps, Energy 152, 2018).
NEAR_MISS_TEMPERATURE_K = 40.0
# Half of the limit: within reach of one stage of compression or a reducing valve.
NEAR_MISS_PRESSURE_SHARE = 0.5
# Assumptions of what sorting, drying and dosing of acid or lye change.
NEAR_MISS_PERCENT_POINTS = 20.0
NEAR_MISS_PH = 2.0
# A treatment that takes out nine tenths is common.
NEAR_MISS_CONTAMINANT_FACTOR = 10.0
# A rule that holds or not counts like one that fails by this share of its bound.
NEAR_MISS_YES_OR_NO_SHARE = 0.5

# --- More than two ---------------------------------------------------------------------------

# Every further party is one more contract: beyond a handful nobody negotiates.
MOST_TOGETHER = 5
# All sets of so many are compared: 1,585, in some milliseconds.
TOGETHER_CANDIDATES = 12

# --- Economics -------------------------------------------------------------------------------

INTEREST_RATE = 0.03
LIFETIME_YEARS = 30.0
MAINTENANCE_SHARE_PER_YEAR = 0.01
# Hotmaps, CM Excess heat transport potential: pipe of a capacity [MW] costs [EUR/m].
PIPE_CAPACITY_MW = np.array([0.2, 0.3, 0.6, 1.2, 1.9, 3.6, 6.1, 9.8, 20, 45, 75, 125, 190.0])
PIPE_EUR_PER_M = np.array(
    [195, 206, 220, 240, 261, 288, 323, 357, 426, 564, 701, 839, 976], dtype=np.float64
)
SOURCE_EXCHANGER_EUR_PER_MW = 15_000.0
SINK_EXCHANGER_EUR_PER_MW = 100_000.0
SMALL_SINK_EXCHANGER_EUR_PER_MW = 265_000.0
SMALL_SINK_MW = 1.0

# Road: price is an assumption for bulk goods in a full truck with an empty return; emissions are
# the EU average of heavy goods vehicles, EEA briefing "Rail and waterborne: best for low-carbon
# motorised transport" (2021): 137 g CO2e/tkm by road, 24 g CO2e/tkm by rail.
TRUCK_EUR_PER_TKM = 0.12
TRUCK_CO2_T_PER_TKM = 137e-6
RAIL_EUR_PER_TKM = 0.05
RAIL_CO2_T_PER_TKM = 24e-6
# Roads and rails are longer than the straight line (Ballou, Rahardja, Sakai 2002: 1.2 to 1.5 in
# most of Europe).
DETOUR_FACTOR = 1.3
# Fee for electricity over the public grid; an assumption near the network charges of large
# European consumers in Eurostat nrg_pc_205_c.
GRID_EUR_PER_MWH = 20.0
