"""What seems wrong with the region's records, and what people have said to it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organizations.models.flow import ResourceFlow
from organizations.models.organization import Organization
from organizations.models.site import Site
from organizations.querysets import QualityFindingQuerySet

LONGEST_NOTE = 500


class QualityFinding(models.Model):
    """
    A flow or a site that seems wrong for one reason; `figures` are what was compared.

    Computed for all of the region at once (`organizations.quality`). Whoever says that it is right
    dismisses it, until the record is changed: `subject_updated_at` is the state that was looked at.
    """

    class Kind(models.TextChoices):
        IMPOSSIBLE = "impossible", _("More than any site has")
        UNUSUAL = "unusual", _("Far from others like it")
        INCOMPLETE = "incomplete", _("Incomplete")
        STALE = "stale", _("Not looked after")
        REPEATED = "repeated", _("Declared twice")
        NOWHERE = "nowhere", _("At 0°, 0°")
        FAR_AWAY = "far_away", _("Far from its city")

    class Severity(models.IntegerChoices):
        HINT = 1, _("Hint")
        WARNING = 2, _("Warning")
        ERROR = 3, _("Error")

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        DISMISSED = "dismissed", _("Is right")
        SETTLED = "settled", _("No longer found")

    OF_SITES: ClassVar[tuple[str, ...]] = (Kind.NOWHERE, Kind.FAR_AWAY)

    kind = models.CharField(_("reason"), max_length=10, choices=Kind.choices)
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity.choices)
    organization = models.ForeignKey(
        Organization,
        models.CASCADE,
        related_name="quality_findings",
        verbose_name=_("organization"),
    )
    flow = models.ForeignKey(
        ResourceFlow,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="quality_findings",
        verbose_name=_("resource flow"),
    )
    site = models.ForeignKey(
        Site,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="quality_findings",
        verbose_name=_("site"),
    )
    figures = models.JSONField(_("what was compared"), default=dict)
    subject_updated_at = models.DateTimeField(_("state of the record"))
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.OPEN
    )
    found_at = models.DateTimeField(_("found at"), default=timezone.now)
    seen_at = models.DateTimeField(_("last found at"), default=timezone.now)
    asked_at = models.DateTimeField(_("owner asked at"), null=True, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked by"),
    )
    dismissed_at = models.DateTimeField(_("dismissed at"), null=True, blank=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("dismissed by"),
    )
    note = models.CharField(_("note"), max_length=LONGEST_NOTE, blank=True)

    objects = QualityFindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("finding about data quality")
        verbose_name_plural = _("findings about data quality")
        ordering = ["-severity", "-pk"]
        constraints = [
            # Of a kind there is one for each flow or site; the other column is null.
            models.UniqueConstraint(
                fields=["kind", "flow"], name="organizations_finding_is_unique_per_flow"
            ),
            models.UniqueConstraint(
                fields=["kind", "site"], name="organizations_finding_is_unique_per_site"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["nowhere", "far_away"], flow=None, site__isnull=False)
                | Q(
                    kind__in=["impossible", "unusual", "incomplete", "stale", "repeated"],
                    site=None,
                    flow__isnull=False,
                ),
                name="organizations_finding_is_about_one_record",
            ),
            models.CheckConstraint(
                condition=Q(severity__gte=1, severity__lte=3),
                name="organizations_finding_severity_is_known",
            ),
            models.CheckConstraint(
                condition=Q(status="dismissed", dismissed_at__isnull=False)
                | Q(status__in=["open", "settled"], dismissed_at=None, note=""),
                name="organizations_finding_is_dismissed_at_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-severity", "-id"],
                condition=Q(status="open"),
                name="organizations_finding_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.get_kind_display()}"

    @property
    def subject(self) -> ResourceFlow | Site:
        return self.flow or self.site  # type: ignore[return-value]  # a constraint sees to one


class FlowConfirmation(models.Model):
    """Somebody of the organization has said that a flow is right as it stands."""

    flow = models.OneToOneField(
        ResourceFlow,
        models.CASCADE,
        primary_key=True,
        related_name="confirmation",
        verbose_name=_("resource flow"),
    )
    confirmed_at = models.DateTimeField(_("confirmed at"), default=timezone.now)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("confirmed by"),
    )

    class Meta:
        verbose_name = _("confirmation of a flow")
        verbose_name_plural = _("confirmations of flows")

    def __str__(self) -> str:
        return str(self.flow)
