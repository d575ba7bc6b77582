"""What the two sides would agree on, version by version."""

from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organizations.models import Organization
from proposals.models.proposal import Proposal

LONGEST_MONTHS = 600


class ProposalTerms(models.Model):
    """
    One version of the terms: an offer of one side, never changed; the next version answers it.

    The first is what was proposed. Whatever is empty is still to be agreed.
    """

    # What can be agreed, in the order in which it is shown.
    FIELDS = (
        "quantity", "price_per_unit", "start_date", "duration_months", "connection_recipient_pct",
    )  # fmt: skip

    proposal = models.ForeignKey(
        Proposal, models.CASCADE, related_name="terms", verbose_name=_("proposal")
    )
    version = models.PositiveSmallIntegerField(_("version"))
    quantity = models.DecimalField(
        _("quantity [canonical units per year]"),
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
    )
    price_per_unit = models.DecimalField(
        _("price [EUR per canonical unit]"),
        max_digits=14,
        decimal_places=4,
        null=True,
        blank=True,
        help_text=_("What the recipient pays. Below 0: the recipient is paid for taking it."),
    )
    start_date = models.DateField(_("start"), null=True, blank=True)
    duration_months = models.PositiveSmallIntegerField(
        _("duration [months]"), null=True, blank=True
    )
    connection_recipient_pct = models.PositiveSmallIntegerField(
        _("share of the connection that the recipient pays [%]"), null=True, blank=True
    )
    comment = models.TextField(_("comment"), blank=True, validators=[MaxLengthValidator(5000)])
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", verbose_name=_("offered by")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("author"),
    )
    offered_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("terms")
        verbose_name_plural = _("terms")
        ordering = ["proposal", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "version"], name="proposals_proposalterms_version_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(version__gte=1), name="proposals_proposalterms_versions_begin_at_1"
            ),
            models.CheckConstraint(
                condition=Q(quantity=None) | Q(quantity__gt=0),
                name="proposals_proposalterms_quantity_is_positive",
                violation_error_message=_("The quantity must be above 0."),
            ),
            models.CheckConstraint(
                condition=Q(duration_months=None)
                | Q(duration_months__gte=1, duration_months__lte=LONGEST_MONTHS),
                name="proposals_proposalterms_duration_is_plausible",
                violation_error_message=_("The duration must be between 1 and 600 months."),
            ),
            models.CheckConstraint(
                condition=Q(connection_recipient_pct=None) | Q(connection_recipient_pct__lte=100),
                name="proposals_proposalterms_connection_is_a_share",
                violation_error_message=_("The share must be between 0 and 100 %."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal}: {_('version')} {self.version}"

    def changes_since(self, earlier: Self | None) -> dict[str, tuple[Any, Any]]:
        """Return what differs from an earlier version: field → (before, now)."""
        pairs = {name: (getattr(earlier, name, None), getattr(self, name)) for name in self.FIELDS}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
