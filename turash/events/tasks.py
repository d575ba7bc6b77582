"""What workers run for events."""

from collections.abc import Sequence

from turash.events import dispatch as dispatching
from turash.events import sweeper
from turash.events.queue import enqueue


def dispatch(*, event_ids: Sequence[int], **_: object) -> None:
    """Deliver events."""
    dispatching.deliver(event_ids)


def sweep(**_: object) -> int:
    """Hand out again what failed or was left behind (scheduled every minute)."""
    return sweeper.sweep()


def prune(**_: object) -> None:
    """Forget old events (scheduled every day); goes on in another task if there are many."""
    if sweeper.prune() == sweeper.PRUNE_LIMIT:
        enqueue("turash.events.tasks.prune")
