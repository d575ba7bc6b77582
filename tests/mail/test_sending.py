"""An e-mail is handed to the mail server once, whatever happens around it."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone
from django_q.models import OrmQ

from turash.mail import tasks
from turash.mail.models import Mail
from turash.mail.services import sending
from turash.mail.services.preferences import set_preference

pytestmark = pytest.mark.django_db


class FailingBackend(EmailBackend):
    """A mail server that answers as the test says, and delivers when it says nothing."""

    error: Exception | None = None

    def send_messages(self, messages):
        if self.error:
            raise self.error
        return super().send_messages(messages)


@pytest.fixture
def server(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.FailingBackend"

    def answers(error: Exception | None) -> None:
        monkeypatch.setattr(FailingBackend, "error", error)

    return answers


@pytest.fixture
def letter(alice) -> Mail:
    return Mail.objects.create(
        user=alice, key="test", topic="proposals", subject="Hello", body="Text", language="en"
    )


def test_a_task_that_runs_twice_sends_once(letter):
    tasks.send(mail_id=letter.pk)
    tasks.send(mail_id=letter.pk)
    assert len(mail.outbox) == 1
    letter.refresh_from_db()
    assert (letter.status, letter.attempts) == ("sent", 1)


def test_headers_tell_mail_programs_what_they_need(letter, alice):
    tasks.send(mail_id=letter.pk)
    [sent] = mail.outbox
    headers = sent.extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Unsubscribe"].startswith("<http://localhost:8000/mail/unsubscribe/")
    assert headers["Message-ID"] == f"<turash-{letter.pk}@localhost>"
    assert headers["List-Unsubscribe"].strip("<>") in sent.body


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConnectionRefusedError(), "waiting"),
        (smtplib.SMTPServerDisconnected("gone"), "uncertain"),
        (TimeoutError(), "uncertain"),
        (smtplib.SMTPDataError(451, b"later"), "waiting"),
        (smtplib.SMTPDataError(554, b"never"), "failed"),
        (smtplib.SMTPRecipientsRefused({"a": (450, b"full")}), "waiting"),
        (smtplib.SMTPRecipientsRefused({"a": (550, b"unknown")}), "failed"),
        (ValueError("defect"), "failed"),
    ],
    ids=str,
)
def test_what_the_server_answers_decides(letter, server, error, status):
    server(error)
    tasks.send(mail_id=letter.pk)
    letter.refresh_from_db()
    assert letter.status == status
    assert type(error).__name__ in letter.last_error
    server(None)
    tasks.send(mail_id=letter.pk)
    assert len(mail.outbox) == (1 if status == "waiting" else 0)


def test_it_is_given_up_after_some_attempts(letter, server):
    server(ConnectionRefusedError())
    for _ in range(sending.MAX_ATTEMPTS + 2):
        tasks.send(mail_id=letter.pk)
    letter.refresh_from_db()
    assert (letter.status, letter.attempts) == ("failed", sending.MAX_ATTEMPTS)


def test_an_attempt_whose_worker_died_is_not_repeated(letter):
    Mail.objects.update(status="sending", next_attempt_at=timezone.now() - timedelta(minutes=1))
    assert tasks.sweep() == 0
    letter.refresh_from_db()
    assert letter.status == "uncertain"
    tasks.send(mail_id=letter.pk)
    assert not mail.outbox


def test_a_lost_task_is_made_good(letter):
    Mail.objects.update(next_attempt_at=timezone.now() - timedelta(minutes=5))
    assert tasks.sweep() == 1
    assert tasks.sweep() == 0, "handed out a moment ago"
    assert [row.func() for row in OrmQ.objects.all()].count("turash.mail.tasks.send") == 1


def test_who_unsubscribed_meanwhile_gets_nothing(letter, alice):
    set_preference(alice, proposals="none")
    tasks.send(mail_id=letter.pk)
    letter.refresh_from_db()
    assert letter.status == "unwanted"
    assert not mail.outbox


def test_a_person_sends_again_what_is_uncertain(client_as, facilitator, letter):
    Mail.objects.update(status="uncertain")
    answer = client_as(facilitator).post(
        "/admin/mail/mail/", {"action": "send_again", "_selected_action": [letter.pk]}
    )
    assert answer.status_code == 302
    tasks.send(mail_id=letter.pk)
    assert len(mail.outbox) == 1


def test_old_ones_are_forgotten(letter):
    tasks.prune()
    assert Mail.objects.exists()
    Mail.objects.update(created_at=timezone.now() - timedelta(days=91))
    tasks.prune()
    assert not Mail.objects.exists()
