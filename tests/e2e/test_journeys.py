"""Two people in two browsers, from a new flow to an accepted proposal."""

import pytest
from playwright.sync_api import expect

from matching.models import Match, MatchCluster
from proposals.models import Proposal
from tests.factories import (
    MembershipFactory,
    ResourceFlowFactory,
    SiteFactory,
    UserFactory,
)
from tests.matching.groups import build, group
from tests.matching.region import full_run
from tests.processes import wait_for

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def giver():
    user = UserFactory(email="giver@example.org", password="secret")
    member = MembershipFactory(user=user, organization__name="Power Station")
    SiteFactory(organization=member.organization, name="Boiler house")
    return member


@pytest.fixture
def taker():
    user = UserFactory(email="taker@example.org", password="secret")
    member = MembershipFactory(user=user, organization__name="Greenhouse")
    site = SiteFactory(organization=member.organization, location="POINT(11.1 55.68)")
    member.flow = ResourceFlowFactory(
        site=site, direction="input", type_code="heat", name="Heat for tomatoes", amount=500
    )
    return member


def test_from_a_new_flow_to_an_accepted_proposal(page_of, giver, taker):
    # B looks at the flow that nobody serves yet.
    theirs = page_of(taker.user)
    theirs.goto(f"/flows/{taker.flow.pk}")
    expect(theirs.get_by_text("Nobody fits yet")).to_be_visible()
    expect(theirs.locator("[data-connection].on")).to_be_visible()

    # A declares surplus heat by the form.
    ours = page_of(giver.user)
    ours.goto(f"/organizations/{giver.organization.pk}/flows/new")
    ours.select_option("[name=direction]", "output")
    option = ours.locator("[name=resource_type] option", has_text="Hot water").first
    ours.select_option("[name=resource_type]", option.get_attribute("value"))
    ours.fill("[name=name]", "Surplus hot water")
    ours.fill("[name=amount]", "1.2")
    ours.fill("[name=unit]", "GWh")
    ours.click("main form button.primary")
    expect(ours.get_by_role("heading", name="Surplus hot water")).to_be_visible()
    expect(ours.locator(".match").get_by_text("Heat for tomatoes")).to_be_visible()

    # B sees the match without touching the page, and proposes.
    expect(theirs.locator(".match").get_by_text("Surplus hot water")).to_be_visible()
    theirs.get_by_role("link", name="Propose an exchange").click()
    theirs.fill("[name=message]", "May we have it?")
    theirs.click("main form button.primary")
    expect(theirs.locator("[data-status=pending]")).to_be_visible()

    # A hears of it, opens it and accepts.
    ours.locator("[data-notices] a", has_text="A new proposal").click()
    ours.fill("[name=comment]", "Gladly")
    ours.get_by_role("button", name="Accept").click()
    expect(ours.locator("[data-status=accepted]")).to_be_visible()

    # B sees it without touching the page.
    expect(theirs.locator("[data-status=accepted]")).to_be_visible()
    expect(theirs.get_by_text("Gladly")).to_be_visible()
    assert Proposal.objects.get().status == "accepted"


def test_a_click_on_the_picker_sets_the_place(page_of, giver):
    page = page_of(giver.user)
    page.goto(f"/organizations/{giver.organization.pk}/sites/new")
    canvas = page.locator("map-picker canvas")
    expect(canvas).to_be_visible()
    page.wait_for_timeout(500)
    canvas.click(position={"x": 200, "y": 100})
    assert float(page.input_value("[name=location_longitude]")) != 0
    page.fill("[name=name]", "Second house")
    page.click("main form button.primary")
    expect(page.get_by_text("Second house")).to_be_visible()


def test_areas_of_many_matches_are_found_without_a_mouse(page_of, giver):
    build(group(11.0, 55.6, city="Kalundborg"))
    full_run()
    # The end of the run has them computed.
    wait_for(MatchCluster.objects.exists)
    page = page_of(giver.user, viewport={"width": 360, "height": 740})
    page.goto("/map")
    expect(page.locator("turash-atlas[data-ready=true]")).to_be_visible()
    row = page.locator("[data-area]")
    row.get_by_role("link", name="Heat around Kalundborg").focus()
    expect(row).to_have_class("pointed")
    page.keyboard.press("Enter")
    wait_for(lambda: areas_in_sight(page) == 1)
    page.get_by_role("checkbox", name="areas of many matches").focus()
    page.keyboard.press("Space")
    wait_for(lambda: areas_in_sight(page) == 0)


def areas_in_sight(page) -> int:
    return page.evaluate(
        "document.querySelector('turash-atlas').map"
        ".queryRenderedFeatures({layers: ['clusters']}).length"
    )


def test_without_webgl_the_list_and_the_numbers_do(page_of, giver, taker):
    page = page_of(giver.user)
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page.goto("/map")
    expect(page.get_by_text("The map needs WebGL")).to_be_visible()
    expect(page.get_by_role("link", name="Greenhouse")).to_be_visible()
    page.goto(f"/organizations/{giver.organization.pk}/sites/new")
    page.fill("[name=name]", "Second house")
    page.get_by_label("Longitude").fill("11.2")
    page.get_by_label("Latitude").fill("55.7")
    page.click("main form button.primary")
    expect(page.get_by_text("55.7000, 11.2000")).to_be_visible()


def test_what_is_being_typed_outlives_the_news(page_of, giver, taker):
    site = giver.organization.sites.get()
    ResourceFlowFactory(site=site, name="Surplus hot water")
    page = page_of(taker.user)
    page.goto(f"/flows/{taker.flow.pk}")
    page.get_by_text("Not this one").click()
    page.fill("[name=reason]", "Too far")
    ResourceFlowFactory(site=site, name="More hot water")
    expect(page.locator("[data-notices] a", has_text="A new match")).to_be_visible()
    expect(page.locator("[name=reason]").first).to_have_value("Too far")
    page.locator("[name=reason]").first.blur()
    expect(page.locator(".match").get_by_text("More hot water")).to_be_visible()


def test_no_page_is_wider_than_a_small_phone_or_has_a_fault(page_of, giver, taker):
    ResourceFlowFactory(site=giver.organization.sites.get(), name="Surplus hot water")
    page = page_of(taker.user, viewport={"width": 360, "height": 740})
    faults = []
    page.on("pageerror", lambda error: faults.append((page.url, str(error))))
    page.goto(f"/flows/{taker.flow.pk}")
    expect(page.locator(".match")).to_be_visible()
    match = Match.objects.get()
    paths = [
        "/",
        "/dashboard",
        "/map",
        "/proposals",
        "/proposals/board",
        "/plans",
        "/plans/new",
        "/notifications",
        "/mail",
        "/tokens",
        f"/flows/{taker.flow.pk}",
        f"/flows/{taker.flow.pk}/edit",
        f"/matches/{match.pk}",
        f"/flows/{match.output_id}/propose",
        f"/organizations/{taker.organization.pk}",
        f"/organizations/{taker.organization.pk}/edit",
        f"/organizations/{taker.organization.pk}/sites/new",
        "/nowhere",
    ]
    for path in paths:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    assert not faults


def test_a_flow_can_be_declared_by_keyboard_alone(page_of, giver):
    page = page_of(giver.user)
    page.goto(f"/organizations/{giver.organization.pk}/flows/new")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator("[name=direction]").focus()
    page.keyboard.type("Output")
    page.keyboard.press("Tab")
    page.keyboard.type("Hot water")
    page.keyboard.press("Tab")
    page.keyboard.type("By keyboard")
    page.locator("[name=amount]").focus()
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="By keyboard")).to_be_visible()
