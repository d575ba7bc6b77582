"""The pages of a negotiation."""

import pytest
from django.urls import reverse

from proposals.models import Proposal

pytestmark = pytest.mark.django_db


@pytest.fixture
def propose_url(pair):
    return reverse("proposals:proposal-create", args=[pair.output.pk]) + f"?match={pair.match.pk}"


def test_the_form_starts_from_the_match(client_as, charlie, propose_url, pair):
    form = client_as(charlie).get(propose_url).context["form"]
    assert form["quantity"].value() == pytest.approx(pair.match.quantity_per_year)
    assert form["quantity"].label == "Quantity [MWh per year]"


def test_a_proposal_is_sent_once(client_as, charlie, charlies_organization, propose_url, pair):
    browser = client_as(charlie)
    said = {"from_organization": charlies_organization.pk, "message": "May we?", "quantity": "400"}
    answer = browser.post(propose_url, said)
    proposal = Proposal.objects.get()
    assert answer.url == reverse("proposals:proposal-detail", args=[proposal.pk])
    assert (proposal.counterpart, proposal.resource) == (pair.input, pair.output)
    assert proposal.quantity == 400
    again = browser.post(propose_url, said)
    assert again.status_code == 400
    assert "There is an open proposal" in again.content.decode()
    assert Proposal.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("message", ""),
        ("message", "x" * 5001),
        ("quantity", "0"),
        ("quantity", "-3"),
        ("quantity", "lots"),
        ("quantity", "1e30"),
        ("price_per_unit", "NaN"),
        ("valid_until", "2020-01-01T00:00"),
        ("valid_until", "soon"),
        ("from_organization", "0198f9e5-0000-7000-8000-000000000000"),
    ],
)
def test_a_wrong_proposal_is_told_at_the_field(
    client_as, charlie, charlies_organization, propose_url, field, value
):
    said = {"from_organization": charlies_organization.pk, "message": "May we?", field: value}
    answer = client_as(charlie).post(propose_url, said)
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("match", ["nonsense", "0198f9e5-0000-7000-8000-000000000000"])
def test_an_unknown_match_in_the_address_is_left_out(client_as, charlie, pair, match):
    url = reverse("proposals:proposal-create", args=[pair.output.pk])
    assert client_as(charlie).get(f"{url}?match={match}").status_code == 200


def move(browser, proposal, status, comment=""):
    url = reverse("proposals:proposal-move", args=[proposal.pk])
    return browser.post(url, {"status": status, "comment": comment}, follow=True)


def test_each_side_has_its_buttons(client_as, alice, charlie, vera, proposal):
    url = reverse("proposals:proposal-detail", args=[proposal.pk])
    offered = {
        user: {step.name for step in client_as(user).get(url).context["steps"]}
        for user in (alice, charlie, vera)
    }
    assert offered == {alice: {"accept", "reject"}, charlie: {"withdraw"}, vera: set()}


def test_acceptance_shows_on_the_page_with_its_comment(client_as, alice, proposal):
    html = move(client_as(alice), proposal, "accepted", "Gladly").content.decode()
    assert 'data-status="accepted"' in html
    assert "Gladly" in html


@pytest.mark.parametrize(
    ("status", "comment", "said"),
    [
        ("live", "", "cannot become"),
        ("married", "", "No step leads to"),
        ("", "", "The comment is too long, or the step is missing."),
        ("accepted", "x" * 5001, "The comment is too long"),
    ],
)
def test_a_wrong_step_changes_nothing(client_as, alice, proposal, status, comment, said):
    assert said in move(client_as(alice), proposal, status, comment).content.decode()
    proposal.refresh_from_db()
    assert proposal.status == "pending"
    assert proposal.transitions.count() == 1


def test_the_other_side_may_not_decide(client_as, charlie, vera, proposal):
    assert move(client_as(charlie), proposal, "accepted").status_code == 403
    assert move(client_as(vera), proposal, "accepted").status_code == 403
    proposal.refresh_from_db()
    assert proposal.status == "pending"


def test_the_list_is_filtered_by_side(client_as, alice, proposal):
    browser = client_as(alice)
    url = reverse("proposals:proposal-list")
    counts = {
        side: len(browser.get(url, {"side": side, "page": "x"}).context["page"])
        for side in ("", "incoming", "outgoing", "sideways")
    }
    assert counts == {"": 1, "incoming": 1, "outgoing": 0, "sideways": 1}


def test_htmx_gets_the_part_that_changes(client_as, alice, proposal):
    browser = client_as(alice)
    for url in (
        reverse("proposals:proposal-list"),
        reverse("proposals:proposal-detail", args=[proposal.pk]),
        reverse("dashboard"),
    ):
        html = browser.get(url, headers={"HX-Request": "true"}).content.decode()
        assert "Surplus heat" in html
        assert "<html" not in html
