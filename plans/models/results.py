"""What a plan means for each flow and each organization."""

from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from organizations.models import Organization, ResourceFlow
from plans.models.part import PlanPart
from plans.models.plan import Plan
from plans.models.what_if import SupposedFlow, SupposedSite
from plans.querysets import PlannedFlowQuerySet, PlanShareQuerySet


class PlannedFlow(models.Model):
    """What a flow has or needs, what of it the plan uses, and what more of it would be worth."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="flows_of_plan")
    declared_flow = models.ForeignKey(
        ResourceFlow, models.CASCADE, null=True, related_name="+", verbose_name=_("flow")
    )
    supposed_flow = models.ForeignKey(
        SupposedFlow, models.CASCADE, null=True, related_name="+", verbose_name=_("supposed flow")
    )
    available_per_year = models.FloatField(_("quantity a year"))
    used_per_year = models.FloatField(_("of which used"), default=0.0)
    # In units of the objective, per canonical unit: at most so much for one more.
    price = models.FloatField(_("value of one more unit"), default=0.0)

    objects = PlannedFlowQuerySet.as_manager()

    class Meta:
        verbose_name = _("flow of a plan")
        verbose_name_plural = _("flows of plans")
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "declared_flow"], name="plans_plannedflow_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(declared_flow=None) ^ Q(supposed_flow=None),
                name="plans_plannedflow_has_one_flow",
            ),
            models.CheckConstraint(
                # A hair for sums of what exchanges take.
                condition=Q(
                    used_per_year__gte=0, used_per_year__lte=F("available_per_year") * 1.000001
                ),
                name="plans_plannedflow_uses_what_there_is",
            ),
        ]

    def __str__(self) -> str:
        return str(self.flow)

    @property
    def flow(self) -> ResourceFlow | SupposedFlow:
        return self.declared_flow or self.supposed_flow  # type: ignore[return-value]  # has one

    @property
    def flow_id(self) -> UUID:
        return self.declared_flow_id or self.supposed_flow_id

    @property
    def used_share(self) -> float:
        """How much of it is used, 0 to 1."""
        return self.used_per_year / self.available_per_year if self.available_per_year else 0.0


class PlanShare(models.Model):
    """
    An organization's part in the exchanges of one part of a plan.

    What it avoids and invests [EUR/a, EUR] where each side bears half of what lies between, and two
    suggestions how to split what all gain, in units of the objective.
    """

    part = models.ForeignKey(PlanPart, models.CASCADE, related_name="shares")
    organization = models.ForeignKey(
        Organization, models.CASCADE, null=True, related_name="+", verbose_name=_("organization")
    )
    supposed_site = models.ForeignKey(
        SupposedSite, models.CASCADE, null=True, related_name="+", verbose_name=_("supposed plant")
    )
    avoided_eur = models.FloatField(_("avoided costs [EUR/a]"))
    investment_eur = models.FloatField(_("investment [EUR]"))
    proportional = models.FloatField(_("gain in proportion"))
    # None: the coalition is too large to tell.
    shapley = models.FloatField(_("gain by contribution"), null=True)
    variance = models.FloatField(_("variance of the gain by contribution"), null=True)

    objects = PlanShareQuerySet.as_manager()

    class Meta:
        verbose_name = _("share in a plan")
        verbose_name_plural = _("shares in plans")
        constraints = [
            models.UniqueConstraint(
                fields=["part", "organization"], name="plans_planshare_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(organization=None) ^ Q(supposed_site=None),
                name="plans_planshare_is_of_one",
            ),
        ]

    def __str__(self) -> str:
        return str(self.organization or self.supposed_site)
