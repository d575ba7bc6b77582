"""What workers run for matching."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from matching import services


def rematch_due(**_: object) -> None:
    """Bring the matches of flows that have changed up to date."""
    services.rematch_due()


def plan_run(*, run_id: UUID, **_: object) -> None:
    """Split a matching run into partitions."""
    services.plan_run(run_id)


def work_partition(*, partition_id: int, **_: object) -> None:
    """Do one partition of a matching run."""
    services.work_partition(partition_id)


def finish_run(*, run_id: UUID, **_: object) -> None:
    """Take in what the partitions of a matching run have found."""
    services.finish_run(run_id)


def compute_clusters(*, asked_at: datetime | None = None, **_: object) -> None:
    """Compute where matches lie close together (on request, and scheduled every hour)."""
    services.compute_clusters(asked_at=asked_at)


def sweep(**_: object) -> None:
    """Take up what failed or was left behind (scheduled every minute)."""
    services.sweep_runs(timezone.now())
    services.resume_rematches()


def prune(**_: object) -> None:
    """Forget old runs and changes of lists (scheduled every day)."""
    services.prune_list_changes()
    services.prune_runs(timezone.now() - settings.EVENT_RETENTION)
