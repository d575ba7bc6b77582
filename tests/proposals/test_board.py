"""The board: proposals by state, for whom it is whose turn, in a fixed number of queries."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from organizations.models import Organization
from proposals import services
from proposals.board import CARDS_PER_COLUMN
from proposals.models import Proposal
from tests.factories import MembershipFactory, ResourceFlowFactory

pytestmark = pytest.mark.django_db

BOARD = "/proposals/board"


def columns(client, path=BOARD) -> dict[str, str]:
    """The HTML of each column, by its key; fetched as the page does when there is news."""
    html = client.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "<!doctype" not in html
    parts = html.split('aria-labelledby="column-')[1:]
    return {part[: part.index('"')]: part for part in parts}


def test_a_card_says_with_whom_about_what_and_whose_turn_it_is(
    client, client_as, alice, charlie, facilitator, proposal
):
    assert client.get(BOARD).status_code == 302
    both = {"Alice": client_as(alice), "Charlie": client_as(charlie)}
    pending = {name: columns(browser)["pending"] for name, browser in both.items()}
    assert "Charlie Works" in pending["Alice"]
    assert "Alice Works" not in pending["Alice"]
    assert "It is our turn" in pending["Alice"]
    assert "Waits for Alice Works" in pending["Charlie"]
    for card in pending.values():
        assert "Surplus heat" in card
        assert "500 MWh/a" in card
        assert "Accept or reject" in card
    for status in ("accepted", "negotiating"):
        services.move_proposal(proposal_id=proposal.pk, actor=alice, status=status)
    services.offer_terms(
        proposal_id=proposal.pk, actor=charlie, based_on=1, price_per_unit=20,
        connection_recipient_pct=100,
    )  # fmt: skip
    services.move_proposal(proposal_id=proposal.pk, actor=charlie, status="contracted")
    seen = {name: columns(browser)["negotiating"] for name, browser in both.items()}
    assert "Confirm the terms" in seen["Alice"]
    assert "It is our turn" in seen["Alice"]
    assert "Waits for Alice Works" in seen["Charlie"]
    # What it brings each side alone: heat sold at 20 EUR, and not bought for 60.
    assert "10,000 EUR/a" in seen["Alice"]
    assert "10,000 EUR/a" not in seen["Charlie"]
    assert "for us" in seen["Charlie"]
    looking_on = columns(client_as(facilitator))["negotiating"]
    assert "Charlie Works → Alice Works" in looking_on
    assert "for us" not in looking_on
    # The facilitator reads both sides' gains where they are told in full.
    page = client_as(facilitator).get(f"/proposals/{proposal.pk}").content.decode()
    assert "What it brings Alice Works, a year" in page
    assert "What it brings Charlie Works, a year" in page
    services.move_proposal(proposal_id=proposal.pk, actor=alice, status="failed")
    assert "Failed" in columns(both["Alice"])["ended"]
    assert columns(both["Alice"], f"{BOARD}?side=outgoing")["ended"].count("<li") == 1
    assert "Surplus heat" not in columns(both["Alice"], f"{BOARD}?side=outgoing")["ended"]


@pytest.mark.parametrize("size", [1, CARDS_PER_COLUMN + 4])
def test_columns_are_bounded_and_take_the_same_queries(
    client_as, alice, pair, charlies_organization, alices_organization,
    django_assert_num_queries, size,
):  # fmt: skip
    for status in ("pending", "rejected"):
        for _ in range(size):
            Proposal.objects.create(
                from_organization=charlies_organization,
                to_organization=alices_organization,
                resource=ResourceFlowFactory(site=pair.output.site),
                counterpart=pair.input,
                quantity=100,
                message="May we?",
                status=status,
            )
    browser = client_as(alice)
    browser.get(BOARD)
    with django_assert_num_queries(11):
        answer = browser.get(BOARD)
    html = answer.content.decode()
    shown = min(size, CARDS_PER_COLUMN)
    assert html.count('class="card') == 2 * shown
    assert (f"All {size}" in html) == (size > CARDS_PER_COLUMN)
    listing = browser.get("/proposals?status=ended&side=incoming").content.decode()
    assert listing.count("/proposals/0") == size
    assert (
        browser.get("/proposals?status=nonsense").content.decode().count("/proposals/0") == 2 * size
    )


def test_the_timeline_tells_of_everything(
    api_as, client_as, alice, charlie, proposal, charlies_organization, alices_organization
):
    upload = SimpleUploadedFile("plan.csv", b"month,quantity\n2026-01,1\n")
    services.post_message(proposal=proposal, actor=charlie, text="When may we look?")
    services.post_attachment(proposal=proposal, actor=alice, upload=upload, text="The plan")
    for status in ("accepted", "negotiating"):
        services.move_proposal(proposal_id=proposal.pk, actor=alice, status=status)
    services.offer_terms(proposal_id=proposal.pk, actor=charlie, based_on=1, price_per_unit=20)
    for actor in (charlie, alice):
        services.move_proposal(proposal_id=proposal.pk, actor=actor, status="contracted")
    services.move_proposal(proposal_id=proposal.pk, actor=alice, status="live")
    url = f"/api/v1/proposals/{proposal.pk}"
    for month in ("2026-01", "2026-02"):
        reported = api_as(charlie).post(
            f"{url}/deliveries", {"month": month, "quantity": 40}, format="json"
        )
        assert reported.status_code == 201
    confirmed = api_as(alice).post(
        f"{url}/deliveries/{reported.json()['id']}/confirm", {"quantity": 40}, format="json"
    )
    assert confirmed.status_code == 200
    declared = api_as(alice).post(
        f"{url}/declarations", {"month": "2026-01", "jobs": 2}, format="json"
    )
    assert declared.status_code == 201, declared.content
    Organization.objects.update(figures_from="matched")
    api_as(charlie).get(f"/api/v1/organizations/{alices_organization.pk}/contact")
    api_as(charlie).get(f"/api/v1/resource-flows/{proposal.resource_id}")
    api_as(MembershipFactory().user).get(f"/api/v1/resource-flows/{proposal.resource_id}")
    page = reverse("proposals:timeline", args=[proposal.pk])
    html = client_as(alice).get(page).content.decode()
    told = re.findall(r'<span class="tag [a-z]+">([^<]+)</span>', html)
    assert told == [
        "Pending", "Message", "File", "Accepted", "Negotiating", "Version 2 offered",
        "Version 2 confirmed", "Contracted on version 2", "Live", "Deliveries reported",
        "Deliveries confirmed", "Jobs and investment declared", "Contact details seen",
        "Exact figures seen",
    ]  # fmt: skip
    assert "plan.csv" in html
    assert "2026-01 – 2026-02" in html
