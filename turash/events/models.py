"""The outbox: every event that happened, and how far each handler has got with it."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from turash.events.querysets import EventDeliveryQuerySet


class DomainEvent(models.Model):
    """One thing that happened, written in the transaction that made it happen."""

    type = models.CharField(_("type"), max_length=50)
    version = models.PositiveSmallIntegerField(_("version of the payload"), default=1)
    payload = models.JSONField(_("payload"))
    occurred_at = models.DateTimeField(_("occurred at"))

    class Meta:
        verbose_name = _("domain event")
        verbose_name_plural = _("domain events")
        indexes = [
            models.Index(fields=["type", "-id"], name="events_event_type"),
            models.Index(fields=["occurred_at"], name="events_event_occurred"),
        ]

    def __str__(self) -> str:
        return f"{self.type} #{self.pk}"


class EventDelivery(models.Model):
    """
    One handler's work on one event: it is done exactly once, or it is a dead letter.

    `next_attempt_at` is when a worker may take it; while one works on it, when its lease ends.
    """

    event = models.ForeignKey(DomainEvent, models.CASCADE, related_name="deliveries")
    handler = models.CharField(_("handler"), max_length=150)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"), default=timezone.now)
    last_error = models.TextField(_("last error"), blank=True)
    duration_ms = models.FloatField(_("duration [ms]"), null=True, blank=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    dead_at = models.DateTimeField(_("given up at"), null=True, blank=True)

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
        ]

    def __str__(self) -> str:
        return f"{self.handler} ← #{self.event_id}"
