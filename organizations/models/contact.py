"""Whom to speak to, and who has seen what an organization does not show everybody."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organizations.models.flow import ResourceFlow
from organizations.models.organization import Organization
from organizations.models.stage import Stage


class Contact(models.Model):
    """
    The contact details of an organization.

    A table of its own, so that no list or page of organizations can show them by accident: they
    leave through proposals.services.contacts alone.
    """

    organization = models.OneToOneField(
        Organization,
        models.CASCADE,
        primary_key=True,
        related_name="contact",
        verbose_name=_("organization"),
    )
    person = models.CharField(_("contact person"), max_length=150, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(
        _("telephone"),
        max_length=40,
        blank=True,
        validators=[RegexValidator(r"^\+?[0-9 ()/.-]{3,}$", _("Enter a telephone number."))],
    )
    disclosed_from = models.CharField(
        _("who sees this"), max_length=10, choices=Stage.choices, default=Stage.ACCEPTED
    )
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.CheckConstraint(
                condition=Q(disclosed_from__in=Stage.values),
                name="organizations_contact_stage_is_known",
            ),
        ]

    def __str__(self) -> str:
        return str(self.organization)


class Disclosure(models.Model):
    """
    Somebody of another organization, or a facilitator, saw what not everybody sees, on a day.

    With a flow: its exact figures. Without: the contact details.
    """

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="disclosures", verbose_name=_("organization")
    )
    flow = models.ForeignKey(
        ResourceFlow,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="disclosures",
        verbose_name=_("exact figures of"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("seen by")
    )
    stage = models.CharField(_("at the stage"), max_length=10, choices=Stage.choices)
    as_facilitator = models.BooleanField(_("as facilitator"), default=False)
    seen_on = models.DateField(_("on"))
    seen_at = models.DateTimeField(_("first seen at"), default=timezone.now)

    class Meta:
        verbose_name = _("disclosure")
        verbose_name_plural = _("disclosures")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user", "flow", "seen_on"],
                name="organizations_disclosure_is_one_a_day",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.flow or self.organization}"
