"""E-mails about what happens to proposals: to whom, in which language, and only once."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from proposals import services as proposals
from proposals.models import Proposal
from proposals.tasks import remind_expiring
from tests.factories import MembershipFactory, ResourceFlowFactory, SiteFactory
from turash.events.models import EventDelivery
from turash.mail.models import Mail
from turash.mail.services.preferences import set_preference

pytestmark = pytest.mark.django_db


@pytest.fixture
def propose(alice, alices_organization, charlies_organization):
    resource = ResourceFlowFactory(
        site=SiteFactory(organization=charlies_organization), name="Surplus heat"
    )

    def make(**fields) -> Proposal:
        return proposals.create_proposal(
            actor=alice,
            from_organization=alices_organization,
            to_organization=charlies_organization,
            resource=resource,
            direction="output",
            message="Shall we?",
            **fields,
        )

    return make


def letters() -> list[tuple[str, str]]:
    return [(letter.to[0], letter.subject) for letter in mail.outbox]


def test_the_side_asked_hears_of_a_proposal_and_the_sender_of_the_answer(
    propose, alice, charlie, run_events
):
    proposal = propose()
    run_events()
    assert letters() == [(charlie.email, "Alice Works proposes an exchange: Surplus heat")]
    assert f"http://localhost:8000/proposals/{proposal.pk}" in mail.outbox[0].body
    proposals.move_proposal(proposal_id=proposal.pk, actor=charlie, status="accepted")
    run_events()
    assert letters()[1:] == [
        (alice.email, "Accepted: Alice Works → Charlie Works: Surplus heat"),
    ]
    assert set(Mail.objects.values_list("status", flat=True)) == {"sent"}


def test_the_other_side_hears_of_a_message_but_not_its_text(propose, alice, charlie, run_events):
    proposal = propose()
    proposals.move_proposal(proposal_id=proposal.pk, actor=charlie, status="accepted")
    run_events()
    mail.outbox.clear()
    proposals.post_message(proposal=proposal, actor=charlie, text="Our secret price is 7")
    proposals.post_message(proposal=proposal, actor=charlie, text="Or 8")
    run_events()
    assert [address for address, _subject in letters()] == [alice.email] * 2
    assert "Charlie Works has written to you" in mail.outbox[0].subject
    assert "secret" not in mail.outbox[0].body


def test_the_other_side_hears_of_other_terms_but_not_which(propose, alice, charlie, run_events):
    proposal = propose(quantity=100, price_per_unit=5)
    for status in ("accepted", "negotiating"):
        proposals.move_proposal(proposal_id=proposal.pk, actor=charlie, status=status)
    run_events()
    mail.outbox.clear()
    proposals.offer_terms(proposal_id=proposal.pk, actor=charlie, based_on=1, price_per_unit=77)
    run_events()
    [letter] = mail.outbox
    assert letter.to == [alice.email]
    assert "Charlie Works offers other terms" in letter.subject
    assert "77" not in letter.body.split("http")[0]


def test_everybody_is_written_to_in_their_own_language(
    propose, charlie, charlies_organization, run_events
):
    vasily = MembershipFactory(organization=charlies_organization, role="viewer").user
    tagir = MembershipFactory(organization=charlies_organization, role="viewer").user
    set_preference(vasily, language="ru")
    set_preference(tagir, language="tt")
    propose(valid_until=timezone.now() + timedelta(days=30))
    run_events()
    texts = {letter.to[0]: letter for letter in mail.outbox}
    assert "предлагает" in texts[vasily.email].subject
    assert "тәкъдим" in texts[tagir.email].subject
    assert "proposes" in texts[charlie.email].subject
    assert "Больше не присылать" in texts[vasily.email].body
    assert texts[vasily.email].extra_headers["Content-Language"] == "ru"


def test_who_wants_none_or_a_digest_or_is_gone_gets_nothing_at_once(
    propose, charlie, charlies_organization, run_events
):
    silent, patient, gone = (
        MembershipFactory(organization=charlies_organization).user for _ in range(3)
    )
    set_preference(silent, proposals="none")
    set_preference(patient, proposals="daily")
    gone.is_active = False
    gone.save()
    propose()
    run_events()
    assert [address for address, _subject in letters()] == [charlie.email]


def test_an_event_that_is_delivered_again_sends_nothing_again(propose, run_events):
    propose()
    run_events()
    # As if the transaction of the first delivery had been lost after all.
    lost = EventDelivery.objects.filter(handler="proposals.mailing.mail_about_new_proposal")
    assert lost.update(done_at=None, attempts=0, next_attempt_at=timezone.now()) == 1
    run_events()
    assert len(mail.outbox) == Mail.objects.count() == 1


def test_a_name_with_a_line_break_makes_no_header(propose, alices_organization, run_events):
    alices_organization.name = "Works\r\nBcc: everybody@example.org"
    alices_organization.save()
    propose()
    run_events()
    [letter] = mail.outbox
    assert "Bcc" not in letter.message()
    assert letter.recipients() == ["charlie@example.org"]


def test_names_are_not_escaped_for_html(propose, alices_organization, run_events):
    alices_organization.name = "Heat & <Power>"
    alices_organization.save()
    propose()
    run_events()
    assert "Heat & <Power>" in mail.outbox[0].body


def age(proposal, days: float) -> None:
    Proposal.objects.filter(pk=proposal.pk).update(created_at=timezone.now() - timedelta(days=days))


def test_the_side_asked_is_reminded_once_before_a_proposal_expires(
    propose, alice, charlie, api_as, run_events
):
    proposal = propose(valid_until=timezone.now() + timedelta(days=1))
    run_events()
    mail.outbox.clear()
    assert remind_expiring() == 0, "asked a moment ago"
    age(proposal, 3)
    assert remind_expiring() == 1
    assert remind_expiring() == 0
    run_events()
    assert [address for address, _subject in letters()] == [charlie.email]
    assert "about to expire" in mail.outbox[0].subject
    told = [row["type"] for row in api_as(charlie).get("/api/v1/notifications").json()]
    assert told.count("proposal_expiring") == 1
    told = [row["type"] for row in api_as(alice).get("/api/v1/notifications").json()]
    assert "proposal_expiring" not in told


def test_a_new_deadline_is_announced_again(propose):
    proposal = propose(valid_until=timezone.now() + timedelta(days=1))
    age(proposal, 3)
    assert remind_expiring() == 1
    Proposal.objects.update(valid_until=timezone.now() + timedelta(hours=40))
    assert remind_expiring() == 1


@pytest.mark.parametrize("days", [None, 5])
def test_nobody_is_reminded_of_what_lasts(propose, days):
    valid_until = timezone.now() + timedelta(days=days) if days else None
    age(propose(valid_until=valid_until), 3)
    assert remind_expiring() == 0


def test_nobody_is_reminded_of_what_was_decided_meanwhile(propose, charlie, run_events):
    proposal = propose(valid_until=timezone.now() + timedelta(days=1))
    age(proposal, 3)
    remind_expiring()
    proposals.move_proposal(proposal_id=proposal.pk, actor=charlie, status="rejected")
    run_events()
    assert not any("expire" in subject for _address, subject in letters())
