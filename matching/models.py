"""Pairs that fit, who does not want them, and runs that find them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from matching.querysets import MatchingRunQuerySet, MatchQuerySet
from organizations.ids import new_id
from organizations.models import Organization, ResourceFlow

SCORES = ("quality", "temporal", "quantity", "economic", "spatial", "trust", "regulatory")


def _score(label: str) -> models.FloatField:
    return models.FloatField(label)


class Match(models.Model):
    """
    One output and one input that fit, with why and what it brings. Computed, never edited.

    A pair is kept while it is among the best of its output or of its input; the rank tells which
    (null: not among the best of that flow).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    output = models.ForeignKey(
        ResourceFlow, models.CASCADE, related_name="output_matches", verbose_name=_("output")
    )
    input = models.ForeignKey(
        ResourceFlow, models.CASCADE, related_name="input_matches", verbose_name=_("input")
    )
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

    found_at = models.DateTimeField(_("found at"), default=timezone.now)
    updated_at = models.DateTimeField(_("updated at"), default=timezone.now)

    objects = MatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("match")
        verbose_name_plural = _("matches")
        ordering = ["-score", "distance_m", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["output", "input"], name="matching_match_is_unique_per_pair"
            ),
            models.CheckConstraint(
                condition=Q(output_rank__isnull=False) | Q(input_rank__isnull=False),
                name="matching_match_has_a_rank",
            ),
            models.CheckConstraint(
                condition=~Q(output=F("input")), name="matching_match_joins_two_flows"
            ),
            models.CheckConstraint(
                condition=Q(score__gte=0, score__lte=1), name="matching_match_score_is_a_share"
            ),
        ]
        indexes = [
            models.Index(fields=["input", "-score"], name="matching_match_of_input"),
            models.Index(fields=["output", "-score"], name="matching_match_of_output"),
        ]

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
        ]

    def __str__(self) -> str:
        return f"{self.organization}: {self.reason}"


class MatchingRun(models.Model):
    """A recomputation of matches, and how far it has got."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        FINISHED = "finished", _("Finished")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(
        Organization,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="matching_runs",
        verbose_name=_("organization"),
        help_text=_("Empty: all organizations."),
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.QUEUED
    )
    done_count = models.PositiveIntegerField(_("flows done"), default=0)
    total_count = models.PositiveIntegerField(_("flows in all"), default=0)
    match_count = models.PositiveIntegerField(_("matches"), null=True, blank=True)
    found_count = models.PositiveIntegerField(_("new matches"), null=True, blank=True)
    lost_count = models.PositiveIntegerField(_("lost matches"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = MatchingRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("matching run")
        verbose_name_plural = _("matching runs")
        ordering = ["-created_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_count__lte=F("total_count")),
                name="matching_run_does_no_more_than_all",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()} {self.created_at:%Y-%m-%d %H:%M}"
