"""What workers run for notifications."""

from django.conf import settings
from django.utils import timezone

from turash.events.queue import enqueue
from turash.realtime import services


def prune(**_: object) -> None:
    """Forget old notifications (scheduled every day); goes on in another task if there are many."""
    count = services.prune_notifications(timezone.now() - settings.EVENT_RETENTION)
    if count == services.PRUNE_LIMIT:
        enqueue("turash.realtime.tasks.prune")
