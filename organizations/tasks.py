"""What workers do for organizations."""

from django.utils import timezone

from organizations import services


def end_overdue_acting() -> None:
    """Each minute: nobody acts for others for longer than allowed."""
    services.end_overdue_acting(now=timezone.now())
