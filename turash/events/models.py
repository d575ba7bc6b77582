"""The outbox: every event that happened, and how far each handler has got with it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from turash.events.querysets import EventDeliveryQuerySet


class DomainEvent(models.Model):
    """One thing that happened, written in the transaction that made it happen."""

    type = models.CharField(_("type"), max_length=50)
    payload = models.JSONField(_("payload"))
    occurred_at = models.DateTimeField(_("occurred at"))

    class Meta:
        verbose_name = _("domain event")
        verbose_name_plural = _("domain events")
        indexes = [models.Index(fields=["type", "-id"], name="events_event_type")]

    def __str__(self) -> str:
        return f"{self.type} #{self.pk}"


class EventDelivery(models.Model):
    """One handler's work on one event: it is done exactly once, or it is a dead letter."""

    event = models.ForeignKey(DomainEvent, models.CASCADE, related_name="deliveries")
    handler = models.CharField(_("handler"), max_length=150)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"))
    last_error = models.TextField(_("last error"), blank=True)
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
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(done_at=None, dead_at=None),
                name="events_delivery_due",
            ),
            models.Index(
                fields=["-dead_at"], condition=~Q(dead_at=None), name="events_delivery_dead"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.handler} ← #{self.event_id}"
