"""The large map in a browser, and its features in a map program."""

import pytest
from django.contrib.gis.gdal import DataSource
from playwright.sync_api import expect

from matching import services
from tests.factories import MembershipFactory, ResourceFlowFactory, SiteFactory
from tests.processes import wait_for

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

SEEN = """layer => {
    const { map } = document.querySelector('turash-atlas');
    const found = map.queryRenderedFeatures({ layers: [layer] });
    return found.map(({ geometry, properties }) => ({ geometry, properties }));
}"""


@pytest.fixture
def member():
    member = MembershipFactory(organization__name="Power Station", user__email="giver@example.org")
    surplus = ResourceFlowFactory(site__organization=member.organization, site__name="Boiler house")
    house = SiteFactory(organization__name="Greenhouse", location="POINT(11.1 55.7)")
    ResourceFlowFactory(site=house, direction="input", type_code="heat", amount=500)
    services.rematch_flow(flow_id=surplus.pk)
    return member


def test_the_map_is_filtered_measured_and_opened_elsewhere(page_of, server, member):
    page = page_of(member.user)
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)

    def seen(layer: str) -> list[dict]:
        return page.evaluate(SEEN, layer)

    # Two sites by vector tiles, and the match between them as an arc.
    page.goto("/map")
    page.wait_for_selector("turash-atlas[data-ready=true]")
    wait_for(lambda: {one["properties"]["title"] for one in seen("sites")} == {
        "Power Station", "Greenhouse",
    })  # fmt: skip
    wait_for(lambda: any(len(one["geometry"]["coordinates"]) > 2 for one in seen("matches")))

    # Filters and the view are in the address, which gives the same again.
    page.select_option("[name=direction]", "input")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**direction=input**")
    page.wait_for_selector("turash-atlas[data-ready=true]")
    wait_for(lambda: [one["properties"]["text"] for one in seen("sites")] != [])
    assert {one["properties"]["title"] for one in seen("sites")} == {"Greenhouse"}
    page.locator("canvas.maplibregl-canvas").focus()
    before = page.url
    page.keyboard.press("-")
    page.wait_for_url(lambda address: address != before and "at=55." in address)
    page.reload()
    page.wait_for_selector("turash-atlas[data-ready=true]")
    expect(page.locator("#sights")).not_to_contain_text("Power Station")
    page.select_option("[name=direction]", "")

    # An area without a mouse, and one with it.
    page.get_by_role("button", name="Of what is in sight").focus()
    page.keyboard.press("Enter")
    balance = page.get_by_role("region", name="Balance of the area")
    page.wait_for_url("**west=**")
    expect(balance).to_contain_text("1,000 MWh")
    expect(page.locator("turash-atlas[data-ready=true]")).to_be_visible()
    page.get_by_role("button", name="Drag a box").click()
    page.locator("turash-atlas").scroll_into_view_if_needed()
    frame = page.locator("turash-atlas").bounding_box()
    page.mouse.move(frame["x"] + 5, frame["y"] + 5)
    page.mouse.down()
    page.mouse.move(frame["x"] + 40, frame["y"] + 40)
    page.mouse.up()
    expect(page.get_by_text("No flow lies in this area.")).to_be_visible()
    assert complaints == []

    # GDAL, with which QGIS and others open features, finds the public ones by the address alone.
    layers = {layer.name: layer for layer in DataSource(f"OAPIF:{server}/ogc")}
    assert set(layers) >= {"sites", "flows", "matches", "clusters"}
    assert {site.get("name") for site in layers["sites"]} >= {"Boiler house"}
    layers["flows"].spatial_filter = (11.05, 55.6, 11.095, 55.69)
    assert [flow.get("direction") for flow in layers["flows"]] == ["output"]
