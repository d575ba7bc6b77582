"""The exchanges that a plan chooses from, and how much of each it takes."""

from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from matching.engine.arrays import MODES
from matching.ids import match_id
from organizations.models import ResourceFlow
from plans.models.part import PlanPart
from plans.models.plan import Plan
from plans.models.what_if import SupposedFlow
from plans.querysets import PlannedExchangeQuerySet
from proposals.models import Proposal


class PlannedExchange(models.Model):
    """
    A match as the plan has found it, and (above 0) the quantity that it is to exchange.

    What is under contract is there with its quantity, and not chosen: it is out of what flows have
    left. Quantities in canonical units per year.
    """

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="exchanges", verbose_name=_("plan"))
    # None: not worth a look, or under contract.
    part = models.ForeignKey(
        PlanPart, models.SET_NULL, null=True, related_name="exchanges", verbose_name=_("part")
    )
    # A side is declared, or supposed by the plan; `output` and `input` are the one or the other.
    declared_output = models.ForeignKey(
        ResourceFlow, models.CASCADE, null=True, related_name="+", verbose_name=_("output")
    )
    declared_input = models.ForeignKey(
        ResourceFlow, models.CASCADE, null=True, related_name="+", verbose_name=_("input")
    )
    supposed_output = models.ForeignKey(
        SupposedFlow, models.CASCADE, null=True, related_name="+", verbose_name=_("supposed output")
    )
    supposed_input = models.ForeignKey(
        SupposedFlow, models.CASCADE, null=True, related_name="+", verbose_name=_("supposed input")
    )
    is_contracted = models.BooleanField(_("under contract"), default=False)
    must_be = models.BooleanField(_("must be"), default=False)
    # Too dirty alone: it is there in a mix only, and no match.
    is_mixed = models.BooleanField(_("only in a mix"), default=False)
    distance_m = models.FloatField(_("distance [m]"))
    transport = models.CharField(_("transport"), max_length=10, choices=[(m, m) for m in MODES])
    # What the choice is made by.
    most_per_year = models.FloatField(_("quantity at most"))
    least_per_year = models.FloatField(_("quantity at least"), default=0.0)
    eur_per_unit = models.FloatField(_("savings [EUR per unit]"))
    co2_t_per_unit = models.FloatField(_("avoided CO2 [t per unit]"))
    fixed_eur_per_year = models.FloatField(_("fixed costs [EUR/a]"))
    investment_eur_per_unit = models.FloatField(_("investment [EUR per unit a year]"))
    fixed_investment_eur = models.FloatField(_("fixed investment [EUR]"))
    # What is chosen, valued by the matching engine at this quantity.
    quantity_per_year = models.FloatField(_("quantity a year"), default=0.0)
    avoided_purchase_eur_per_year = models.FloatField(default=0.0)
    avoided_disposal_eur_per_year = models.FloatField(default=0.0)
    savings_eur_per_year = models.FloatField(_("savings [EUR/a]"), default=0.0)
    co2_avoided_t_per_year = models.FloatField(_("avoided CO2 [t/a]"), default=0.0)
    investment_eur = models.FloatField(_("investment [EUR]"), default=0.0)
    # In how many samples of uncertain amounts it is part of the best plan, 0 to 1.
    chosen_share = models.FloatField(_("share of samples in which it is best"), null=True)
    proposal = models.ForeignKey(
        Proposal,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="planned_exchanges",
        verbose_name=_("proposal"),
    )

    objects = PlannedExchangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("planned exchange")
        verbose_name_plural = _("planned exchanges")
        ordering = ["plan", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "declared_output", "declared_input"],
                condition=Q(is_contracted=False),
                name="plans_plannedexchange_is_the_only_one_of_a_pair",
            ),
            models.CheckConstraint(
                condition=Q(declared_output=None) ^ Q(supposed_output=None),
                name="plans_plannedexchange_has_one_output",
            ),
            models.CheckConstraint(
                condition=Q(declared_input=None) ^ Q(supposed_input=None),
                name="plans_plannedexchange_has_one_input",
            ),
            models.CheckConstraint(
                condition=Q(quantity_per_year__gte=0), name="plans_plannedexchange_is_not_negative"
            ),
        ]
        indexes = [
            models.Index(
                fields=["plan", "-savings_eur_per_year"],
                condition=Q(quantity_per_year__gt=0),
                name="plans_chosen",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.output} → {self.input}"

    @property
    def output(self) -> ResourceFlow | SupposedFlow:
        return self.declared_output or self.supposed_output  # type: ignore[return-value]  # has one

    @property
    def input(self) -> ResourceFlow | SupposedFlow:
        return self.declared_input or self.supposed_input  # type: ignore[return-value]  # has one

    @property
    def output_id(self) -> UUID:
        return self.declared_output_id or self.supposed_output_id

    @property
    def input_id(self) -> UUID:
        return self.declared_input_id or self.supposed_input_id

    @property
    def is_supposed(self) -> bool:
        """Whether a side is a plant that nobody has built."""
        return self.supposed_output_id is not None or self.supposed_input_id is not None

    @property
    def match_id(self) -> UUID | None:
        """The match that it is, or was when the plan was made; None with what is supposed."""
        if self.is_supposed:
            return None
        return match_id(self.output.number, self.input.number)
