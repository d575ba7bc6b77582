"""E-mails over a real connection: they arrive once, whatever the mail server does."""

import pytest
from django.test import Client

from proposals import services
from tests.factories import ResourceFlowFactory, SiteFactory
from tests.mail.smtp_server import smtp_server
from turash.mail import tasks
from turash.mail.models import Mail
from turash.mail.services import sending

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings):
    with smtp_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_TIMEOUT = 5
        yield server


@pytest.fixture
def letter(alice) -> Mail:
    return Mail.objects.create(
        user=alice, key="test", topic="proposals", subject="Hello", body="Text", language="en"
    )


def test_a_proposal_arrives_in_the_language_of_who_is_asked(
    server, alice, charlie, alices_organization, charlies_organization, run_events
):
    alice.language = "ru"
    alice.save()
    resource = ResourceFlowFactory(site=SiteFactory(organization=alices_organization))
    run_events()
    services.create_proposal(
        actor=charlie,
        from_organization=charlies_organization,
        to_organization=alices_organization,
        resource=resource,
        direction="output",
        message="Secret text",
    )
    run_events()
    [arrived] = server.received
    assert (arrived["To"], arrived["Content-Language"]) == ("alice@example.org", "ru")
    assert any("а" <= letter <= "я" for letter in arrived["Subject"])
    text = arrived.get_content()
    assert "Secret text" not in text
    assert arrived["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = arrived["List-Unsubscribe"].strip(" <>")
    assert link in text
    # What a mail program does when its button is pressed (RFC 8058).
    button = Client().post(
        link.removeprefix("http://localhost:8000"), {"List-Unsubscribe": "One-Click"}
    )
    assert button.status_code == 200
    letter = Mail.objects.get()
    assert letter.status == "sent"
    tasks.send(mail_id=letter.pk)
    letter.pk = None
    letter.key, letter.status, letter.sent_at = "another", "waiting", None
    letter.save()
    tasks.send(mail_id=letter.pk)
    letter.refresh_from_db()
    assert letter.status == "unwanted"
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("command", "answer", "status", "arrived"),
    [
        ("RCPT", "450 busy", "waiting", 0),
        ("RCPT", "550 unknown", "failed", 0),
        ("MAIL", "451 later", "waiting", 0),
        (".", "452 full", "waiting", 0),
        (".", "554 spam", "failed", 0),
        # It has the text, and hangs up before it says so: sent or not, nobody knows.
        (".", "", "uncertain", 1),
    ],
)
def test_what_it_answers_decides_and_nothing_comes_twice(
    server, letter, command, answer, status, arrived
):
    server.answers[command] = answer
    tasks.send(mail_id=letter.pk)
    letter.refresh_from_db()
    assert (letter.status, len(server.received)) == (status, arrived)
    server.answers.clear()
    for _ in range(2):
        tasks.send(mail_id=letter.pk)
    assert len(server.received) == (1 if status in ("waiting", "uncertain") else 0)


def test_a_dead_server_is_tried_again_and_then_given_up(letter, settings):
    with smtp_server() as gone:
        port = gone.port
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 5
    pauses = []
    for _ in range(sending.MAX_ATTEMPTS):
        before = Mail.objects.get().next_attempt_at
        tasks.send(mail_id=letter.pk)
        letter.refresh_from_db()
        pauses.append(letter.next_attempt_at > before)
    assert (letter.status, letter.attempts) == ("failed", sending.MAX_ATTEMPTS)
    assert pauses == [True] * (sending.MAX_ATTEMPTS - 1) + [False]
    assert "ConnectionRefusedError" in letter.last_error
    tasks.send(mail_id=letter.pk)
    letter.refresh_from_db()
    assert letter.attempts == sending.MAX_ATTEMPTS
