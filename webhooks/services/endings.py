"""How a webhook ends for now: no more is sent, and what waits is given up."""

from django.utils import timezone

from webhooks.models import Webhook, WebhookDelivery


def disable(webhook: Webhook, reason: Webhook.Reason) -> None:
    """Disable an active webhook, whose row the caller has locked; replays are for a person."""
    now = timezone.now()
    webhook.status = Webhook.Status.DISABLED
    webhook.disabled_reason = reason
    webhook.disabled_at = now
    webhook.save(update_fields=["status", "disabled_reason", "disabled_at"])
    webhook.deliveries.waiting().update(status=WebhookDelivery.Status.FAILED, settled_at=now)
