"""Terms in words, and beside those before them."""

from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from proposals.economics import Role, roles
from proposals.models import Proposal, ProposalTerms
from turash.figures import unit


@dataclass(frozen=True, slots=True)
class Row:
    """One field of the terms: what it is now, and what it was where that differs."""

    label: str
    now: str
    before: str
    is_changed: bool


def compare(proposal: Proposal, terms: ProposalTerms, earlier: ProposalTerms | None) -> list[Row]:
    """Return the fields of terms, with what they were in an earlier version."""
    changes = terms.changes_since(earlier) if earlier else {}
    return [
        Row(
            label,
            _text(proposal, name, getattr(terms, name)),
            _text(proposal, name, changes[name][0]) if name in changes else "",
            name in changes,
        )
        for name, label in _labels().items()
    ]


def _labels() -> dict[str, str]:
    return {
        "quantity": _("Quantity"),
        "price_per_unit": _("Price"),
        "start_date": _("Start"),
        "duration_months": _("Duration"),
        "connection_recipient_pct": _("Connection"),
    }


def _text(proposal: Proposal, name: str, value: Any) -> str:
    """Return a value exactly, with its unit: terms are no place to round."""
    if value is None:
        return _("to be agreed")
    of = unit(proposal.resource.resource_type.unit)
    if name == "start_date":
        return date_format(value)
    if name == "duration_months":
        return ngettext("%d month", "%d months", value) % value
    if name == "connection_recipient_pct":
        return _shares(proposal, value)
    number = number_format(value.normalize(), force_grouping=True)
    return f"{number} {of}/a" if name == "quantity" else f"{number} EUR/{of}"


def _shares(proposal: Proposal, recipient_pct: int) -> str:
    names = {
        role: proposal.from_organization if key == proposal.from_organization_id else None
        for key, role in roles(proposal).items()
    }
    recipient = names[Role.RECIPIENT] or proposal.to_organization
    supplier = names[Role.SUPPLIER] or proposal.to_organization
    if recipient_pct in (0, 100):
        return _("%s pays it") % (recipient if recipient_pct else supplier)
    return _("%(recipient)s pays %(recipient_pct)d %%, %(supplier)s %(supplier_pct)d %%") % {
        "recipient": recipient,
        "recipient_pct": recipient_pct,
        "supplier": supplier,
        "supplier_pct": 100 - recipient_pct,
    }
