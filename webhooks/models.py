"""Webhooks, what they are sent, and how each attempt went."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organizations.ids import new_id
from organizations.models import Organization
from webhooks.addresses import LONGEST_URL
from webhooks.querysets import WebhookDeliveryQuerySet, WebhookQuerySet

MOST_TYPES = 50
# How long the secret of before is used beside a new one.
OVERLAP = timedelta(hours=24)
TEST_TYPE = "webhook_test"


class Webhook(models.Model):
    """
    An address at which an organization wants to hear of events.

    `failures` are those since the last success, the first of them at `failing_since`; meanwhile
    nothing is sent before `next_attempt_at`, whatever waits. Secrets are sealed (`signing`).
    """

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        DISABLED = "disabled", _("Disabled")

    class Reason(models.TextChoices):
        BY_HAND = "by_hand", _("Somebody has disabled it")
        FAILING = "failing", _("It has failed for too long")
        GONE = "gone", _("It has answered that it is gone (410)")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="webhooks", verbose_name=_("organization")
    )
    url = models.CharField(_("address"), max_length=LONGEST_URL)
    description = models.CharField(_("description"), max_length=200, blank=True)
    event_types = ArrayField(
        models.CharField(max_length=50),
        verbose_name=_("events"),
        default=list,
        blank=True,
        size=MOST_TYPES,
        help_text=_("None: all of them."),
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.ACTIVE
    )
    disabled_reason = models.CharField(
        _("why it is disabled"), max_length=10, choices=Reason.choices, blank=True
    )
    disabled_at = models.DateTimeField(_("disabled at"), null=True, blank=True)
    secret = models.TextField(editable=False)
    previous_secret = models.TextField(blank=True, editable=False)
    previous_until = models.DateTimeField(
        _("the secret of before is used until"), null=True, blank=True
    )
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    next_attempt_at = models.DateTimeField(_("nothing is sent before"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(url__regex=r"^https?://."), name="webhooks_webhook_url_is_of_the_web"
            ),
            models.CheckConstraint(
                condition=~Q(secret="")
                & (
                    Q(previous_secret="", previous_until=None)
                    | (~Q(previous_secret="") & Q(previous_until__isnull=False))
                ),
                name="webhooks_webhook_has_a_secret",
            ),
            models.CheckConstraint(
                condition=Q(status="active", disabled_reason="", disabled_at=None)
                | Q(
                    status="disabled",
                    disabled_reason__in=["by_hand", "failing", "gone"],
                    disabled_at__isnull=False,
                ),
                name="webhooks_webhook_is_disabled_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(failures=0, failing_since=None)
                | Q(failures__gt=0, failing_since__isnull=False),
                name="webhooks_webhook_fails_since_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.description or self.url

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE


class WebhookDelivery(models.Model):
    """
    One event for one webhook; its id is the `webhook-id`, with every attempt and replay.

    `tries` are the attempts since it was made or replayed. An attempt is counted when it begins;
    while one is under way `next_attempt_at` is when somebody else may make another.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Given up")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    webhook = models.ForeignKey(
        Webhook, models.CASCADE, related_name="deliveries", verbose_name=_("webhook")
    )
    type = models.CharField(_("type"), max_length=50)
    # No key: notifications are forgotten by themselves.
    notification_id = models.BigIntegerField(_("notification"), null=True, blank=True)
    body = models.TextField(_("what is sent"))
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.WAITING
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    tries = models.PositiveSmallIntegerField(_("attempts since the last replay"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"), default=timezone.now)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery to a webhook")
        verbose_name_plural = _("deliveries to webhooks")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["webhook", "notification_id"], name="webhooks_delivery_is_made_once"
            ),
            models.CheckConstraint(
                condition=Q(status="waiting", settled_at=None)
                | Q(status__in=["delivered", "failed"], settled_at__isnull=False),
                name="webhooks_delivery_is_settled_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(tries__lte=F("attempts")), name="webhooks_delivery_tries_are_attempts"
            ),
            models.CheckConstraint(
                condition=Q(type=TEST_TYPE, notification_id=None)
                | (~Q(type=TEST_TYPE) & Q(notification_id__isnull=False)),
                name="webhooks_delivery_is_of_a_notification",
            ),
        ]
        indexes = [
            models.Index(
                fields=["webhook", "next_attempt_at"],
                condition=Q(status="waiting"),
                name="webhooks_delivery_due",
            ),
            models.Index(fields=["webhook", "-created_at"], name="webhooks_delivery_log"),
            models.Index(fields=["created_at"], name="webhooks_delivery_created"),
        ]

    def __str__(self) -> str:
        return f"{self.type} → {self.webhook_id}"

    @property
    def is_waiting(self) -> bool:
        return self.status == self.Status.WAITING

    @property
    def is_test(self) -> bool:
        return self.type == TEST_TYPE


class WebhookAttempt(models.Model):
    """How one attempt went; of one whose worker died there is none."""

    delivery = models.ForeignKey(
        WebhookDelivery, models.CASCADE, related_name="log", verbose_name=_("delivery")
    )
    number = models.PositiveIntegerField(_("attempt"))
    ended_at = models.DateTimeField(_("ended at"), default=timezone.now)
    duration_ms = models.FloatField(_("duration [ms]"))
    status_code = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    response = models.TextField(_("beginning of the answer"), blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "number"], name="webhooks_attempt_has_a_number"
            ),
            models.CheckConstraint(
                condition=Q(duration_ms__gte=0), name="webhooks_attempt_takes_time"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number}: {self.status_code or self.error}"
