"""Every step that a proposal took."""

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organizations.models import Organization
from proposals.models.proposal import Proposal
from proposals.states import Status


class ProposalTransition(models.Model):
    """One step of a proposal: who, when, from where to where, with what comment."""

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="transitions")
    from_status = models.CharField(_("from"), max_length=12, blank=True)
    to_status = models.CharField(_("to"), max_length=12, choices=Status.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("for"),
    )
    # Set where a step is about terms: a confirmation.
    terms_version = models.PositiveSmallIntegerField(
        _("version of the terms"), null=True, blank=True
    )
    comment = models.TextField(_("comment"), blank=True, validators=[MaxLengthValidator(5000)])
    occurred_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("transition")
        verbose_name_plural = _("transitions")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.from_status or '·'} → {self.to_status}"
