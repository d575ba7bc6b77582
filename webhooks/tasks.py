"""What workers run for webhooks."""

from django.conf import settings
from django.utils import timezone

from turash.events.queue import enqueue
from webhooks import services
from webhooks.services.deliveries import PRUNE_LIMIT


def send(**_: object) -> None:
    """Send what is due (also scheduled every minute, for what failed or was left behind)."""
    services.send_due()


def prune(**_: object) -> None:
    """Forget old deliveries (scheduled every day); goes on in another task if there are many."""
    if services.prune_deliveries(timezone.now() - settings.EVENT_RETENTION) == PRUNE_LIMIT:
        enqueue("webhooks.tasks.prune")
