"""The daily digest: what is new and unread, in one bounded e-mail."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.utils import timezone

from tests.factories import MembershipFactory
from turash.mail import tasks
from turash.mail.models import Mail
from turash.mail.services import digests
from turash.mail.services.preferences import set_preference
from turash.realtime.models import Notification
from turash.realtime.services import mark_read

pytestmark = pytest.mark.django_db

DAY = "2026-11-25"


def tell(organization, kind: str, count: int = 1, *, days_ago: float = 0) -> None:
    Notification.objects.bulk_create(
        Notification(
            organization=organization,
            type=kind,
            occurred_at=timezone.now() - timedelta(days=days_ago),
            subject_kind=kind.split("_")[0],
            subject_id=uuid4(),
            subject_url=f"/somewhere/{number}",
        )
        for number in range(count)
    )


def test_it_counts_matches_and_lists_proposals(alice, alices_organization, run_events):
    set_preference(alice, proposals="daily")
    tell(alices_organization, "match_found", 3)
    tell(alices_organization, "proposal_created", 2)
    tell(alices_organization, "site_created")
    tasks.write_digests(day=DAY)
    run_events()
    [letter] = mail.outbox
    assert "3 new matches" in letter.body
    assert letter.body.count("http://localhost:8000/somewhere/") == 2
    assert "A new proposal" in letter.body
    assert "site" not in letter.body.replace("http://localhost:8000", "").split("--")[0]


def test_a_day_has_one_digest_and_the_next_only_what_is_new(alice, alices_organization, run_events):
    tell(alices_organization, "match_found")
    tasks.write_digests(day=DAY)
    tell(alices_organization, "match_found", 5)
    tasks.write_digests(day=DAY)
    assert Mail.objects.count() == 1
    tasks.write_digests(day="2026-11-26")
    run_events()
    assert [("One new match" in m.body, "5 new matches" in m.body) for m in mail.outbox] == [
        (True, False),
        (False, True),
    ]


def test_it_is_bounded(alice, alices_organization):
    set_preference(alice, proposals="daily")
    tell(alices_organization, "proposal_created", 500)
    tasks.write_digests(day=DAY)
    body = Mail.objects.get().body
    assert body.count("/somewhere/") == digests.LINES
    assert "480" in body


def test_nothing_new_or_nothing_wanted_is_no_digest(alice, charlie, alices_organization):
    tell(alices_organization, "match_found", days_ago=8)
    tell(alices_organization, "proposal_created")
    tasks.write_digests(day=DAY)
    set_preference(alice, matches="none")
    tell(alices_organization, "match_found")
    tasks.write_digests(day="2026-11-26")
    assert not Mail.objects.exists()


def test_what_was_read_is_left_out(alice, alices_organization):
    tell(alices_organization, "match_found", 2)
    mark_read(alice)
    tell(alices_organization, "match_found", 3)
    tasks.write_digests(day=DAY)
    assert "3 new matches" in Mail.objects.get().body


def test_nobody_reads_of_other_organizations(alice, charlie, charlies_organization):
    tell(charlies_organization, "match_found")
    tasks.write_digests(day=DAY)
    assert [letter.user for letter in Mail.objects.all()] == [charlie]


def test_many_users_are_written_to_task_by_task(
    monkeypatch, alices_organization, alice, run_events
):
    monkeypatch.setattr(digests, "USERS_PER_TASK", 2)
    for _ in range(4):
        MembershipFactory(organization=alices_organization)
    tell(alices_organization, "match_found")
    tasks.write_digests(day=DAY)
    run_events()
    assert len(mail.outbox) == Mail.objects.count() == 5


@pytest.mark.parametrize("size", [1, 30])
def test_a_digest_costs_the_same_whatever_there_is(
    alice, alices_organization, django_assert_num_queries, size
):
    set_preference(alice, proposals="daily")
    tell(alices_organization, "match_found", size)
    tell(alices_organization, "proposal_created", size)
    with django_assert_num_queries(14):
        digests.write_digest(alice, date(2026, 11, 25))
