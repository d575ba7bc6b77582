"""What workers run for matching."""

from uuid import UUID

from matching import services


def rematch_flow(*, flow_id: UUID, **_: object) -> None:
    """Bring the matches of one flow up to date."""
    services.rematch_flow(flow_id=flow_id)


def execute_run(*, run_id: UUID, **_: object) -> None:
    """Do the work of a matching run."""
    services.execute_run(run_id)
