"""What webhooks do when something happened: send it on; tell who manages one that is disabled."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.dispatch import receiver
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from organizations.models import User
from organizations.querysets import MANAGING_ROLES
from turash.events.catalogue import WebhookDisabled
from turash.events.registry import handles
from turash.mail.models import Mail
from turash.mail.services.writing import mail_to, write
from turash.mail.subjects import titles_of
from turash.realtime.models import Notification
from turash.realtime.services import notify, told
from webhooks import services
from webhooks.models import Webhook


@titles_of("webhook")
def titles(webhook_ids: Iterable[UUID]) -> dict[UUID, str]:
    return {webhook.pk: str(webhook) for webhook in Webhook.objects.filter(pk__in=webhook_ids)}


@receiver(told)
def send_on(notifications: list[Notification], **_: Any) -> None:
    services.queue_deliveries(notifications)


@handles(WebhookDisabled)
def tell_that_it_is_disabled(event: WebhookDisabled) -> None:
    notify(
        event,
        organization_ids=[event.organization_id],
        kind="webhook",
        subject_id=event.webhook_id,
        url=_page_of(event),
    )


@handles(WebhookDisabled)
def mail_that_it_is_disabled(event: WebhookDisabled) -> None:
    """By e-mail to who can do something about it, unless they want none at all."""
    webhook = Webhook.objects.select_related("organization").filter(pk=event.webhook_id).first()
    if webhook is None:
        return
    managers = User.objects.filter(
        is_active=True,
        memberships__organization=webhook.organization_id,
        memberships__role__in=MANAGING_ROLES,
    )
    mails = []
    for user in managers.order_by("pk"):
        with translation.override(user.language):
            subject = _("A webhook of %s is disabled") % webhook.organization
            reason = Webhook.Reason(event.reason).label
            text = f"{subject}: {webhook.url}\n{reason}.\n\n{settings.SITE_URL}{_page_of(event)}\n"
        key = f"{event.type}:{event.webhook_id}:{event.occurred_at.isoformat()}"
        mails.append(mail_to(user, key, Mail.Topic.ALL, subject, text))
    write(mails)


def _page_of(event: WebhookDisabled) -> str:
    return reverse("webhooks:webhook-detail", args=[event.webhook_id])
