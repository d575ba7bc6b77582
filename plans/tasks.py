"""What workers run for plans."""

from uuid import UUID

from django.conf import settings
from django.utils import timezone

from plans import services


def plan_parts(*, plan_id: UUID, **_: object) -> None:
    """Read what a plan chooses from."""
    services.plan_parts(plan_id)


def work_part(*, part_id: int, **_: object) -> None:
    """Solve a part of a plan."""
    services.work_part(part_id)


def sweep(**_: object) -> None:
    """Take up what was left behind (scheduled every minute)."""
    services.sweep_plans(timezone.now())


def prune(**_: object) -> None:
    """Forget what came to nothing (scheduled every day)."""
    services.prune_plans(timezone.now() - settings.EVENT_RETENTION)
