"""Pairs that fit, and who does not want them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from matching.models.category import Category
from matching.models.pair import Pair
from matching.querysets import MatchQuerySet
from organizations.ids import new_id
from organizations.models import Organization, ResourceFlow


class Match(Pair):
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
