"""A facilitator's day in the admin, on a phone and on a screen, with a real worker."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from matching import services
from matching.models import MatchingRun, MatchingWeights
from organizations.models import ResourceFlow
from tests.factories import ResourceFlowFactory, SiteFactory
from turash.desk.models import BulkAction, SavedFilter

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
# Set, it says where pictures of each page go.
PICTURES = os.environ.get("PICTURES")
WIDTHS = (360, 1280)
# What sticks out of the page, once that has been laid out anew.
WIDE = """() => new Promise((tell) => requestAnimationFrame(() => requestAnimationFrame(() => {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return tell([]);
    const wide = [...document.querySelectorAll("body *")].filter(
        (one) => one.getBoundingClientRect().right > room + 1);
    tell(wide.slice(0, 8).map((one) => `${one.tagName}#${one.id}.${one.className}`));
})))"""


@pytest.fixture
def flows():
    """More than are changed while one waits; one is refused."""
    site = SiteFactory(organization__name="Power Station", name="Boiler house")
    flows = [ResourceFlowFactory(site=site, name=f"Steam {number}") for number in range(52)]
    ResourceFlow.objects.filter(pk=flows[7].pk).update(name="Broken", unit="parsec")
    house = SiteFactory(organization__name="Greenhouse", location="POINT(11.2 55.7)")
    needed = ResourceFlowFactory(site=house, direction="input", type_code="heat", amount=500)
    services.rematch_flow(flow_id=needed.pk)
    return flows


class Eyes:
    """Looks at a page in both widths: nothing sticks out, and the browser complains of nothing."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)

    def look(self, name: str) -> None:
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 800})
            wide = self.page.evaluate(WIDE)
            assert not wide, (name, width, wide)
            if PICTURES:
                self.page.wait_for_timeout(300)
                path = Path(PICTURES) / f"{name}-{width}.png"
                self.page.screenshot(path=path, full_page=True)
        assert self.complaints == [], name


def test_a_list_is_narrowed_kept_mapped_and_changed_and_weights_are_weighed(
    page_of, facilitator, flows
):
    page = page_of(facilitator, viewport={"width": 1280, "height": 800})
    eyes = Eyes(page)

    # A filter is kept under a name.
    page.goto("/admin/organizations/resourceflow/?direction__exact=output")
    page.get_by_text("Keep this filter").click()
    page.locator(".saved-filters [name=name]").fill("All that is given away")
    page.locator(".saved-filters [name=is_shared]").check()
    page.locator(".saved-filters button").click()
    expect(page.locator(".saved-filters [aria-current]")).to_contain_text("All that is given away")
    assert SavedFilter.objects.get().is_shared

    # The map of what is filtered, remembered on the next list.
    page.locator(".object-tools").get_by_role("link", name="Map", exact=True).click()
    page.wait_for_selector("turash-map[data-ready=true] canvas")
    eyes.look("list")
    page.goto("/admin/organizations/site/")
    page.wait_for_selector("turash-map[data-ready=true]")
    page.get_by_role("link", name="Hide the map").click()
    expect(page.locator("turash-map")).to_have_count(0)
    page.goto(f"/admin/organizations/resourceflow/{flows[0].pk}/change/")
    page.wait_for_selector("turash-map[data-ready=true]")
    eyes.look("flow")

    # All that match are paused, while a page shows how far it is.
    page.goto("/admin/organizations/resourceflow/?direction__exact=output")
    page.locator("#action-toggle").check()
    page.get_by_role("button", name="Click here to select").or_(
        page.locator(".actions .question a")
    ).first.click()
    page.select_option("[name=action]", "pause")
    page.locator(".actions button[type=submit]").click()
    page.wait_for_url("**/admin/desk/bulkaction/**")
    page.wait_for_selector("[data-status=finished]")
    expect(page.get_by_role("row", name="Broken")).to_be_visible()
    eyes.look("progress")
    job = BulkAction.objects.get()
    assert (job.changed_count, job.failed_count) == (51, 1)
    assert ResourceFlow.objects.filter(status="paused").count() == 51
    page.goto("/admin/filters/")
    eyes.look("filters")

    # Other weights: what they would change, then a run that brings them.
    page.goto("/admin/matching/matchingweights/preview/")
    page.fill("[name=spatial]", "30")
    page.get_by_role("button", name="Show what changes").click()
    expect(page.locator("[data-preview]")).to_contain_text("2 active flows")
    eyes.look("weights")
    page.fill("#id_reason", "Pipes are dear here")
    page.get_by_role("button", name="Apply and compute all matches").click()
    page.wait_for_url("**/admin/matching/matchingweights/")
    expect(page.get_by_text("Pipes are dear here")).to_be_visible()
    eyes.look("versions")
    row = MatchingWeights.objects.get()
    assert row.requested_by == facilitator
    assert MatchingRun.objects.get().requested_by == facilitator
