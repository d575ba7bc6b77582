"""
Handing e-mails to the mail server: each once, as far as that can be known.

An attempt is noted before it is made. A refusal is tried again later; if nobody knows how an
attempt has ended (the worker died, the connection broke after the text was sent), the e-mail is
`uncertain`, and only a person sends it again. Its Message-ID stays the same.
"""

import logging
import smtplib
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from turash.events.queue import enqueue
from turash.mail import unsubscribing
from turash.mail.models import Cadence, Mail
from turash.mail.services.preferences import preference_of

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 6
FIRST_PAUSE = timedelta(minutes=1)
# Above the time limit of a task, so that nobody is still at it.
LOST_AFTER = timedelta(minutes=15)
SWEEP_LIMIT = 1000
PRUNE_LIMIT = 50_000


def send(mail_id: int) -> None:
    """Send a waiting e-mail; one that is not waiting (any more) is left alone."""
    taken = Mail.objects.filter(pk=mail_id, status=Mail.Status.WAITING).update(
        status=Mail.Status.SENDING,
        attempts=F("attempts") + 1,
        next_attempt_at=timezone.now() + LOST_AFTER,
    )
    if not taken:
        return
    mail = Mail.objects.select_related("user").get(pk=mail_id)
    if not _is_wanted(mail):
        _settle(mail, Mail.Status.UNWANTED)
        return
    try:
        _message(mail).send()
    except smtplib.SMTPResponseException as error:
        # The server has answered: 5xx is its last word, 4xx is not.
        _try_later(mail, error, is_final=error.smtp_code >= 500)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _reason in error.recipients.values()]
        _try_later(mail, error, is_final=all(code >= 500 for code in codes))
    except (smtplib.SMTPServerDisconnected, TimeoutError) as error:
        logger.warning("Nobody knows whether e-mail %s was sent: %s", mail.pk, error)
        _settle(mail, Mail.Status.UNCERTAIN, error)
    except (smtplib.SMTPException, OSError) as error:
        _try_later(mail, error, is_final=False)
    except Exception as error:
        logger.exception("E-mail %s cannot be sent.", mail.pk)
        _settle(mail, Mail.Status.FAILED, error)
    else:
        _settle(mail, Mail.Status.SENT)


def send_again(mail: Mail) -> bool:
    """Send what failed or perhaps was not sent, because a person says so."""
    settled = [Mail.Status.FAILED, Mail.Status.UNCERTAIN]
    taken = Mail.objects.filter(pk=mail.pk, status__in=settled).update(
        status=Mail.Status.WAITING, attempts=0, next_attempt_at=timezone.now()
    )
    if taken:
        enqueue("turash.mail.tasks.send", mail_id=mail.pk)
    return bool(taken)


def sweep(now: datetime) -> int:
    """Hand out e-mails whose task was lost, and note whose attempt was; returns how many."""
    lost = Mail.objects.filter(status=Mail.Status.SENDING, next_attempt_at__lte=now)
    lost.update(status=Mail.Status.UNCERTAIN, last_error="The worker has died while it sent this.")
    left = Mail.objects.filter(
        status=Mail.Status.WAITING, next_attempt_at__lte=now - FIRST_PAUSE
    ).order_by("next_attempt_at")
    keys = list(left.values_list("pk", flat=True)[:SWEEP_LIMIT])
    for key in keys:
        enqueue("turash.mail.tasks.send", mail_id=key)
    # Not again with the next sweep.
    Mail.objects.filter(pk__in=keys, status=Mail.Status.WAITING).update(next_attempt_at=now)
    return len(keys)


def prune(before: datetime) -> int:
    """Forget e-mails of before, `PRUNE_LIMIT` at a time; returns how many."""
    keys = list(
        Mail.objects.filter(created_at__lt=before).values_list("pk", flat=True)[:PRUNE_LIMIT]
    )
    Mail.objects.filter(pk__in=keys).delete()
    return len(keys)


def _is_wanted(mail: Mail) -> bool:
    """Whether the user still wants such e-mail, and still signs in."""
    preference = preference_of(mail.user)
    wanted = {
        Mail.Topic.PROPOSALS: [preference.proposals],
        Mail.Topic.MATCHES: [preference.matches],
        Mail.Topic.ALL: [preference.proposals, preference.matches],
    }[Mail.Topic(mail.topic)]
    return mail.user.is_active and any(one != Cadence.NONE for one in wanted)


def _message(mail: Mail) -> EmailMessage:
    link = unsubscribing.link_for(mail.user_id, mail.topic)
    with translation.override(mail.language):
        body = render_to_string(
            "mail/mail.txt",
            {
                "body": mail.body,
                "preferences": settings.SITE_URL + reverse("mail-preferences"),
                "unsubscribe": link,
            },
        )
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    return EmailMessage(
        subject=mail.subject,
        body=body,
        to=[mail.user.email],
        headers={
            "Message-ID": f"<turash-{mail.pk}@{host}>",
            "Content-Language": mail.language,
            "Auto-Submitted": "auto-generated",
            # RFC 2369, and RFC 8058: mail programs offer a button that posts to the link.
            "List-Unsubscribe": f"<{link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


def _try_later(mail: Mail, error: Exception, *, is_final: bool) -> None:
    if is_final or mail.attempts >= MAX_ATTEMPTS:
        logger.error("E-mail %s is given up: %s", mail.pk, error)
        _settle(mail, Mail.Status.FAILED, error)
        return
    pause = FIRST_PAUSE * 4 ** (mail.attempts - 1)
    mail.next_attempt_at = timezone.now() + pause
    _settle(mail, Mail.Status.WAITING, error)
    enqueue("turash.mail.tasks.send", delay=pause, mail_id=mail.pk)


def _settle(mail: Mail, status: str, error: Exception | None = None) -> None:
    mail.status = status
    mail.sent_at = timezone.now() if status == Mail.Status.SENT else None
    mail.last_error = f"{type(error).__name__}: {error}"[:2000] if error else ""
    mail.save(update_fields=["status", "sent_at", "last_error", "next_attempt_at"])
