"""What is known of a pair, however it is kept."""

from django.db import models
from django.utils.translation import gettext_lazy as _

SCORES = ("quality", "temporal", "quantity", "economic", "spatial", "trust", "regulatory")


def _score(label: str) -> models.FloatField:
    return models.FloatField(label)


class Pair(models.Model):
    """
    The ranks and figures of an output and an input.

    A rank tells the place among the best of that flow (null: not among them).
    """

    output_rank = models.PositiveSmallIntegerField(_("rank for the output"), null=True)
    input_rank = models.PositiveSmallIntegerField(_("rank for the input"), null=True)

    score = _score(_("score"))
    quality_score = _score(_("quality"))
    temporal_score = _score(_("time"))
    quantity_score = _score(_("quantity"))
    economic_score = _score(_("economics"))
    spatial_score = _score(_("distance"))
    trust_score = _score(_("trust"))
    regulatory_score = _score(_("regulation"))

    distance_m = models.FloatField(_("distance [m]"))
    quantity_per_year = models.FloatField(_("exchangeable canonical units per year"))
    shared_hours_per_year = models.FloatField(_("shared hours per year"))
    transport = models.CharField(_("transport"), max_length=10)

    avoided_purchase_eur_per_year = models.DecimalField(
        _("avoided purchase [EUR/a]"), max_digits=34, decimal_places=2
    )
    avoided_disposal_eur_per_year = models.DecimalField(
        _("avoided disposal [EUR/a]"), max_digits=34, decimal_places=2
    )
    transport_eur_per_year = models.DecimalField(
        _("transport [EUR/a]"), max_digits=34, decimal_places=2
    )
    investment_eur = models.DecimalField(_("investment [EUR]"), max_digits=34, decimal_places=2)
    annuity_eur_per_year = models.DecimalField(
        _("annuity of the investment [EUR/a]"), max_digits=34, decimal_places=2
    )
    maintenance_eur_per_year = models.DecimalField(
        _("operation and maintenance [EUR/a]"), max_digits=34, decimal_places=2
    )
    savings_eur_per_year = models.DecimalField(
        _("net savings of both sides [EUR/a]"), max_digits=34, decimal_places=2
    )
    net_present_value_eur = models.DecimalField(
        _("net present value [EUR]"), max_digits=34, decimal_places=2
    )
    payback_years = models.FloatField(_("simple payback [a]"), null=True)
    internal_rate_of_return = models.FloatField(_("internal rate of return"), null=True)
    co2_avoided_t_per_year = models.FloatField(_("avoided CO2 [t/a]"))

    class Meta:
        abstract = True

    @property
    def factors(self) -> dict[str, float]:
        """Factor scores by name, each 0 to 1."""
        return {name: getattr(self, f"{name}_score") for name in SCORES}
