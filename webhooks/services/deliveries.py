"""What is to be sent: made of notifications, by the test button, or once more by a person."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from organizations import permissions
from organizations.models import User
from turash import rate_limits
from turash.events.queue import enqueue
from turash.locking import lock
from turash.realtime.models import Notification
from webhooks.models import TEST_TYPE, Webhook, WebhookDelivery
from webhooks.services.subscriptions import WebhookDisabled

TESTS = rate_limits.Limit("webhook_test", burst=10, refill=timedelta(minutes=1))
REPLAYS = rate_limits.Limit("webhook_replay", burst=100, refill=timedelta(seconds=5))
PRUNE_LIMIT = 10_000


@transaction.atomic
def queue_deliveries(notifications: Iterable[Notification]) -> int:
    """
    Have notifications of one event sent to the webhooks that want them; returns how many.

    Called in the transaction that tells the organizations: what is told is sent, and nothing else.
    """
    told = {one.organization_id: one for one in notifications}
    event_type = next(iter(told.values())).type
    webhooks = Webhook.objects.active().wanting(event_type).filter(organization__in=told)
    made = [
        WebhookDelivery(
            webhook_id=key,
            type=event_type,
            notification_id=told[organization_id].pk,
            body=_as_text(told[organization_id].as_message()),
        )
        for key, organization_id in webhooks.values_list("pk", "organization")
    ]
    if made:
        WebhookDelivery.objects.bulk_create(made)
        enqueue("webhooks.tasks.send")
    return len(made)


@transaction.atomic
def send_test(*, actor: User, webhook: Webhook) -> WebhookDelivery:
    """
    Send a webhook something that has not happened; tried once.

    :raises PermissionDenied: the actor does not manage the organization.
    :raises WebhookDisabled: nothing is sent to it.
    :raises TooManyRequests: ten at once, and one more a minute.
    """
    permissions.require(permissions.can_manage(actor, webhook.organization_id))
    _hold_active(webhook)
    rate_limits.spend(TESTS, webhook.pk)
    now = timezone.now()
    message = {
        "id": None,
        "type": TEST_TYPE,
        "occurred_at": now.isoformat().replace("+00:00", "Z"),
        "organization_id": str(webhook.organization_id),
        "subject": {
            "kind": "webhook",
            "id": str(webhook.pk),
            "url": reverse("webhooks:webhook-detail", args=[webhook.pk]),
        },
    }
    delivery = WebhookDelivery.objects.create(
        webhook=webhook, type=TEST_TYPE, body=_as_text(message)
    )
    _send_now(webhook)
    return delivery


@transaction.atomic
def replay(*, actor: User, delivery: WebhookDelivery) -> WebhookDelivery:
    """
    Send a delivery now, however it ended, with the same id and body and a fresh set of attempts.

    :raises PermissionDenied: the actor neither manages the organization nor is a facilitator.
    :raises WebhookDisabled: nothing is sent to it.
    :raises TooManyRequests: a hundred at once, and one more every five seconds.
    """
    webhook = delivery.webhook
    permissions.require(
        actor.is_facilitator or permissions.can_manage(actor, webhook.organization_id)
    )
    _hold_active(webhook)
    rate_limits.spend(REPLAYS, webhook.pk)
    lock(delivery)
    now = timezone.now()
    # What is being sent at this moment ends as it ends, and may be sent again then.
    is_under_way = (
        delivery.is_waiting
        and delivery.attempts > 0
        and delivery.next_attempt_at > now
        and not delivery.log.filter(number=delivery.attempts).exists()
    )
    delivery.status = WebhookDelivery.Status.WAITING
    delivery.settled_at = None
    delivery.tries = 0
    if not is_under_way:
        delivery.next_attempt_at = now
    delivery.save(update_fields=["status", "settled_at", "tries", "next_attempt_at"])
    _send_now(webhook)
    return delivery


def prune_deliveries(before: datetime) -> int:
    """Forget what was sent before, `PRUNE_LIMIT` at a time; returns how many."""
    old = WebhookDelivery.objects.filter(created_at__lt=before).order_by("created_at")
    keys = list(old.values_list("pk", flat=True)[:PRUNE_LIMIT])
    WebhookDelivery.objects.filter(pk__in=keys).delete()
    return len(keys)


def _hold_active(webhook: Webhook) -> None:
    lock(webhook)
    if not webhook.is_active:
        raise WebhookDisabled


def _send_now(webhook: Webhook) -> None:
    """Who asks for it need not wait because of what has failed before."""
    webhook.next_attempt_at = timezone.now()
    webhook.save(update_fields=["next_attempt_at"])
    enqueue("webhooks.tasks.send")


def _as_text(message: Mapping[str, object]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))
