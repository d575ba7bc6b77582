"""Two people in two browsers, one of them on a phone by keyboard, from a proposal to a contract."""

import pytest
from playwright.sync_api import Page, expect

from matching import services as matching_services
from matching.models import Match
from organizations.models import ResourceFlow
from proposals import services
from proposals.models import Proposal
from tests.factories import MembershipFactory, ResourceFlowFactory, SiteFactory, UserFactory
from tests.processes import wait_for

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def proposal() -> Proposal:
    """The Greenhouse has asked the Power Station for 500 of its 1,000 MWh of heat."""
    giver, taker = (
        MembershipFactory(
            user=UserFactory(email=f"{name.lower()}@example.org", full_name=name),
            organization__name=works,
        )
        for name, works in (("Gunda", "Power Station"), ("Tom", "Greenhouse"))
    )
    heat = ResourceFlowFactory(
        site=SiteFactory(organization=giver.organization),
        name="Surplus heat",
        current_cost_per_unit=4,
    )
    needed = ResourceFlowFactory(
        site=SiteFactory(organization=taker.organization, location="POINT(11.1 55.68)"),
        direction="input",
        type_code="heat",
        name="Heat for tomatoes",
        amount=500,
        current_cost_per_unit=60,
    )
    matching_services.rematch_flow(flow_id=heat.pk)
    proposal = services.create_proposal(
        actor=taker.user,
        from_organization=taker.organization,
        to_organization=giver.organization,
        resource=heat,
        direction="output",
        message="May we have it?",
        match=Match.objects.get(output=heat, input=needed),
        quantity=500,
    )
    proposal.giver, proposal.taker = giver.user, taker.user
    return proposal


def is_narrow(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def press(page: Page, name: str) -> None:
    """Use a button or link as one without a mouse does."""
    target = page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name))
    target.first.focus()
    page.keyboard.press("Enter")


def test_from_a_proposal_to_a_contract(page_of, proposal):
    theirs, ours = page_of(proposal.taker), page_of(proposal.giver, viewport=PHONE)
    for page in (theirs, ours):
        page.goto(f"/proposals/{proposal.pk}")
        expect(page.locator("[data-status=pending]")).to_be_visible()
        # On a phone the word has no room, but it is there.
        expect(page.locator("[data-connection].on")).to_have_count(1)
    assert is_narrow(ours)

    # A accepts, B begins: the other page follows each time.
    press(ours, "Accept")
    expect(theirs.locator("[data-status=accepted]")).to_be_visible()
    theirs.get_by_role("button", name="Start negotiating").click()
    expect(ours.locator("[data-status=negotiating]")).to_be_visible()

    # B writes; the message is there on A's page.
    theirs.locator("[name=text]").fill("From which price on?")
    theirs.get_by_role("button", name="Send", exact=True).click()
    expect(ours.locator("[data-messages]").get_by_text("From which price on?")).to_be_visible()

    # B has begun another message when A, by keyboard, offers a price and who pays the pipe.
    theirs.locator("[name=text]").fill("We could also")
    press(ours, "Make a counter-offer")
    expect(ours.locator("[name=quantity]")).to_have_value("500")
    assert is_narrow(ours)
    ours.locator("[name=price_per_unit]").focus()
    ours.keyboard.type("20")
    ours.locator("[name=connection_recipient_pct]").focus()
    ours.keyboard.type("60")
    ours.keyboard.press("Enter")
    expect(ours.locator("[data-terms-version='2']")).to_be_visible()
    expect(ours.get_by_text("Greenhouse pays 60 %, Power Station 40 %")).to_be_visible()
    assert is_narrow(ours)

    # B sees the difference and what it means, and has lost nothing.
    terms = theirs.locator("[data-terms-version='2']")
    expect(terms.get_by_text("20 EUR/MWh")).to_be_visible()
    expect(terms.get_by_text("What it brings Greenhouse, a year")).to_be_visible()
    expect(terms.get_by_text("What it brings Power Station, a year")).to_have_count(0)
    expect(theirs.locator("[name=text]")).to_have_value("We could also")

    # Both confirm the same version.
    theirs.get_by_role("button", name="Confirm version 2").click()
    expect(ours.get_by_text("Greenhouse has confirmed version 2.")).to_be_visible()
    press(ours, "Confirm version 2")
    for page in (theirs, ours):
        expect(page.locator("[data-status=contracted]")).to_be_visible()
        expect(page.get_by_text("Contracted on version 2")).to_be_visible()
    assert is_narrow(ours)

    # The quantity is taken, and what is left is matched again.
    assert set(ResourceFlow.objects.values_list("reserved_per_year", flat=True)) == {500.0}
    wait_for(lambda: not Match.objects.exists())
