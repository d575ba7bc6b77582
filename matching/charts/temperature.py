"""Heat or cold on its way: what leaves, what the pipe loses, what arrives, what is needed."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from matching.engine import parameters as p
from matching.models import Match
from organizations.models import ResourceFlow, ResourceType
from turash.charts import at
from turash.figures import NARROW, distance, figure, span

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 78.0, 268.0, 22.0, 160.0
WINDOW = 12.0
# Above and below what is drawn [K].
ROOM_K = 6.0
Rule = ResourceType.TemperatureRule


@dataclass(frozen=True, slots=True)
class Temperature:
    """The numbers of the drawing, and its table: rows of what and how much."""

    width: int
    height: int
    left: str
    right: str
    bottom: str
    foot: str
    band: str  # a polygon; a line where one temperature is stated
    window_y: str
    window_height: str
    edge_y: str
    edge_height: str
    window_width: str
    leaves_y: str
    leaves: str
    arrives_y: str
    arrives: str
    needed_x: str
    needed_y: str
    needed: str
    way: str
    is_met: bool
    rows: list[tuple[str, str]]


def temperature_of(match: Match) -> Temperature | None:
    """
    Draw the levels that the kernel compares, as far as the viewer sees them.

    None for what is neither warm nor cold, and where a side leaves its temperature open.
    """
    rule = match.output.resource_type.temperature_rule
    if rule == Rule.WINDOW:
        return None
    low, high = _ends(match.output)
    is_warm = rule == Rule.AT_LEAST
    limit = getattr(match.input, f"temperature_celsius_{'min' if is_warm else 'max'}")
    if low is None or high is None or limit is None:
        return None
    drop = p.TEMPERATURE_DROP_K_PER_KM * match.distance_m / 1000 * (1 if is_warm else -1)
    # How far the worst that arrives is on the good side of the limit.
    margin = (low - drop - limit) if is_warm else (limit - (high - drop))
    edge = limit - p.TEMPERATURE_EDGE_K if is_warm else limit + p.TEMPERATURE_EDGE_K
    levels = (low, high, low - drop, high - drop, limit, edge)
    bottom, top = min(levels) - ROOM_K, max(levels) + ROOM_K

    def y(celsius: float) -> float:
        return BOTTOM - (celsius - bottom) / (top - bottom) * (BOTTOM - TOP)

    window = (TOP, y(limit)) if is_warm else (y(limit), BOTTOM)
    soft = sorted((y(limit), y(edge)))
    degrees = f"{NARROW}°C"
    leaves, arrives = span(low, high, "°C"), span(low - drop, high - drop, "°C")
    needed = f"{'≥' if is_warm else '≤'}{NARROW}{figure(limit)}{degrees}"
    corners = ((LEFT, high), (RIGHT, high - drop), (RIGHT, low - drop), (LEFT, low))
    return Temperature(
        WIDTH,
        HEIGHT,
        at(LEFT),
        at(RIGHT),
        at(BOTTOM),
        at(BOTTOM + 20),
        " ".join(f"{at(x)},{at(y(celsius))}" for x, celsius in corners),
        at(window[0]),
        at(window[1] - window[0]),
        at(soft[0]),
        at(soft[1] - soft[0]),
        at(WINDOW),
        at((y(low) + y(high)) / 2 + 4),
        leaves,
        at(max(12.0, y(high - drop) - 7)),
        arrives,
        at(RIGHT + WINDOW + 6),
        at(y(limit) + 4),
        needed,
        distance(match.distance_m),
        margin >= 0,
        [
            (_("Leaves"), leaves),
            (_("Lost on the way") if is_warm else _("Warms on the way"), _kelvin(abs(drop))),
            (_("Arrives"), arrives),
            (_("Needed"), needed),
            (_("To spare") if margin >= 0 else _("Missing"), _kelvin(abs(margin))),
        ],
    )


def _kelvin(difference: float) -> str:
    return f"{figure(round(difference, 1))}{NARROW}K"


def _ends(flow: ResourceFlow) -> tuple[float | None, float | None]:
    """Return the range of an output; one that states one end is a point, as for the kernel."""
    low, high = flow.temperature_celsius_min, flow.temperature_celsius_max
    return (high if low is None else low), (low if high is None else high)
