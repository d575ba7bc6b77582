"""What workers run for proposals."""

from django.utils import timezone

from proposals import services


def expire_overdue(**_: object) -> int:
    """Let proposals expire whose time is over (scheduled every minute)."""
    return services.expire_overdue(now=timezone.now())


def remind_expiring(**_: object) -> int:
    """Remind of proposals that are about to expire (scheduled every ten minutes)."""
    return services.remind_expiring(now=timezone.now())


def remove_orphans(**_: object) -> int:
    """Delete files of which no row knows (scheduled every day)."""
    return services.remove_orphans(timezone.now())
