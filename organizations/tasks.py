"""What workers do for organizations."""

from django.utils import timezone

from organizations import quality, services


def end_overdue_acting() -> None:
    """Each minute: nobody acts for others for longer than allowed."""
    services.end_overdue_acting(now=timezone.now())


def drop_old_drafts() -> None:
    """Each day: forget drafts that nobody has gone on with for long."""
    services.drop_old_drafts(now=timezone.now())


def find_quality() -> None:
    """Once a day, and when a facilitator asks: what seems wrong with flows and sites."""
    quality.scan(timezone.now())
