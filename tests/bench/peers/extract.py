"""What leaves the database for the peers that compute outside of it: rows of one length."""

# Bit n of `methods` is the n-th of these; a type's `transport` is its place.
MODES = ("pipe", "truck", "rail", "grid", "pickup")
RULES = ("at_least", "at_most", "window")
LEVELS = ("measured", "estimated", "rough")

_NAN, _ENDLESS = "'NaN'::float8", "'Infinity'::float8"

# Name, type (see tests.bench.copying) and SQL. An end of a range that is not stated is NaN.
_FLOW = [
    ("id", "uuid", "f.id"),
    ("is_output", "integer", "(f.direction = 'output')::int"),
    ("organization", "uuid", "f.organization_id"),
    ("type", "integer", "f.resource_type_id::int"),
    ("latitude", "double precision", "ST_Y(f.location::geometry)"),
    ("longitude", "double precision", "ST_X(f.location::geometry)"),
    ("reach_m", "double precision", f"coalesce(f.max_distance_km * 1000, {_ENDLESS})"),
    ("quantity", "double precision", "f.quantity_per_year"),
    ("lot", "double precision", "f.min_quantity_per_year"),
    ("hours", "hours", "f.hours_of_week"),
    ("months", "integer", "(SELECT sum(1 << (m - 1))::int FROM unnest(f.months) m)"),
    ("valid_from", "integer", "coalesce(f.valid_from - DATE '1970-01-01', -1000000)"),
    ("valid_to", "integer", "coalesce(f.valid_to - DATE '1970-01-01', 1000000)"),
    ("hazardous", "integer", "f.hazardous::int"),
    ("permit", "integer", "s.holds_hazardous_waste_permit::int"),
    ("precision", "integer", f"array_position(ARRAY{list(LEVELS)}, f.precision_level::text) - 1"),
    ("verified", "integer", "(o.verified_at IS NOT NULL)::int"),
    ("exchanges", "integer", "o.completed_exchanges"),
    ("country", "integer", "ascii(s.country) * 256 + ascii(substr(s.country, 2))"),
    ("cost", "double precision",
     f"coalesce((f.current_cost_per_unit * c.eur_per_unit)::float8 / f.unit_factor, {_NAN})"),
    ("methods", "integer",
     f"(SELECT coalesce(sum(1 << (array_position(ARRAY{list(MODES)}, m::text) - 1)), 0)::int"
     " FROM unnest(f.methods) m)"),
    ("storage_days", "double precision", "coalesce(f.storage_days, 0)"),
    *(
        (f"{name}_{end}", "double precision", f"coalesce(f.{column}_{end}, {_NAN})")
        for name, column in (
            ("temperature", "temperature_celsius"),
            ("pressure", "pressure_bar"),
            ("purity", "purity_pct"),
            ("moisture", "moisture_pct"),
            ("ph", "ph"),
        )
        for end in ("min", "max")
    ),
]  # fmt: skip
_TYPE = [
    ("id", "integer", "id::int"),
    ("transport", "integer", f"array_position(ARRAY{list(MODES)}, transport::text) - 1"),
    ("rule", "integer", f"array_position(ARRAY{list(RULES)}, temperature_rule::text) - 1"),
    ("price", "double precision", f"coalesce(price_eur_per_unit::float8, {_NAN})"),
    ("tonnes", "double precision", f"coalesce(tonnes_per_unit, {_NAN})"),
    ("megawatts", "double precision", f"coalesce(pipe_mw_per_unit_per_hour, {_NAN})"),
    ("reach_m", "double precision", "max_distance_km * 1000"),
]
_SERVES = [("output_type", "integer", "o.id::int"), ("input_type", "integer", "i.id::int")]
_CONTAMINANT = [
    ("flow", "uuid", "x.flow_id"),
    ("substance", "integer", "dense_rank() OVER (ORDER BY x.substance)::int"),
    ("mg_per_kg", "double precision", "x.mg_per_kg"),
]


def _fields(columns: list[tuple[str, str, str]]) -> list[tuple[str, str]]:
    return [(name, kind) for name, kind, _ in columns]


def _select(columns: list[tuple[str, str, str]], rest: str) -> str:
    return f"SELECT {', '.join(expression for _, _, expression in columns)} {rest}"


TYPE, SERVES = _fields(_TYPE), _fields(_SERVES)
FLOW, CONTAMINANT = _fields(_FLOW), _fields(_CONTAMINANT)
TYPES = _select(_TYPE, "FROM organizations_resourcetype")
# Which type of outputs serves which type of inputs: its own, and those above.
SERVINGS = _select(
    _SERVES,
    "FROM organizations_resourcetype o JOIN organizations_resourcetype i"
    " ON o.code = i.code OR starts_with(o.code, i.code || '.')",
)
# In the order of their ids, so that a place in the order stands for the id.
FLOWS = _select(
    _FLOW,
    "FROM organizations_resourceflow f"
    " JOIN organizations_site s ON s.id = f.site_id"
    " JOIN organizations_organization o ON o.id = f.organization_id"
    " JOIN organizations_currencyrate c ON c.code = f.currency_id"
    " WHERE f.status = 'active' ORDER BY f.id",
)
CONTAMINANTS = _select(
    _CONTAMINANT,
    "FROM organizations_flowcontaminant x"
    " JOIN organizations_resourceflow f ON f.id = x.flow_id AND f.status = 'active'"
    ' ORDER BY x.flow_id, x.substance COLLATE "C"',
)
