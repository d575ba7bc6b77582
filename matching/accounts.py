"""What a match brings, line by line: each sum with the formula and the source behind it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from matching.engine import parameters as p
from matching.engine.economics import annuity_factor
from matching.models import Match
from organizations.models import ResourceType
from organizations.models.resource_type import TransportMode
from turash.figures import distance, figure, percent, unit


@dataclass(frozen=True, slots=True)
class Line:
    """One sum [EUR/a or t/a, negative: a cost] and how it comes about."""

    label: str
    amount: float
    formula: str = ""
    source: str = ""
    is_estimate: bool = False


def costs(match: Match) -> list[Line]:
    """The lines that add up to the net savings [EUR/a]."""
    lines = [_purchase(match), _disposal(match), _transport(match)]
    if match.investment_eur:
        investment = f"{figure(match.investment_eur)} EUR"
        annuity = annuity_factor(p.INTEREST_RATE, p.LIFETIME_YEARS)
        lines.append(
            Line(
                _("Annuity of the investment"),
                -float(match.annuity_eur_per_year),
                _("%(investment)s × %(factor)s (%(years)d years at %(rate)s)")
                % {
                    "investment": investment,
                    "factor": percent(annuity),
                    "years": p.LIFETIME_YEARS,
                    "rate": percent(p.INTEREST_RATE),
                },
                _investment_source(match),
            )
        )
        lines.append(
            Line(
                _("Operation and maintenance"),
                -float(match.maintenance_eur_per_year),
                f"{investment} × {percent(p.MAINTENANCE_SHARE_PER_YEAR)}",
            )
        )
    return lines


def emissions(match: Match) -> list[Line]:
    """The lines that add up to the avoided CO2 [t/a]."""
    resource_type = match.output.resource_type
    factor = resource_type.co2_t_per_unit or 0.0
    replaced = match.quantity_per_year * factor
    lines = [
        Line(
            _replaced(resource_type),
            replaced,
            _times(match, f"{figure(factor)} t CO₂/{unit(resource_type.unit)}"),
            resource_type.co2_source,
            resource_type.co2_is_estimate,
        )
    ]
    transport = match.co2_avoided_t_per_year - replaced
    if round(transport, 3):
        lines.append(Line(_mode_label(match), transport))
    return lines


def _times(match: Match, price: str) -> str:
    quantity = f"{figure(match.quantity_per_year)} {unit(match.output.resource_type.unit)}"
    return f"{quantity} × {price}"


def _price(match: Match, amount: float) -> str:
    per_unit = amount / match.quantity_per_year
    return _times(match, f"{figure(per_unit)} EUR/{unit(match.output.resource_type.unit)}")


def _replaced(resource_type: ResourceType) -> str:
    if resource_type.replaced_product:
        return _("Replaced: %s") % resource_type.replaced_product
    return _("Replaced product")


def _purchase(match: Match) -> Line:
    amount = float(match.avoided_purchase_eur_per_year)
    label = _("Avoided purchase")
    if not amount:
        return Line(label, 0.0, source=_("No price is known."))
    formula = _price(match, amount)
    if match.input.current_cost_per_unit is not None:
        payer = match.input.organization
        return Line(label, amount, formula, _("What %s pays today.") % payer)
    resource_type = match.output.resource_type
    source = f"{_replaced(resource_type)}. {resource_type.price_source}"
    return Line(label, amount, formula, source, resource_type.price_is_estimate)


def _disposal(match: Match) -> Line:
    amount = float(match.avoided_disposal_eur_per_year)
    label = _("Avoided disposal")
    if not amount:
        if not match.output.figures_are_exact:
            return Line(label, 0.0, source=_("Not disclosed to you yet."))
        return Line(label, 0.0, source=_("No cost of disposal is stated."))
    payer = match.output.organization
    return Line(label, amount, _price(match, amount), _("What %s pays today.") % payer)


def _mode_label(match: Match) -> str:
    return _("Transport: %s") % str(dict(TransportMode.choices)[match.transport]).lower()


def _transport(match: Match) -> Line:
    label, amount = _mode_label(match), -float(match.transport_eur_per_year)
    if not amount:
        return Line(label, 0.0)
    if match.transport == TransportMode.GRID:
        return Line(label, amount, _times(match, f"{figure(p.GRID_EUR_PER_MWH)} EUR/MWh"))
    rate = p.RAIL_EUR_PER_TKM if match.transport == TransportMode.RAIL else p.TRUCK_EUR_PER_TKM
    tonnes = match.quantity_per_year * (match.output.resource_type.tonnes_per_unit or 0.0)
    formula = " × ".join(
        (
            f"{figure(tonnes)} t",
            distance(match.distance_m),
            figure(p.DETOUR_FACTOR),
            f"{figure(rate)} EUR/t·km",
        )
    )
    return Line(label, amount, formula, _("With the detour of real roads and rails."))


def _investment_source(match: Match) -> str:
    if match.transport != TransportMode.PIPE:
        return ""
    return _("Pipe by capacity and length, with heat exchangers for heat and cold: Hotmaps.")
