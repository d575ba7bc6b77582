"""On a phone from a match to a proposal with its terms, and the region; light, steady and live."""

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from matching import services as matching_services
from matching.models import Match
from organizations.models import ResourceFlow
from organizations.services import save_flow
from proposals.models import Proposal
from tests.factories import MembershipFactory, ResourceFlowFactory, SiteFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
PHONE = {"width": 360, "height": 740}
# Of a page without the library of maps and its data [bytes on the wire].
HEAVIEST = 150_000
MAP_LIBRARY = ("/vendor/maplibre-gl/",)
# "Good" is below 0.1 (web.dev/articles/cls); ours are pages that do not move at all.
LARGEST_SHIFT = 0.02
OBSERVE = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture
def match() -> Match:
    """The Power Station has 1,000 MWh of heat, asks 9 EUR for each; the Greenhouse needs 500."""
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
        price_per_unit=9,
        temperature_celsius_min=85,
        temperature_celsius_max=95,
    )
    ResourceFlowFactory(
        site=SiteFactory(organization=taker.organization, location="POINT(11.1 55.68)"),
        direction="input",
        type_code="heat",
        name="Heat for tomatoes",
        amount=500,
        temperature_celsius_min=70,
        current_cost_per_unit=60,
    )
    matching_services.rematch_flow(flow_id=heat.pk)
    match = Match.objects.for_display().get()
    match.giver, match.taker = giver.user, taker.user
    return match


def weighed(page: Page, path: str) -> int:
    """Open a page with an empty cache, and return what came over the wire for it [bytes]."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    addresses, sizes = {}, []
    session.on(
        "Network.requestWillBeSent",
        lambda event: addresses.update({event["requestId"]: event["request"]["url"]}),
    )
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.append((event["requestId"], event["encodedDataLength"])),
    )
    page.goto(path)
    page.wait_for_load_state("networkidle")
    session.detach()
    return sum(
        size
        for request, size in sizes
        if not any(part in addresses.get(request, "") for part in MAP_LIBRARY)
    )


def test_from_a_match_to_a_proposal_on_a_phone_and_over_the_region(page_of, match):
    ours, theirs = page_of(match.taker, viewport=PHONE), page_of(match.giver)
    ours.add_init_script(OBSERVE)
    pages = {
        f"/matches/{match.pk}": 3,
        "/region": 3,
        "/dashboard": 0,
        f"/flows/{match.input_id}": 1,
        "/proposals/board": 0,
        "/": 0,
    }
    for path, drawings in pages.items():
        weight = weighed(ours, path)
        assert weight < HEAVIEST, (path, weight)
        shift = ours.evaluate("window.shift")
        assert shift < LARGEST_SHIFT, (path, shift)
        assert ours.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        assert ours.locator("main svg[role=img]").count() == drawings, path

    # The region has a table for each drawing, and each leaves as a file.
    ours.goto("/region")
    ours.locator("#region summary", has_text="As a table").first.click()
    expect(ours.get_by_role("cell", name="Hot water and district heat").first).to_be_visible()
    for kind, begin in (("CSV", b"\xef\xbb\xbfWho"), ("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with ours.expect_download() as download:
            ours.locator(".exports a", has_text=kind).first.click()
        assert download.value.suggested_filename == f"turash-flows.{kind.lower()}"
        assert download.value.path().read_bytes().startswith(begin), kind

    # What the other side changes is seen at once where it is looked at …
    theirs.goto(f"/matches/{match.pk}")
    expect(theirs.get_by_text("To spare")).to_be_visible()
    expect(theirs.locator("[data-connection].on")).to_be_visible()
    heat = ResourceFlow.objects.get(pk=match.output_id)
    heat.temperature_celsius_min = 65
    save_flow(heat)
    expect(theirs.get_by_text("Missing")).to_be_visible()

    # … and a proposal begins with what the match says.
    ours.goto(f"/matches/{match.pk}")
    ours.get_by_role("link", name="Propose an exchange").click()
    expect(ours.locator("[name=quantity]")).to_have_value("500.0")
    expect(ours.locator("[name=price_per_unit]")).to_have_value("9")
    ours.get_by_role("button", name="Send the proposal").click()
    expect(ours.get_by_text("The proposal is on its way.")).to_be_visible()
    proposal = Proposal.objects.get()
    assert (proposal.quantity, proposal.price_per_unit) == (500, Decimal(9))
