"""Proposals whose end was announced."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from proposals.models.proposal import Proposal


class ProposalReminder(models.Model):
    """The side asked was reminded that a proposal expires; again only if its time changes."""

    proposal = models.ForeignKey(
        Proposal, models.CASCADE, related_name="reminders", verbose_name=_("proposal")
    )
    valid_until = models.DateTimeField(_("valid until"))
    announced_at = models.DateTimeField(_("announced at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "valid_until"], name="proposals_reminder_comes_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.proposal} ({self.valid_until:%Y-%m-%d %H:%M})"
