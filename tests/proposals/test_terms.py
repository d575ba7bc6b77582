"""Offers and counter-offers on the API: versions, differences, and who has confirmed what."""

from datetime import timedelta

import pytest
from django.utils import timezone

from proposals import services
from proposals.models import Proposal, ProposalTerms
from tests.factories import MembershipFactory
from turash.events.models import DomainEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def negotiated(proposal, alice) -> Proposal:
    """Charlie has asked for 500 of Alice's 1,000 MWh, and they talk."""
    for status in ("accepted", "negotiating"):
        proposal = services.move_proposal(proposal_id=proposal.pk, actor=alice, status=status)
    return proposal


@pytest.fixture
def url(negotiated) -> str:
    return f"/api/v1/proposals/{negotiated.pk}/terms"


def problem_of(answer) -> str:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.json()["type"].removeprefix("urn:turash:problem:")


def test_what_was_proposed_is_the_first_version(api_as, charlie, url, charlies_organization):
    (first,) = api_as(charlie).get(url).json()
    del first["offered_at"], first["economics"]
    assert first == {
        "version": 1,
        "quantity": 500,
        "price_per_unit": None,
        "start_date": None,
        "duration_months": None,
        "connection_recipient_pct": None,
        "comment": "",
        "organization_id": str(charlies_organization.pk),
        "author": "Charlie",
        "is_current": True,
        "confirmed_by": [],
        "changes": {},
    }


def test_a_counter_offer_changes_what_it_names(api_as, alice, charlie, url, negotiated, run_events):
    start = (timezone.now() + timedelta(days=30)).date().isoformat()
    offered = api_as(alice).post(
        url, {"based_on": 1, "price_per_unit": 12.5, "start_date": start, "comment": "Rather so"}
    )
    assert offered.status_code == 201, offered.content
    newest, first = api_as(charlie).get(url).json()
    assert (newest["version"], newest["quantity"], newest["price_per_unit"]) == (2, 500, 12.5)
    assert newest["changes"] == {
        "price_per_unit": {"before": None, "now": 12.5},
        "start_date": {"before": None, "now": start},
    }
    assert (newest["is_current"], first["is_current"]) == (True, False)
    assert api_as(alice).get(url).json()[0] == offered.json()

    again = api_as(charlie).post(url, {"based_on": 2, "price_per_unit": None, "quantity": 400})
    assert again.json()["changes"] == {
        "quantity": {"before": 500, "now": 400},
        "price_per_unit": {"before": 12.5, "now": None},
    }
    # The proposal shows the present terms, in lists, too.
    shown = api_as(alice).get("/api/v1/proposals").json()[0]
    assert (shown["quantity"], shown["price_per_unit"], shown["terms_version"]) == (400, None, 3)
    run_events()
    for user in (alice, charlie):
        told = [row["type"] for row in api_as(user).get("/api/v1/notifications").json()]
        assert told.count("proposal_terms_offered") == 2


def test_both_confirm_the_same_version(
    api_as, alice, charlie, url, negotiated, alices_organization, charlies_organization
):
    first = api_as(alice).post(f"{url}/1/confirm")
    assert (first.status_code, first.json()["status"]) == (200, "negotiating")
    assert api_as(charlie).get(url).json()[0]["confirmed_by"] == [str(alices_organization.pk)]
    # A newer version withdraws that.
    api_as(charlie).post(url, {"based_on": 1, "price_per_unit": 9})
    assert [row["confirmed_by"] for row in api_as(charlie).get(url).json()] == [[], []]
    late = api_as(charlie).post(f"{url}/1/confirm")
    assert (late.status_code, problem_of(late)) == (409, "terms_outdated")
    assert late.json()["terms_version"] == 2
    assert api_as(charlie).post(f"{url}/2/confirm").json()["status"] == "negotiating"
    # The status does as well: it means the present version.
    status = f"/api/v1/proposals/{negotiated.pk}/status"
    done = api_as(alice).post(status, {"status": "contracted", "comment": "Done"}).json()
    assert (done["status"], done["terms_version"]) == ("contracted", 2)
    assert set(api_as(alice).get(url).json()[0]["confirmed_by"]) == {
        str(alices_organization.pk),
        str(charlies_organization.pk),
    }
    assert [step["terms_version"] for step in done["transitions"]] == [None, None, None, 1, 2, 2]


