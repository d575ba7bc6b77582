"""The weights of the factors, and the decisions about proposals that teach them."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Abs
from django.db.models.lookups import LessThan
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from matching.engine.parameters import DEFAULT_WEIGHTS, FACTORS
from matching.models.run import MatchingRun
from organizations.models import Organization


class MatchingWeights(models.Model):
    """
    Weights that a run of all brought along: learned from evidence, or chosen by a facilitator.

    In force is the latest row that is adopted; without one the defaults are. A row that is not
    adopted belongs to a run that is under way or may go on: its matches and its weights are swapped
    in together. Chosen weights stay in force until others are chosen, or what is learned is.
    """

    id = models.BigAutoField(primary_key=True)
    run = models.OneToOneField(
        MatchingRun,
        models.SET_NULL,
        null=True,
        related_name="weights",
        verbose_name=_("matching run"),
    )
    quality = models.FloatField(_("quality"))
    temporal = models.FloatField(_("time"))
    quantity = models.FloatField(_("quantity"))
    economic = models.FloatField(_("economics"))
    spatial = models.FloatField(_("distance"))
    trust = models.FloatField(_("trust"))
    regulatory = models.FloatField(_("regulation"))
    # What the formula was given: enough to work the weights out again by hand.
    votes = models.JSONField(_("dismissals that count, by factor"), default=dict)
    contrast = models.FloatField(_("decisions that count"), default=0)
    differences = models.JSONField(_("mean score accepted − rejected, by factor"), default=dict)
    dismissal_count = models.PositiveIntegerField(_("dismissals"), default=0)
    accepted_count = models.PositiveIntegerField(_("accepted proposals"), default=0)
    rejected_count = models.PositiveIntegerField(_("rejected proposals"), default=0)
    organization_count = models.PositiveIntegerField(_("organizations"), default=0)
    is_chosen = models.BooleanField(_("chosen by a person"), default=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    # Of what a person has asked for, chosen or learned; such rows stay when their run fails.
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    computed_at = models.DateTimeField(_("computed at"), default=timezone.now)
    adopted_at = models.DateTimeField(_("in force since"), null=True)

    class Meta:
        verbose_name = _("weights of the score")
        verbose_name_plural = _("weights of the score")
        ordering = ["-computed_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(**{f"{name}__gt": 0 for name in FACTORS}),
                name="matching_weights_are_positive",
            ),
            models.CheckConstraint(
                condition=LessThan(Abs(sum((F(name) for name in FACTORS), -1.0)), 1e-9),
                name="matching_weights_add_up_to_one",
            ),
            models.CheckConstraint(
                condition=Q(is_chosen=False) | ~Q(reason=""),
                name="matching_weights_are_chosen_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(f"{name} {weight:.3f}" for name, weight in self.by_factor.items())

    @property
    def by_factor(self) -> dict[str, float]:
        """Weights by factor, in the engine's order; they add up to 1."""
        return {name: getattr(self, name) for name in FACTORS}

    @property
    def shifts(self) -> dict[str, float]:
        """How far each weight is from its default, as a share of it; below 0: less."""
        defaults = dict(zip(FACTORS, DEFAULT_WEIGHTS.tolist(), strict=True))
        return {name: weight / defaults[name] - 1 for name, weight in self.by_factor.items()}


class ProposalEvidence(models.Model):
    """
    A proposal about a match was accepted or rejected: by whom, and how well the match fitted then.

    Proposals are not known here: they are heard of by events, and kept apart by their id.
    """

    proposal_id = models.UUIDField(_("proposal"), primary_key=True)
    organization = models.ForeignKey(
        Organization,
        models.CASCADE,
        related_name="+",
        verbose_name=_("organization that decided"),
    )
    is_accepted = models.BooleanField(_("accepted"))
    # In the engine's order of the factors.
    scores = ArrayField(models.FloatField(), size=len(FACTORS), verbose_name=_("factor scores"))
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("decided proposal")
        verbose_name_plural = _("decided proposals")
        ordering = ["-decided_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scores__len=len(FACTORS)),
                name="matching_evidence_has_a_score_for_each_factor",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id}"

    @property
    def by_factor(self) -> dict[str, float]:
        """Factor scores by name, each 0 to 1."""
        return dict(zip(FACTORS, self.scores, strict=True))
