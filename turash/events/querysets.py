"""Reads of the outbox."""

from datetime import datetime
from typing import Self
from uuid import UUID

from django.db import models


class PayloadValues(models.Func):
    """The values of a payload as an array: its index finds an id, whichever field holds it."""

    template = "jsonb_path_query_array(%(expressions)s, '$.*')"
    output_field = models.JSONField()


class DomainEventQuerySet(models.QuerySet):
    def about(self, subject_id: UUID) -> Self:
        """Events that name the record in any field of their payload."""
        return self.alias(payload_values=PayloadValues("payload")).filter(
            payload_values__contains=[str(subject_id)]
        )


class EventDeliveryQuerySet(models.QuerySet):
    def open(self) -> Self:
        """Deliveries that are neither done nor given up."""
        return self.filter(done_at=None, dead_at=None)

    def due(self, now: datetime) -> Self:
        """Open deliveries that a worker may take at `now`."""
        return self.open().filter(next_attempt_at__lte=now)

    def dead(self) -> Self:
        """Dead letters: given up after the last attempt, and nobody has decided about them."""
        return self.filter(dead_at__isnull=False, discarded_at=None)

    def discarded(self) -> Self:
        """Dead letters of which somebody has said that they need not be delivered."""
        return self.exclude(discarded_at=None)

    def of_kind(self, handler: str | None, event_type: str | None) -> Self:
        """Deliveries to a handler, of events of a type; None: of all."""
        result = self
        if handler is not None:
            result = result.filter(handler=handler)
        if event_type is not None:
            result = result.filter(event__type=event_type)
        return result
