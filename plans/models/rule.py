"""What a plan has to hold to, pair by pair."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from organizations.models import ResourceFlow
from plans.models.plan import Plan


class PlanRule(models.Model):
    """A pair of flows that must exchange all they can, or must not exchange anything."""

    class Kind(models.TextChoices):
        MUST = "must", _("Must")
        NEVER = "never", _("Never")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="rules", verbose_name=_("plan"))
    output = models.ForeignKey(
        ResourceFlow, models.CASCADE, related_name="+", verbose_name=_("output")
    )
    input = models.ForeignKey(
        ResourceFlow, models.CASCADE, related_name="+", verbose_name=_("input")
    )
    kind = models.CharField(_("rule"), max_length=5, choices=Kind.choices)

    class Meta:
        verbose_name = _("rule of a plan")
        verbose_name_plural = _("rules of plans")
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "output", "input"], name="plans_planrule_is_the_only_one_of_a_pair"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["must", "never"]), name="plans_planrule_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.output} → {self.input}"