def test_terms_are_offered_while_they_are_negotiated(api_as, alice, charlie, proposal):
    url = f"/api/v1/proposals/{proposal.pk}/terms"

    def offer():
        return api_as(charlie).post(url, {"based_on": 1, "price_per_unit": 9})

    for user, status in (
        (None, "pending"), (alice, "accepted"), (alice, "negotiating"), (alice, "contracted"),
        (charlie, "contracted"), (alice, "live"), (alice, "completed"),
    ):  # fmt: skip
        if user:
            services.move_proposal(proposal_id=proposal.pk, actor=user, status=status)
        proposal.refresh_from_db()
        if proposal.status != "negotiating":
            answer = offer()
            assert (answer.status_code, problem_of(answer)) == (409, "not_negotiable")
    assert ProposalTerms.objects.count() == 1


def test_who_may_negotiate(api, api_as, alice, bob, vera, facilitator, charlie, url):
    offer = {"based_on": 1, "price_per_unit": 9}
    confirm = f"{url}/1/confirm"
    for path, body in ((url, offer), (confirm, {})):
        assert api.post(path, body).status_code == 401
        assert api_as(MembershipFactory().user).post(path, body).status_code == 404
        for user in (bob, vera, facilitator):
            assert api_as(user).post(path, body).status_code == 403
    assert api.get(url).status_code == 401
    assert api_as(MembershipFactory().user).get(url).status_code == 404
    for user in (bob, vera, facilitator, alice, charlie):
        assert api_as(user).get(url).status_code == 200
    assert ProposalTerms.objects.count() == 1
    assert not Proposal.objects.exclude(sender_confirmed_at=None, target_confirmed_at=None).exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"price_per_unit": "cheap"}, "price_per_unit"),
        ({"price_per_unit": 1e30}, "price_per_unit"),
        ({"start_date": "2020-01-01"}, "start_date"),
        ({"start_date": "soon"}, "start_date"),
        ({"duration_months": 0}, "duration_months"),
        ({"duration_months": 601}, "duration_months"),
        ({"connection_recipient_pct": 101}, "connection_recipient_pct"),
        ({"connection_recipient_pct": -1}, "connection_recipient_pct"),
        ({"based_on": None, "price_per_unit": 1}, "based_on"),
        ({"based_on": 99_999, "price_per_unit": 1}, "based_on"),
        ({"comment": "x" * 5001, "price_per_unit": 1}, "comment"),
        ({"gift": "flowers"}, "gift"),
        ({}, "non_field_errors"),
        ({"quantity": 500}, "non_field_errors"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(api_as, charlie, url, changes, field):
    answer = api_as(charlie).post(url, {"based_on": 1} | changes)
    assert answer.status_code == 400, answer.content
    assert field in answer.json()["errors"], answer.json()
    assert ProposalTerms.objects.count() == 1
    assert not DomainEvent.objects.filter(type="proposal_terms_offered").exists()


@pytest.mark.parametrize("version", [0, 2, 10**30])
def test_a_version_that_does_not_exist_is_404(api_as, charlie, url, version):
    assert api_as(charlie).post(f"{url}/{version}/confirm").status_code == 404


def test_an_offer_to_an_older_version_is_409(api_as, alice, charlie, url):
    api_as(alice).post(url, {"based_on": 1, "price_per_unit": 12})
    answer = api_as(charlie).post(url, {"based_on": 1, "price_per_unit": 9})
    assert (answer.status_code, problem_of(answer)) == (409, "terms_outdated")


@pytest.mark.parametrize("size", [1, 20])
def test_versions_cost_the_same_however_many(
    api_as, alice, charlie, url, negotiated, size, django_assert_max_num_queries
):
    for number in range(1, size):
        services.offer_terms(
            proposal_id=negotiated.pk, actor=alice, based_on=number, price_per_unit=number
        )
    client = api_as(charlie)
    with django_assert_max_num_queries(11):
        answer = client.get(url)
    assert [row["version"] for row in answer.json()] == list(range(size, 0, -1))
    assert all(row["economics"] for row in answer.json())
    # The difference to a version that is on another page is told all the same.
    if size > 5:
        assert client.get(f"{url}?limit=2&offset=3").json()[1]["changes"]
