"""What the dashboard says is new, and what it says is left on the table."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from matching import services as matching
from matching.models import Match
from organizations.models import Organization
from proposals import services as proposals
from tests.factories import ResourceFlowFactory, SiteFactory
from turash.realtime.models import Notification, ReadMark
from turash.realtime.services import VISIT_ENDS_AFTER, note_look
from turash.views.worth import OnTheTable

pytestmark = pytest.mark.django_db


def told(organization, *match_ids) -> None:
    """As the handler tells it."""
    for match_id in match_ids:
        Notification.objects.create(
            organization=organization,
            type="match_found",
            occurred_at=timezone.now(),
            subject_kind="match",
            subject_id=match_id,
            subject_url=f"/matches/{match_id}",
        )


def shown(browser, **headers):
    return browser.get("/dashboard", **headers).context["matches"]


def another_visit(user) -> None:
    mark = ReadMark.objects.get(user=user)
    mark.looked_at -= VISIT_ENDS_AFTER + timedelta(seconds=1)
    mark.save()


def test_matches_are_new_for_a_visit(client_as, alice, alices_organization, pair):
    browser = client_as(alice)
    told(alices_organization, pair.match.pk)
    # Somebody's first look of all: nothing has changed since one that there was not.
    assert shown(browser).new == []

    site = SiteFactory(organization=pair.input.organization, location="POINT(11.2 55.68)")
    needed = ResourceFlowFactory(site=site, direction="input", type_code="heat", amount=100)
    matching.rematch_flow(flow_id=needed.pk)
    later = Match.objects.get(input=needed)
    told(alices_organization, later.pk)

    # As long as the visit goes on they stay new, for fragments and when the page is opened again.
    for _ in range(2):
        matches = shown(browser, headers={"HX-Request": "true"})
        assert [match.pk for match in matches.new] == [later.pk]
        matches = shown(browser)
        assert [match.pk for match in matches.best if match.is_new] == [later.pk]
        assert matches.new_count == 1
    assert "New since your last visit" in browser.get("/dashboard").content.decode()

    # In the next they are known, and what came meanwhile is new. A fragment is no look.
    another_visit(alice)
    assert len(shown(browser, headers={"HX-Request": "true"}).new) == 1
    told(alices_organization, pair.match.pk)
    assert [match.pk for match in shown(browser).new] == [pair.match.pk]

    # What is no match any more, is dismissed or is somebody else's is not announced.
    match = Match.objects.for_display().get(pk=pair.match.pk)
    matching.dismiss_match(
        actor=alice, match=match, organization=alices_organization, reason="Too far"
    )
    assert shown(browser).new == []


def test_two_devices_see_the_same_visit(alice, alices_organization, pair):
    now = timezone.now()
    assert note_look(alice, now=now) == 0
    told(alices_organization, pair.match.pk)
    newest = Notification.objects.get().pk
    for minutes in (20, 40, 60):
        assert note_look(alice, now=now + timedelta(minutes=minutes)) == 0
    assert note_look(alice, now=now + timedelta(minutes=91)) == newest
    # A clock that is behind changes nothing.
    assert note_look(alice, now=now) == newest
    with pytest.raises(IntegrityError), transaction.atomic():
        ReadMark.objects.update(seen_to=None)


def match(output, input_, savings, co2):
    return SimpleNamespace(
        output_id=output, input_id=input_, savings_eur_per_year=savings, co2_avoided_t_per_year=co2
    )


def test_what_is_on_the_table_could_come_true(client_as, alice, pair, proposal):
    # Each flow once, the largest saving first; what saves nothing does not count.
    matches = [match(1, 7, 50, 1), match(1, 8, 90, 2), match(2, 8, 80, 4), match(2, 7, 10, 8)]
    assert OnTheTable.of([*matches, match(3, 9, -5, 99)]) == OnTheTable(2, 100, 10)
    # The only match is proposed; once that is turned down it is left again.
    assert shown(client_as(alice)).on_the_table == OnTheTable(0, 0, 0)
    proposals.move_proposal(proposal_id=proposal.pk, actor=alice, status="rejected")
    left = shown(client_as(alice)).on_the_table
    assert (left.matches, left.co2) == (1, pair.match.co2_avoided_t_per_year)
    assert left.savings == pytest.approx(float(pair.match.savings_eur_per_year))


def test_the_landing_page_reads_its_figures_once_a_minute(client, pair, settings):
    cache.clear()
    settings.CONTACT_EMAIL = "join@example.org"
    first = client.get("/")
    assert "mailto:join@example.org" in first.content.decode()
    assert len(first.context["places"]) == 2
    Organization.objects.filter(pk=pair.input.organization_id).update(visibility="private")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/").context["organizations"] == 2
    assert len(queries) == 0
    # A minute later one reads anew, and who comes meanwhile gets what there was.
    cache.delete("landing-figures-fresh")
    assert len(client.get("/").context["places"]) == 1
