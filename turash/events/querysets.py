"""Reads of the outbox."""

from datetime import datetime
from typing import Self

from django.db import models


class EventDeliveryQuerySet(models.QuerySet):
    def open(self) -> Self:
        """Deliveries that are neither done nor given up."""
        return self.filter(done_at=None, dead_at=None)

    def due(self, now: datetime) -> Self:
        """Open deliveries that a worker may take at `now`."""
        return self.open().filter(next_attempt_at__lte=now)

    def dead(self) -> Self:
        """Dead letters: given up after the last attempt."""
        return self.exclude(dead_at=None)

    def of_kind(self, handler: str | None, event_type: str | None) -> Self:
        """Deliveries to a handler, of events of a type; None: of all."""
        result = self
        if handler is not None:
            result = result.filter(handler=handler)
        if event_type is not None:
            result = result.filter(event__type=event_type)
        return result
