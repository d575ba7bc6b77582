"""What workers run for the desk."""

from django.utils import timezone

from turash.desk import services


def work(*, bulk_id: int, **_: object) -> None:
    """Go on with a bulk action."""
    services.work(bulk_id)


def sweep(**_: object) -> None:
    """Take up what was left behind (scheduled every minute)."""
    services.sweep_bulk_actions(timezone.now())
