"""What people decide about webhooks: where, of what, with which secret, and whether at all."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from organizations import permissions
from organizations.models import Organization, User
from organizations.permissions import Actor
from turash.errors import DomainError, InvalidInput
from turash.locking import lock
from turash.mail.subjects import HEADLINES
from webhooks import addresses, signing
from webhooks.models import OVERLAP, Webhook
from webhooks.services.endings import disable

MOST_WEBHOOKS = 10


class TooManyWebhooks(DomainError):
    """The organization has as many webhooks as any may have."""

    code = "too_many_webhooks"


class WebhookDisabled(DomainError):
    """Nothing is sent to a webhook that is disabled."""

    code = "webhook_disabled"

    def __init__(self) -> None:
        super().__init__(_("This webhook is disabled. Enable it first."))


@transaction.atomic
def create_webhook(
    *,
    actor: User,
    organization: Organization,
    url: str,
    description: str = "",
    event_types: list[str] | None = None,
) -> tuple[Webhook, str]:
    """
    Subscribe an address to events of an organization; returns it with its secret, shown once.

    :raises PermissionDenied: the actor does not manage the organization.
    :raises InvalidInput: the address may not be reached, or a type of event is unknown.
    :raises TooManyWebhooks: the organization has to delete one first.
    """
    permissions.require(permissions.can_manage(actor, organization.pk))
    secret = signing.new_secret()
    webhook = Webhook(
        organization=organization,
        url=addresses.normalized(url),
        description=description,
        event_types=_known(event_types or []),
        secret=signing.seal(secret),
        created_by=actor,
    )
    # Two who add the last one at once are counted one after the other.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if organization.webhooks.count() >= MOST_WEBHOOKS:
        raise TooManyWebhooks(
            _("The organization has %d webhooks. Delete one first.") % MOST_WEBHOOKS
        )
    webhook.save(force_insert=True)
    return webhook, secret


@transaction.atomic
def update_webhook(*, actor: User, webhook: Webhook, **fields: Any) -> Webhook:
    """
    Change address, description or event types.

    :raises PermissionDenied: the actor does not manage the organization.
    :raises InvalidInput: the address may not be reached, or a type of event is unknown.
    """
    _hold(actor, webhook)
    if "url" in fields:
        fields["url"] = addresses.normalized(fields["url"])
    if "event_types" in fields:
        fields["event_types"] = _known(fields["event_types"])
    for name, value in fields.items():
        setattr(webhook, name, value)
    webhook.save(update_fields=list(fields))
    return webhook


@transaction.atomic
def rotate_secret(*, actor: User, webhook: Webhook, at_once: bool = False) -> str:
    """
    Give a webhook a new secret and return it, the only time.

    For `OVERLAP` what is sent has a signature by the secret of before, too; `at_once`: no more,
    because somebody else knows it.

    :raises PermissionDenied: the actor does not manage the organization.
    """
    _hold(actor, webhook)
    secret = signing.new_secret()
    webhook.previous_secret = "" if at_once else webhook.secret
    webhook.previous_until = None if at_once else timezone.now() + OVERLAP
    webhook.secret = signing.seal(secret)
    webhook.save(update_fields=["secret", "previous_secret", "previous_until"])
    return secret


@transaction.atomic
def enable_webhook(*, actor: User, webhook: Webhook) -> Webhook:
    """
    Send again from now on, as if nothing had failed; one that is active is left alone.

    :raises PermissionDenied: the actor does not manage the organization.
    """
    _hold(actor, webhook)
    if not webhook.is_active:
        webhook.status = Webhook.Status.ACTIVE
        webhook.disabled_reason, webhook.disabled_at = "", None
        webhook.failures, webhook.failing_since = 0, None
        webhook.next_attempt_at = timezone.now()
        webhook.save()
    return webhook


@transaction.atomic
def disable_webhook(*, actor: Actor, webhook: Webhook) -> Webhook:
    """
    Send nothing more, and give up what waits; one that is disabled is left alone.

    :raises PermissionDenied: the actor neither manages the organization nor is a facilitator.
    """
    lock(webhook)
    is_facilitator = isinstance(actor, User) and actor.is_facilitator
    permissions.require(is_facilitator or permissions.can_manage(actor, webhook.organization_id))
    if webhook.is_active:
        disable(webhook, Webhook.Reason.BY_HAND)
    return webhook


@transaction.atomic
def delete_webhook(*, actor: User, webhook: Webhook) -> None:
    """
    Forget a webhook, with all that it was sent.

    :raises PermissionDenied: the actor does not manage the organization.
    """
    _hold(actor, webhook)
    webhook.delete()


def secrets_in_use(webhook: Webhook, now: datetime) -> list[str]:
    """
    Return the secrets to sign with, the present one first.

    :raises LostSecret: one cannot be read any more.
    """
    sealed = [webhook.secret]
    if webhook.previous_until is not None and webhook.previous_until > now:
        sealed.append(webhook.previous_secret)
    return [signing.unseal(one) for one in sealed]


def _hold(actor: Actor, webhook: Webhook) -> None:
    permissions.require(permissions.can_manage(actor, webhook.organization_id))
    lock(webhook)


def _known(event_types: list[str]) -> list[str]:
    """Return the types once each; only those that organizations are told of make sense."""
    unknown = [one for one in event_types if one not in HEADLINES]
    if unknown:
        message = _("“%(type)s” is none of the events: %(known)s.")
        known = ", ".join(sorted(HEADLINES))
        raise InvalidInput({"event_types": [message % {"type": unknown[0][:50], "known": known}]})
    return sorted(set(event_types))
