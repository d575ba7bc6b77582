"""The only writers of webhooks and of what they are sent."""

from webhooks.services.deliveries import prune_deliveries, queue_deliveries, replay, send_test
from webhooks.services.endings import disable
from webhooks.services.sending import MAX_TRIES, PAUSES, send_due
from webhooks.services.subscriptions import (
    MOST_WEBHOOKS,
    TooManyWebhooks,
    WebhookDisabled,
    create_webhook,
    delete_webhook,
    disable_webhook,
    enable_webhook,
    rotate_secret,
    update_webhook,
)

__all__ = [
    "MAX_TRIES",
    "MOST_WEBHOOKS",
    "PAUSES",
    "TooManyWebhooks",
    "WebhookDisabled",
    "create_webhook",
    "delete_webhook",
    "disable",
    "disable_webhook",
    "enable_webhook",
    "prune_deliveries",
    "queue_deliveries",
    "replay",
    "rotate_secret",
    "send_due",
    "send_test",
    "update_webhook",
]
