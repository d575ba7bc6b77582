"""What workers run for imports."""

from uuid import UUID

from django.utils import timezone

from imports import services


def work(*, import_id: UUID, **_: object) -> None:
    """Go on with an import."""
    services.work(import_id)


def sweep(**_: object) -> None:
    """Take up what was left behind (scheduled every minute)."""
    services.sweep_imports(timezone.now())


def prune(**_: object) -> None:
    """Forget what is long over (scheduled every day)."""
    services.prune_imports(timezone.now())
