"""What workers run for events."""

from collections.abc import Sequence

from django.utils import timezone

from turash.events import dispatch as dispatching


def dispatch(*, event_ids: Sequence[int], **_: object) -> None:
    """Deliver events in the order in which they happened."""
    for event_id in sorted(event_ids):
        dispatching.deliver(event_id)


def sweep(**_: object) -> int:
    """Enqueue again what failed or was left behind (scheduled every minute)."""
    return dispatching.sweep(timezone.now())
