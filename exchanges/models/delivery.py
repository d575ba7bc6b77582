"""What was delivered, month by month."""

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exchanges.querysets import DeliveryQuerySet
from organizations.ids import new_id
from organizations.models import Organization
from proposals.models import Proposal

LARGEST_QUANTITY = 10**12


class Delivery(models.Model):
    """
    What went over in a month, in canonical units of the proposal's resource, as one side says.

    It is verified when the other side has confirmed it; a change takes the confirmation away.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    proposal = models.ForeignKey(
        Proposal, models.PROTECT, related_name="deliveries", verbose_name=_("proposal")
    )
    month = models.DateField(_("month"), help_text=_("Its first day."))
    quantity = models.DecimalField(_("quantity [canonical units]"), max_digits=20, decimal_places=6)
    note = models.CharField(
        _("note"), max_length=500, blank=True, validators=[MaxLengthValidator(500)]
    )
    reported_for = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", verbose_name=_("reported by")
    )
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("reported by user"),
    )
    reported_at = models.DateTimeField(_("reported at"), default=timezone.now)
    confirmed_for = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("confirmed by"),
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("confirmed by user"),
    )
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["month", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "month"], name="exchanges_delivery_is_one_a_month"
            ),
            models.CheckConstraint(
                condition=Q(month__day=1),
                name="exchanges_delivery_month_is_its_first_day",
                violation_error_message=_("Give the first day of the month."),
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=0, quantity__lte=LARGEST_QUANTITY),
                name="exchanges_delivery_quantity_is_plausible",
                violation_error_message=_("The quantity must be between 0 and 10¹²."),
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None, confirmed_for=None)
                | Q(confirmed_at__isnull=False, confirmed_for__isnull=False),
                name="exchanges_delivery_is_confirmed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_for=None) | ~Q(confirmed_for=F("reported_for")),
                name="exchanges_delivery_is_confirmed_by_the_other_side",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}: {self.quantity.normalize():f}"
