"""E-mails about events, written down in the transaction that handles the event."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.utils import translation

from turash.events.catalogue import Event
from turash.events.queue import enqueue
from turash.mail.models import Cadence, Mail

LONGEST_SUBJECT = 200
# What is said in the language that is active when it is called: subject and text.
Words = Callable[[], tuple[str, str]]


@transaction.atomic
def mail_at_once(
    event: Event, *, organization_ids: Iterable[UUID], subject_id: UUID, url: str, words: Words
) -> int:
    """
    Write an e-mail to every member of the organizations who wants to hear at once.

    Called again for the same event it writes nothing new. Returns how many were written.
    """
    key = f"{event.type}:{subject_id}:{event.occurred_at.isoformat()}"
    mails = []
    for user in _listening(organization_ids):
        with translation.override(user.language):
            subject, text = words()
        body = f"{text}\n\n{settings.SITE_URL}{url}\n"
        mails.append(mail_to(user, key, Mail.Topic.PROPOSALS, subject, body))
    return write(mails)


def _listening(organization_ids: Iterable[UUID]) -> list[Any]:
    """Active members who want to hear about proposals at once; that is the default."""
    wants = Q(mail_preference=None) | Q(mail_preference__proposals=Cadence.IMMEDIATELY)
    return list(
        get_user_model()
        .objects.filter(wants, is_active=True, organizations__in=list(organization_ids))
        .distinct()
        .order_by("pk")
    )


def mail_to(user: Any, key: str, topic: str, subject: str, body: str) -> Mail:
    """Return an e-mail that is not yet written down."""
    return Mail(
        user=user,
        key=key,
        topic=topic,
        # In a header; a name with a line break in it must not begin another one.
        subject=" ".join(subject.split())[:LONGEST_SUBJECT],
        body=body,
        language=user.language,
    )


def write(mails: list[Mail]) -> int:
    """Write e-mails down, leaving out what was written before, and have the new ones sent."""
    keys = {mail.key for mail in mails}
    there = set(
        Mail.objects.filter(key__in=keys, user__in=[mail.user_id for mail in mails]).values_list(
            "user", "key"
        )
    )
    wanted = [mail for mail in mails if (mail.user_id, mail.key) not in there]
    for mail in Mail.objects.bulk_create(wanted):
        enqueue("turash.mail.tasks.send", mail_id=mail.pk)
    return len(wanted)
