"""The parts of a plan's work: what shares no flow can be solved by itself."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plans.models.plan import Plan
from plans.querysets import PlanPartQuerySet


class PlanPart(models.Model):
    """Exchanges that share no flow with those of other parts; one worker solves them at a time."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    OPEN = (Status.QUEUED, Status.RUNNING)

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="parts", verbose_name=_("plan"))
    number = models.PositiveIntegerField(_("number"))
    exchange_count = models.PositiveIntegerField(_("exchanges to look at"))
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.TextField(_("error"), blank=True)
    updated_at = models.DateTimeField(_("updated at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    value = models.FloatField(_("value"), default=0.0)
    bound = models.FloatField(_("no plan is worth more than"), default=0.0)
    budget_price = models.FloatField(_("value of one more euro of budget"), default=0.0)
    # Of uncertain amounts: what the choice is worth in each sample, and at most on average.
    sample_values = ArrayField(models.FloatField(), default=list, blank=True)
    expected_bound = models.FloatField(
        _("no plan is expected to be worth more than"), null=True, blank=True
    )
    # Of pipes that share a trench; the exchanges' own figures do not have it.
    trench_saving_eur_per_year = models.FloatField(
        _("saved by shared trenches [EUR/a]"), default=0.0
    )
    trench_saving_eur = models.FloatField(_("investment saved by shared trenches"), default=0.0)

    objects = PlanPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("part of a plan")
        verbose_name_plural = _("parts of plans")
        ordering = ["plan", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "number"], name="plans_planpart_number_is_unique"
            ),
            models.CheckConstraint(
                condition=~Q(status="done") | Q(finished_at__isnull=False),
                name="plans_planpart_done_has_an_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan}: {self.number}"
