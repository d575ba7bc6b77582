"""Whom to speak to, from when on others learn it, and who has."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organizations.models.organization import Organization


class Stage(models.TextChoices):
    """How far two organizations have come; each includes those before it."""

    PUBLIC = "public", _("Anybody who sees the organization")
    MATCHED = "matched", _("Organizations with a match with ours")
    ACCEPTED = "accepted", _("Organizations with an accepted proposal between us")
    NEVER = "never", _("Nobody else")


STAGES = [Stage.PUBLIC, Stage.MATCHED, Stage.ACCEPTED, Stage.NEVER]


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


class ContactDisclosure(models.Model):
    """Somebody of another organization, or a facilitator, saw contact details on a day."""

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="disclosures", verbose_name=_("organization")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("seen by")
    )
    stage = models.CharField(_("at the stage"), max_length=10, choices=Stage.choices)
    as_facilitator = models.BooleanField(_("as facilitator"), default=False)
    seen_on = models.DateField(_("on"))
    seen_at = models.DateTimeField(_("first seen at"), default=timezone.now)

    class Meta:
        verbose_name = _("disclosure of contact details")
        verbose_name_plural = _("disclosures of contact details")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user", "seen_on"],
                name="organizations_disclosure_is_one_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.organization}"
