"""Findings about data quality in words, with the figures that were compared."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from organizations.models import QualityFinding
from turash.figures import distance, figure, unit


def reason_of(finding: QualityFinding) -> str:
    """Say in the reader's language why a flow or site seems wrong."""
    return _WORDS[finding.kind](finding, finding.figures)


def _per_year(finding: QualityFinding, quantity: float) -> str:
    return f"{figure(quantity)} {unit(finding.flow.resource_type.unit)}/a"  # type: ignore[union-attr]


def _impossible(finding: QualityFinding, found: dict[str, Any]) -> str:
    return _("%(quantity)s; no site is known with more than %(most)s (%(source)s)") % {
        "quantity": _per_year(finding, found["quantity"]),
        "most": _per_year(finding, found["most"]),
        "source": found["source"],
    }


def _unusual(finding: QualityFinding, found: dict[str, Any]) -> str:
    quantity, median, sites = found["quantity"], found["median"], found["sites"]
    values = {
        "quantity": _per_year(finding, quantity),
        "median": _per_year(finding, median),
        "sites": sites,
        "sector": found["sector"],
        "factor": figure(max(quantity / median, median / quantity)),
    }
    if found["sector"]:
        compared = ngettext(
            "%(quantity)s; median of %(sites)d site of sector %(sector)s here: %(median)s",
            "%(quantity)s; median of %(sites)d sites of sector %(sector)s here: %(median)s",
            sites,
        )
    else:
        compared = ngettext(
            "%(quantity)s; median of %(sites)d site of all sectors here: %(median)s",
            "%(quantity)s; median of %(sites)d sites of all sectors here: %(median)s",
            sites,
        )
    far = (
        _("this is %(factor)s × as much") if quantity > median else _("this is 1/%(factor)s of it")
    )
    return f"{compared % values}; {far % values}"


def _incomplete(finding: QualityFinding, found: dict[str, Any]) -> str:
    names = {
        "temperature": _("temperature"),
        "price": _("price, or what is paid today"),
        "months": _("months of the season"),
        "hours": _("hours of the batches"),
        "dates": _("dates of what happens once"),
        "precision": _("more than a rough amount"),
    }
    missing = ", ".join(names[name] for name in found["missing"])
    return _("Matching would need: %s") % missing


def _stale(finding: QualityFinding, found: dict[str, Any]) -> str:
    touched = timezone.localtime(datetime.fromisoformat(found["touched_at"]))
    return _("Neither changed nor confirmed since %s") % date_format(touched, "DATE_FORMAT")


def _repeated(finding: QualityFinding, found: dict[str, Any]) -> str:
    if found["same_quantity"]:
        return _("The site declares the same resource twice, by the same name and quantity")
    return _("The site declares the same resource twice, by the same name")


def _nowhere(finding: QualityFinding, found: dict[str, Any]) -> str:
    return _("Latitude %(latitude)s, longitude %(longitude)s: nobody has set the place") % {
        "latitude": figure(found["latitude"]),
        "longitude": figure(found["longitude"]),
    }


def _far_away(finding: QualityFinding, found: dict[str, Any]) -> str:
    values = {
        "distance": distance(found["distance_m"]),
        "sites": found["sites"],
        "city": found["city"],
    }
    return (
        ngettext(
            "%(distance)s from the middle of %(sites)d site in %(city)s",
            "%(distance)s from the middle of %(sites)d sites in %(city)s",
            found["sites"],
        )
        % values
    )


_WORDS: dict[str, Callable[[QualityFinding, dict[str, Any]], str]] = {
    QualityFinding.Kind.IMPOSSIBLE: _impossible,
    QualityFinding.Kind.UNUSUAL: _unusual,
    QualityFinding.Kind.INCOMPLETE: _incomplete,
    QualityFinding.Kind.STALE: _stale,
    QualityFinding.Kind.REPEATED: _repeated,
    QualityFinding.Kind.NOWHERE: _nowhere,
    QualityFinding.Kind.FAR_AWAY: _far_away,
}
