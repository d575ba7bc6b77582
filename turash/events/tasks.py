"""What workers run for events."""

from collections.abc import Sequence

from turash.events import dispatch as dispatching
from turash.events import sweeper


def dispatch(*, event_ids: Sequence[int], **_: object) -> None:
    """Deliver events."""
    dispatching.deliver(event_ids)


def sweep(**_: object) -> int:
    """Hand out again what failed or was left behind (scheduled every minute)."""
    return sweeper.sweep()


def prune(**_: object) -> int:
    """Forget old events (scheduled every day)."""
    return sweeper.prune()
