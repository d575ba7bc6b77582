"""What an exchange brought that no quantity tells."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organizations.ids import new_id
from organizations.models import Organization
from proposals.models import Proposal

MOST_JOBS = 100_000
LARGEST_INVESTMENT = 10**12


class Declaration(models.Model):
    """Jobs and private investment of one side in a month, as it declares them for itself."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    proposal = models.ForeignKey(
        Proposal, models.PROTECT, related_name="declarations", verbose_name=_("proposal")
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    month = models.DateField(_("month"))
    jobs = models.DecimalField(
        _("jobs created or kept [full-time]"), max_digits=8, decimal_places=1, default=0
    )
    private_investment_eur = models.DecimalField(
        _("private investment [EUR]"), max_digits=16, decimal_places=2, default=0
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("declared by"),
    )
    declared_at = models.DateTimeField(_("declared at"), default=timezone.now)

    class Meta:
        verbose_name = _("declaration")
        verbose_name_plural = _("declarations")
        ordering = ["month", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "organization", "month"],
                name="exchanges_declaration_is_one_a_month",
            ),
            models.CheckConstraint(
                condition=Q(month__day=1), name="exchanges_declaration_month_is_its_first_day"
            ),
            models.CheckConstraint(
                condition=Q(jobs__gte=0, jobs__lte=MOST_JOBS),
                name="exchanges_declaration_jobs_are_plausible",
                violation_error_message=_("The jobs must be between 0 and 100,000."),
            ),
            models.CheckConstraint(
                condition=Q(
                    private_investment_eur__gte=0, private_investment_eur__lte=LARGEST_INVESTMENT
                ),
                name="exchanges_declaration_investment_is_plausible",
                violation_error_message=_("The investment must be between 0 and 10¹² EUR."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization}, {self.month:%Y-%m}"
