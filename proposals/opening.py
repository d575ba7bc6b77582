"""What a proposal about a match begins with: its figures, to be changed before it is sent."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from matching.models import Match
from organizations.models import ResourceFlow
from organizations.models.resource_type import TransportMode
from turash.figures import distance, figure, unit

QUANTITY_DECIMALS = 3
PRICE_DECIMALS = Decimal("0.0001")


def opening_of(match: Match) -> dict[str, Any]:
    """
    Return quantity, price and message of a proposal, from a match as the sender sees it.

    Costs of the other side are nobody's business, so the price is the one that is asked, else
    offered; where there is none, it is to be agreed.
    """
    asked = price_eur(match.output)
    return {
        "quantity": round(match.quantity_per_year, QUANTITY_DECIMALS),
        "price_per_unit": asked if asked is not None else price_eur(match.input),
        "message": _message(match),
    }


def price_eur(flow: ResourceFlow) -> Decimal | None:
    """Return what the owner asks or offers [EUR per canonical unit]; None: nothing."""
    if flow.price_per_unit is None:
        return None
    price = flow.price_per_unit * flow.currency.eur_per_unit / Decimal(str(flow.unit_factor))
    return price.quantize(PRICE_DECIMALS).normalize()


def _message(match: Match) -> str:
    of_it = {
        "resource": match.output.resource_type.label,
        "quantity": figure(match.quantity_per_year),
        "unit": unit(match.output.resource_type.unit),
        "distance": distance(match.distance_m),
        "transport": str(dict(TransportMode.choices)[match.transport]).lower(),
        "hours": figure(match.shared_hours_per_year),
    }
    lines = [
        _("%(resource)s: about %(quantity)s %(unit)s a year, over %(distance)s (%(transport)s).")
        % of_it,
        _("Both of us run in %(hours)s hours of a year at once.") % of_it,
    ]
    if match.investment_eur:
        lines.append(
            _("The connection would cost about %s EUR once.") % figure(match.investment_eur)
        )
    return "\n".join(lines)
