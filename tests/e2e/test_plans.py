"""A plan from two clicks on the map to proposals, computed by a real worker."""

import json

import pytest
from playwright.sync_api import expect

from organizations.models import ResourceFlow
from plans.models import Plan
from proposals.models import Proposal
from tests.plans.conftest import membership_of_dora, region  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_a_region_is_clicked_planned_and_proposed(page_of, alice, region):  # noqa: F811
    page = page_of(alice)
    page.goto("/plans/new")
    page.fill("[name=name]", "Ash around the fjord")
    sides = [page.locator(f"[name={side}]") for side in ("west", "south", "east", "north")]
    canvas = page.locator("box-picker canvas")
    expect(canvas).to_be_visible()
    # Denmark lies between these two.
    canvas.click(position={"x": 420, "y": 250})
    canvas.click(position={"x": 90, "y": 15})
    west, south, east, north = (float(side.input_value()) for side in sides)
    assert west < 11 < 12 < east
    assert south < 55 < 56 < north
    # Corner by corner an area comes out, which the text field keeps; and goes again.
    page.click("text=Draw an area")
    for x, y in ((420, 250), (90, 15), (420, 15)):
        canvas.click(position={"x": x, "y": y})
    area = json.loads(page.input_value("[name=area]"))
    assert (area["type"], len(area["coordinates"][0])) == ("Polygon", 4)
    page.click("text=Remove the area")
    expect(page.locator("[name=area]")).to_have_value("")
    assert west == float(sides[0].input_value())
    page.click("main form button.primary")
    # The page asks until a worker has done it, and then shows it by itself.
    expect(page.get_by_text("No plan of these matches is worth more.")).to_be_visible()
    expect(page.locator("svg.sankey .ribbon")).to_have_count(2)
    expect(page.locator("turash-map canvas")).to_be_visible()
    for tick in page.locator("[name=match_ids]").all():
        tick.check()
    page.click("text=Propose what is ticked")
    expect(page.get_by_text("2 proposals are on their way.")).to_be_visible()
    assert Plan.objects.get().status == "finished"
    assert set(Proposal.objects.values_list("resource", flat=True)) == set(
        ResourceFlow.objects.filter(direction="input").values_list("pk", flat=True)
    )
