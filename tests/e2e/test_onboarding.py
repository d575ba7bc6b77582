"""A person who has never heard of this, on a phone: from signing in to the first match."""

import pytest
from playwright.sync_api import expect

from organizations.models import Draft, ResourceFlow
from tests.factories import MembershipFactory, ResourceFlowFactory, SiteFactory, UserFactory
from tests.processes import wait_for

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

# What one does besides typing: a tap, or a key that does the same.
MOST_TAPS = 9


@pytest.fixture
def neighbour():
    """Who needs heat beside Kalundborg."""
    site = SiteFactory(organization__name="Town heating", location="POINT(11.1 55.69)")
    return ResourceFlowFactory(
        site=site, direction="input", type_code="heat.low_grade", amount=5000
    )


def test_a_newcomer_finds_the_first_match_on_a_phone(page_of, neighbour):
    newcomer = UserFactory(email="newcomer@example.org")
    page = page_of(newcomer, viewport={"width": 360, "height": 740})
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    taps = []

    def tap(locator) -> None:
        locator.click()
        taps.append(str(locator))

    def press(key: str) -> None:
        page.keyboard.press(key)
        taps.append(key)

    def fits() -> bool:
        return page.evaluate("document.documentElement.scrollWidth") <= 360

    now = page.locator("[aria-current=step]")
    tap(page.get_by_role("link", name="New organization"))
    expect(now).to_have_text("Organization")
    page.get_by_label("Name").fill("Hillside Dairy")
    page.get_by_label("Sector").fill("10.51")
    assert fits()
    # Without the mouse from here: Enter in a field sends the form.
    press("Enter")

    # A town by its name, with the keys of a combobox.
    expect(now).to_have_text("Site")
    page.get_by_label("Name", exact=False).first.fill("Dairy")
    search = page.get_by_role("combobox", name="Search for a town")
    search.press_sequentially("Kalund")
    expect(page.get_by_role("option").first).to_have_text("Kalundborg, DK")
    expect(search).to_have_attribute("aria-expanded", "true")
    press("ArrowDown")
    active = page.get_by_role("option", selected=True)
    expect(search).to_have_attribute("aria-activedescendant", active.get_attribute("id"))
    press("Enter")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(page.get_by_label("City")).to_have_value("Kalundborg")
    expect(page.get_by_label("Country")).to_have_value("DK")
    assert abs(float(page.input_value("[name=location_latitude]")) - 55.68) < 0.01
    assert fits()
    page.locator("[name=name]").focus()
    press("Enter")

    # The sector has chosen the list; a size makes the amounts, and one of them is corrected.
    expect(now).to_have_text("Flows")
    page.get_by_label("Raw milk").fill("80000")
    press("Enter")
    heat = page.locator("[name=output-heat-low_grade-amount]")
    expect(heat).to_have_value("4000")
    assert fits()
    heat.fill("3500")
    expect(page.locator("draft-note")).to_contain_text("Draft saved")
    tap(page.get_by_role("button", name="Declare these flows"))

    # The real worker looks for partners meanwhile.
    expect(now).to_have_text("Matches")
    match = page.get_by_role("link", name="Low-grade heat")
    # Within seconds on a quiet machine.
    expect(match.first).to_be_visible(timeout=60_000)
    assert fits()
    tap(match.first)
    expect(page.get_by_text("Town heating").first).to_be_visible()
    assert len(taps) <= MOST_TAPS, taps
    assert faults == []
    assert ResourceFlow.objects.get(amount=3500).precision_level == "rough"
    assert not Draft.objects.exists()


def test_what_was_typed_outlives_the_tab_the_network_and_the_session(page_of, neighbour):
    member = MembershipFactory(user__email="typist@example.org")
    page = page_of(member.user)
    address = f"/organizations/{member.organization.pk}/sites/new"
    note = page.locator("draft-note")

    # The tab is closed.
    page.goto(address)
    page.fill("[name=name]", "Third shed")
    expect(note).to_contain_text("Draft saved")
    other = page.context.new_page()
    other.goto(address)
    expect(other.locator("[name=name]")).to_have_value("Third shed")

    # Two tabs: neither overwrites the other unasked.
    other.fill("[name=name]", "Third barn")
    expect(other.locator("draft-note")).to_contain_text("Draft saved")
    page.fill("[name=city]", "Odense")
    expect(note).to_contain_text("another tab")
    page.get_by_role("button", name="Keep what I see here").click()
    expect(note).to_contain_text("Draft saved")
    assert "Odense" in Draft.objects.get().body
    other.close()

    # The network goes: nothing is sent into the void, and the browser keeps it.
    page.context.set_offline(True)
    page.fill("[name=city]", "Aarhus")
    page.get_by_role("button", name="Save").click()
    expect(note).to_contain_text("No connection")
    expect(page.locator("[name=city]")).to_have_value("Aarhus")
    page.context.set_offline(False)
    wait_for(lambda: "Aarhus" in Draft.objects.get().body)

    # The session ends: the form stays, and after signing in again everything is there.
    cookies = [one for one in page.context.cookies() if one["name"] != "sessionid"]
    page.context.clear_cookies()
    page.context.add_cookies(cookies)
    page.fill("[name=city]", "Ribe")
    page.get_by_role("button", name="Save").click()
    expect(note).to_contain_text("You are signed out")
    assert page.url.endswith("/sites/new")
    page.reload()
    page.fill("[name=username]", member.user.email)
    page.fill("[name=password]", "secret")
    page.click("main button")
    expect(page.locator("[name=city]")).to_have_value("Ribe")
    expect(page.locator("[name=name]")).to_have_value("Third shed")
    wait_for(lambda: "Ribe" in Draft.objects.get().body)
