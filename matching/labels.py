"""What the figures of a match are called."""

from django.utils.translation import gettext_lazy as _

LABELS = {
    "quality_score": _("quality"),
    "temporal_score": _("time"),
    "quantity_score": _("quantity"),
    "economic_score": _("economics"),
    "spatial_score": _("distance"),
    "trust_score": _("trust"),
    "regulatory_score": _("regulation"),
    "quantity_per_year": _("exchangeable canonical units per year"),
    "shared_hours_per_year": _("shared hours per year"),
    "transport": _("transport"),
    "avoided_purchase_eur_per_year": _("avoided purchase [EUR/a]"),
    "avoided_disposal_eur_per_year": _("avoided disposal [EUR/a]"),
    "transport_eur_per_year": _("transport [EUR/a]"),
    "investment_eur": _("investment [EUR]"),
    "annuity_eur_per_year": _("annuity of the investment [EUR/a]"),
    "maintenance_eur_per_year": _("operation and maintenance [EUR/a]"),
    "savings_eur_per_year": _("net savings of both sides [EUR/a]"),
    "net_present_value_eur": _("net present value [EUR]"),
    "payback_years": _("simple payback [a]"),
    "internal_rate_of_return": _("internal rate of return"),
    "co2_avoided_t_per_year": _("avoided CO2 [t/a]"),
}
