"""What users want to hear by e-mail."""

from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction

from turash.mail.models import Cadence, Mail, MailPreference


def preference_of(user: Any) -> MailPreference:
    """Return what the user wants; an unsaved row of defaults where nothing was ever said."""
    return MailPreference.objects.filter(user=user).first() or MailPreference(user=user)


@transaction.atomic
def set_preference(
    user: Any,
    *,
    proposals: str | None = None,
    matches: str | None = None,
    language: str | None = None,
) -> MailPreference:
    """
    Change what a user wants to hear, and in which language; None leaves it as it is.

    :raises ValidationError: a choice is unknown.
    """
    preference = hold(user)
    if proposals is not None:
        preference.proposals = proposals
    if matches is not None:
        preference.matches = matches
    preference.full_clean()
    preference.save()
    if language is not None:
        set_language(user, language)
    return preference


def hold(user: Any) -> MailPreference:
    """Return what the user wants, which nobody else changes until the transaction ends."""
    return MailPreference.objects.select_for_update().get_or_create(user=user)[0]


def set_language(user: Any, language: str) -> None:
    """
    Remember the language in which a user reads.

    :raises ValidationError: Turash does not speak it.
    """
    user.language = language
    try:
        user.clean_fields(exclude=[f.name for f in user._meta.fields if f.name != "language"])
    except ValidationError:
        user.refresh_from_db(fields=["language"])
        raise
    user.save(update_fields=["language"])


def unsubscribe(user_id: UUID, topic: str) -> bool:
    """End a user's e-mails about a topic; returns whether there is such a user."""
    user = get_user_model().objects.filter(pk=user_id).first()
    if user is None:
        return False
    both = topic == Mail.Topic.ALL
    set_preference(
        user,
        proposals=Cadence.NONE if both or topic == Mail.Topic.PROPOSALS else None,
        matches=Cadence.NONE if both or topic == Mail.Topic.MATCHES else None,
    )
    return True
