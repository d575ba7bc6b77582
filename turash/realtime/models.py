"""What an organization has been told, and how far its members have read it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from turash.realtime.querysets import NotificationQuerySet, ReadMarkQuerySet


class Notification(models.Model):
    """
    One event that concerns one organization.

    Ids grow in the order in which rows become visible, so "everything after id N" has no gap.
    """

    organization = models.ForeignKey(
        "organizations.Organization",
        models.CASCADE,
        related_name="notifications",
        verbose_name=_("organization"),
    )
    type = models.CharField(_("type"), max_length=50)
    occurred_at = models.DateTimeField(_("occurred at"))
    subject_kind = models.CharField(_("kind of subject"), max_length=30)
    subject_id = models.UUIDField(_("id of the subject"))
    subject_url = models.CharField(_("page of the subject"), max_length=200)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["id"]
        indexes = [models.Index(fields=["organization", "id"], name="realtime_of_organization")]

    def __str__(self) -> str:
        return f"{self.type} #{self.pk}"

    def as_message(self) -> dict[str, object]:
        """The message a browser or the API gets."""
        return {
            "id": self.pk,
            "type": self.type,
            "occurred_at": self.occurred_at.isoformat().replace("+00:00", "Z"),
            "organization_id": str(self.organization_id),
            "subject": {
                "kind": self.subject_kind,
                "id": str(self.subject_id),
                "url": self.subject_url,
            },
        }


class ReadMark(models.Model):
    """
    How far a user has read: everything up to this notification; without a row nothing.

    And how far a user has looked: a visit goes on as long as the next look follows within half an
    hour; news of a visit are what came after the last look of the visit before.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="+",
        verbose_name=_("user"),
    )
    notification_id = models.BigIntegerField(_("read up to"), default=0)
    news_after = models.BigIntegerField(_("news of this visit come after"), null=True, blank=True)
    seen_to = models.BigIntegerField(_("newest at the last look"), null=True, blank=True)
    looked_at = models.DateTimeField(_("last look at"), null=True, blank=True)

    objects = ReadMarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("read mark")
        verbose_name_plural = _("read marks")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(notification_id__gte=0), name="realtime_readmark_is_an_id"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    news_after__isnull=True, seen_to__isnull=True, looked_at__isnull=True
                )
                | models.Q(
                    news_after__isnull=False,
                    news_after__gte=0,
                    seen_to__isnull=False,
                    seen_to__gte=models.F("news_after"),
                    looked_at__isnull=False,
                ),
                name="realtime_readmark_looks_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.notification_id}"
