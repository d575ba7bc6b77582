"""What workers run for callers."""

from django.utils import timezone

from turash.callers import services
from turash.events.queue import enqueue


def prune(**_: object) -> None:
    """Forget old answers (scheduled every hour); goes on in another task if there are many."""
    if services.prune_answers(timezone.now()) == services.PRUNE_LIMIT:
        enqueue("turash.callers.tasks.prune")
