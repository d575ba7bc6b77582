"""What the two sides write to each other."""

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organizations.ids import new_id
from organizations.models import Organization
from proposals.models.proposal import Proposal

LONGEST_MESSAGE = 5000


class ProposalMessage(models.Model):
    """One message of the conversation about a proposal; both sides read it, nobody changes it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    proposal = models.ForeignKey(
        Proposal, models.CASCADE, related_name="messages", verbose_name=_("proposal")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("author"),
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", verbose_name=_("for")
    )
    text = models.TextField(_("text"), validators=[MaxLengthValidator(LONGEST_MESSAGE)])
    posted_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["posted_at", "pk"]
        indexes = [models.Index(fields=["proposal", "posted_at"], name="proposals_conversation")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text=""), name="proposals_proposalmessage_says_something"
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]
