"""Links that end e-mails without signing in: a signed token says whose and about what."""

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

from turash.mail.models import Mail

_SALT = "turash.mail.unsubscribe"


class BadToken(ValueError):
    """The token was not made here, or has been changed on its way."""


def token_for(user_id: UUID, topic: str) -> str:
    """Return a token that works for ever: people unsubscribe from old e-mails, too."""
    return signing.dumps([str(user_id), topic], salt=_SALT)


def read(token: str) -> tuple[UUID, str]:
    """
    Return whose e-mails about what topic a token ends.

    :raises BadToken: it is not one of ours.
    """
    try:
        user_id, topic = signing.loads(token, salt=_SALT)
    except signing.BadSignature as error:
        raise BadToken from error
    if topic not in Mail.Topic.values:
        raise BadToken
    return UUID(user_id), topic


def link_for(user_id: UUID, topic: str) -> str:
    """Return the address that ends a user's e-mails about a topic."""
    return settings.SITE_URL + reverse("unsubscribe", args=[token_for(user_id, topic)])
