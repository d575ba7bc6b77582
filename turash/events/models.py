"""The outbox: every event that happened, and how far each handler has got with it."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from turash.events.querysets import DomainEventQuerySet, EventDeliveryQuerySet, PayloadValues

LONGEST_REASON = 500


class DomainEvent(models.Model):
    """One thing that happened, written in the transaction that made it happen."""

    type = models.CharField(_("type"), max_length=50)
    version = models.PositiveSmallIntegerField(_("version of the payload"), default=1)
    payload = models.JSONField(_("payload"))
    occurred_at = models.DateTimeField(_("occurred at"))

    objects = DomainEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("domain event")
        verbose_name_plural = _("domain events")
        indexes = [
            models.Index(fields=["type", "-id"], name="events_event_type"),
            models.Index(fields=["occurred_at"], name="events_event_occurred"),
            GinIndex(
                OpClass(PayloadValues("payload"), "jsonb_path_ops"), name="events_event_about"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} #{self.pk}"


class EventDelivery(models.Model):
    """
    One handler's work on one event: it is done exactly once, or it is a dead letter.

    `next_attempt_at` is when a worker may take it; while one works on it, when its lease ends.
    A dead letter that somebody discards stays one, with the reason.
    """

    event = models.ForeignKey(DomainEvent, models.CASCADE, related_name="deliveries")
    handler = models.CharField(_("handler"), max_length=150)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"), default=timezone.now)
    last_error = models.TextField(_("last error"), blank=True)
    duration_ms = models.FloatField(_("duration [ms]"), null=True, blank=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    dead_at = models.DateTimeField(_("given up at"), null=True, blank=True)
    discarded_at = models.DateTimeField(_("discarded at"), null=True, blank=True)
    discarded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        # Nearly all are null: the partial index below costs them nothing.
        db_index=False,
        verbose_name=_("discarded by"),
    )
    discard_reason = models.CharField(
        _("reason"), max_length=LONGEST_REASON, blank=True, default="", db_default=""
    )

    objects = EventDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("event delivery")
        verbose_name_plural = _("event deliveries")
        constraints = [
            models.UniqueConstraint(
                fields=["event", "handler"], name="events_delivery_is_unique_per_handler"
            ),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(dead_at=None),
                name="events_delivery_is_done_or_dead_not_both",
            ),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(attempts__gt=0),
                name="events_delivery_is_done_by_an_attempt",
            ),
            models.CheckConstraint(
                condition=Q(discarded_at=None, discarded_by=None, discard_reason="")
                | (Q(discarded_at__isnull=False, dead_at__isnull=False) & ~Q(discard_reason="")),
                name="events_delivery_is_discarded_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                F("next_attempt_at"),
                F("id"),
                condition=Q(done_at=None, dead_at=None),
                name="events_delivery_due",
            ),
            models.Index(
                fields=["-dead_at"], condition=~Q(dead_at=None), name="events_delivery_dead"
            ),
            models.Index(
                fields=["discarded_by"],
                condition=~Q(discarded_by=None),
                name="events_delivery_discarder",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.handler} ← #{self.event_id}"
