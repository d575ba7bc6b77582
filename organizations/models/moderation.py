"""What facilitators do to organizations: act for one, and merge two."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organizations.ids import new_id
from organizations.models.organization import Organization

LONGEST_ACTING = timedelta(hours=2)


class Acting(models.Model):
    """
    A facilitator acts for an organization, for a stated reason and a limited time.

    While it is open, a membership of the facilitator that belongs to it gives the rights of a
    manager; it ends when that membership goes, which a trigger sees to. What is changed meanwhile
    by the facilitator carries its id in the history.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="actings", verbose_name=_("organization")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="actings",
        verbose_name=_("facilitator"),
    )
    reason = models.CharField(_("reason"), max_length=500)
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    expires_at = models.DateTimeField(_("ends by itself at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("acting for an organization")
        verbose_name_plural = _("acting for organizations")
        ordering = ["-started_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(ended_at=None),
                name="organizations_acting_for_one_at_a_time",
                violation_error_message=_("You act for an organization already; end that first."),
            ),
            models.CheckConstraint(
                condition=~Q(reason=""), name="organizations_acting_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(
                    expires_at__gt=F("started_at"),
                    expires_at__lte=F("started_at") + LONGEST_ACTING,
                ),
                name="organizations_acting_is_short",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="organizations_acting_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.organization}"


class OrganizationMerge(models.Model):
    """A duplicate was merged into another organization; its id and short name lead there."""

    merged_id = models.UUIDField(_("id of the duplicate"), primary_key=True)
    name = models.CharField(_("name of the duplicate"), max_length=200)
    slug = models.CharField(_("short name of the duplicate"), max_length=80)
    into = models.ForeignKey(
        Organization, models.CASCADE, related_name="merges", verbose_name=_("merged into")
    )
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("merged by"),
    )
    merged_at = models.DateTimeField(_("merged at"), default=timezone.now)
    # Table and column → how many rows now refer to the organization that stays.
    moved = models.JSONField(_("references moved"), default=dict)

    class Meta:
        verbose_name = _("merge of organizations")
        verbose_name_plural = _("merges of organizations")
        ordering = ["-merged_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(merged_id=F("into")),
                name="organizations_merge_is_of_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} → {self.into}"
