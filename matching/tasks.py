"""What workers run for matching."""

from uuid import UUID

from matching import services


def rematch_due(**_: object) -> None:
    """Bring the matches of flows that have changed up to date."""
    services.rematch_due()


def sweep(**_: object) -> None:
    """Take up what failed or was left behind (scheduled every minute)."""
    services.resume_rematches()


def execute_run(*, run_id: UUID, **_: object) -> None:
    """Do the work of a matching run."""
    services.execute_run(run_id)
