"""What one unit of an exchange brings."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from proposals.models import Proposal


class ExchangeFactors(models.Model):
    """
    What a running exchange was meant to deliver, and what each unit of it brings.

    Fixed once, when the exchange goes live: matches come and go, prices and emission factors of
    resource types change, but what was reported stays what it was. Per canonical unit of the
    proposal's resource; null is unknown. Definitions: docs/outcomes.md.
    """

    class Basis(models.TextChoices):
        FLOWS = "flows", _("The flows of both sides, with transport")
        RESOURCE_TYPE = "resource_type", _("The resource type alone, without transport")

    proposal = models.OneToOneField(
        Proposal,
        models.CASCADE,
        primary_key=True,
        related_name="factors",
        verbose_name=_("proposal"),
    )
    basis = models.CharField(_("based on"), max_length=15, choices=Basis.choices)
    live_since = models.DateField(_("live since"))
    planned_per_year = models.FloatField(_("planned [units per year]"), null=True, blank=True)
    # An organization's own costs are its own: each side sees what it saves itself.
    supplier_savings_eur_per_unit = models.FloatField(
        _("cost savings of the supplier [EUR/unit]"), null=True, blank=True
    )
    recipient_savings_eur_per_unit = models.FloatField(
        _("cost savings of the recipient [EUR/unit]"), null=True, blank=True
    )
    co2_t_per_unit = models.FloatField(_("avoided CO2e [t/unit]"), null=True, blank=True)
    sales_eur_per_unit = models.FloatField(_("sales [EUR/unit]"), default=0)
    landfill_t_per_unit = models.FloatField(_("kept from landfill [t/unit]"), default=0)
    virgin_t_per_unit = models.FloatField(_("virgin material saved [t/unit]"), default=0)
    water_m3_per_unit = models.FloatField(_("water saved [m³/unit]"), default=0)
    fixed_at = models.DateTimeField(_("fixed at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("factors of an exchange")
        verbose_name_plural = _("factors of exchanges")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    sales_eur_per_unit__gte=0,
                    landfill_t_per_unit__gte=0,
                    virgin_t_per_unit__gte=0,
                    water_m3_per_unit__gte=0,
                ),
                name="exchanges_factors_are_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(planned_per_year=None) | Q(planned_per_year__gt=0),
                name="exchanges_factors_plan_is_positive",
            ),
        ]

    def __str__(self) -> str:
        return str(self.proposal)
