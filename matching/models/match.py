"""Pairs that fit, as seen from either side, and who does not want them."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from matching.models.category import Category
from matching.querysets import MatchManager, SeenMatchManager
from organizations.models import Organization, ResourceFlow

SCORES = ("quality", "temporal", "quantity", "economic", "spatial", "trust", "regulatory")


class Match(models.Model):
    """
    One output and one input that fit: read from the lists of partners, never written.

    A pair is kept while it is among the best of its output or of its input; the rank tells which
    (null: not among the best of that flow). Its figures the kernel computes from the flows as they
    are when it is read for display.

    `objects` has each pair once. `seen` has it twice, as seen from each of its `flow`s: what starts
    from a flow or its owner is quick there.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    flow = models.ForeignKey(ResourceFlow, models.DO_NOTHING, related_name="+")
    is_output = models.BooleanField()  # the flow is
    output = models.ForeignKey(
        ResourceFlow, models.DO_NOTHING, related_name="+", verbose_name=_("output")
    )
    input = models.ForeignKey(
        ResourceFlow, models.DO_NOTHING, related_name="+", verbose_name=_("input")
    )
    output_rank = models.IntegerField(_("rank for the output"), null=True)
    input_rank = models.IntegerField(_("rank for the input"), null=True)
    score = models.FloatField(_("score"))
    distance_m = models.FloatField(_("distance [m]"))

    # What follows from these and the flows is there when it was read for display.
    quality_score: float
    temporal_score: float
    quantity_score: float
    economic_score: float
    spatial_score: float
    trust_score: float
    regulatory_score: float
    quantity_per_year: float
    shared_hours_per_year: float
    transport: str
    avoided_purchase_eur_per_year: Decimal
    avoided_disposal_eur_per_year: Decimal
    transport_eur_per_year: Decimal
    investment_eur: Decimal
    annuity_eur_per_year: Decimal
    maintenance_eur_per_year: Decimal
    savings_eur_per_year: Decimal
    net_present_value_eur: Decimal
    payback_years: float | None
    internal_rate_of_return: float | None
    co2_avoided_t_per_year: float

    # Not so in the copies of matching.disclosure.
    is_exact = True

    objects = MatchManager()
    seen = SeenMatchManager()

    class Meta:
        managed = False
        db_table = "matching_match"
        verbose_name = _("match")
        verbose_name_plural = _("matches")
        ordering = ["-score", "distance_m", "pk"]

    def __str__(self) -> str:
        return f"{self.output} → {self.input}"

    @property
    def factors(self) -> dict[str, float]:
        """Factor scores by name, each 0 to 1."""
        return {name: getattr(self, f"{name}_score") for name in SCORES}


class MatchDismissal(models.Model):
    """An organization does not want to see a pair as a match again, and says why."""

    output = models.ForeignKey(ResourceFlow, models.CASCADE, related_name="+")
    input = models.ForeignKey(ResourceFlow, models.CASCADE, related_name="+")
    organization = models.ForeignKey(
        Organization,
        models.CASCADE,
        related_name="match_dismissals",
        verbose_name=_("organization"),
    )
    reason = models.CharField(_("reason"), max_length=500)
    category = models.CharField(
        _("kind of reason"), max_length=20, choices=Category.choices, blank=True
    )
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("dismissed by"),
    )
    dismissed_at = models.DateTimeField(_("dismissed at"), default=timezone.now)

    class Meta:
        verbose_name = _("dismissal")
        verbose_name_plural = _("dismissals")
        constraints = [
            models.UniqueConstraint(
                fields=["output", "input", "organization"], name="matching_dismissal_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(category__in=["", *Category.values]),
                name="matching_dismissal_category_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization}: {self.reason}"
