"""The page of the region: what anybody sees, what members see, and its files."""

import csv
import io
from xml.etree import ElementTree as ET

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from maps.region import KEY
from matching import services as matching_services
from organizations.models.stage import Stage
from tests.factories import OrganizationFactory, ResourceFlowFactory, SiteFactory
from turash.charts.network import Tie, network_of
from turash.charts.sankey import sankey_through

pytestmark = pytest.mark.django_db
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def _fresh():
    cache.delete(KEY)


def flow(organization, **fields):
    return ResourceFlowFactory(site=SiteFactory(organization=organization), **fields)


@pytest.fixture
def region(pair):
    """
    Alice gives 1,000 MWh, Charlie needs 500; two more give 1,234 and 77 where he can take it.

    What the second gives is rounded for others; a third has something that only it may see.
    """
    coy = OrganizationFactory(name="Coy", figures_from=Stage.NEVER)
    open_ = OrganizationFactory(name="=Open")
    flows = [flow(coy, amount=1234), flow(open_, amount=77)]
    flow(OrganizationFactory(name="Hidden", visibility="private"), amount=5000)
    flow(coy, amount=3000, visibility="private")
    for one in flows:
        matching_services.rematch_flow(flow_id=one.pk)
    return pair


def table(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_anybody_sees_public_sums_and_no_exact_figures(client, region):
    html = client.get("/region").content.decode()
    assert html.count("<svg") == 2
    for name in ("Alice Works", "Charlie Works", "Coy"):
        assert name in html
    assert "Hidden" not in html
    assert "1,234" not in html
    header, *rows = table(client.get("/region/flows.csv"))
    assert header[-2:] == ["Per year", "Unit"]
    assert ["Coy", "gives", "Hot water and district heat", "1", "1000.0", "MWh"] in rows
    # A name is no formula in somebody's spreadsheet.
    assert "'=Open" in {row[0] for row in rows}
    # Of three givers the sum is told; that Charlie alone has a partner is not.
    balance = {row[0]: row for row in table(client.get("/region/balance.csv"))[1:]}
    assert balance["Hot water and district heat"][3:5] == ["2077.0", "2077.0"]
    heat = next(row for name, row in balance.items() if row[6] == "500.0")
    assert heat[7] == ""
    # Who fits whom is for those whom it concerns.
    assert client.get("/region/network.csv").status_code == 404
    assert client.get("/region/network.svg").status_code == 404


def test_members_see_their_own_network_and_facilitators_the_best_of_all(
    client_as, alice, facilitator, region
):
    ours = table(client_as(alice).get("/region/network.csv"))[1:]
    assert ours == [["Alice Works", "Charlie Works", "1", "0"]]
    theirs = {row[0] for row in table(client_as(facilitator).get("/region/network.csv"))[1:]}
    # 77 MWh are not worth a pipe.
    assert theirs == {"Alice Works", "Coy"}
    html = client_as(alice).get("/region?family=energy").content.decode()
    assert html.count("<svg") == 3
    # Water is something else, and there is none.
    assert client_as(alice).get("/region?family=water").content.decode().count("<svg") == 0
    assert table(client_as(alice).get("/region/network.csv?family=water"))[1:] == []


def test_a_drawing_is_a_file_that_any_program_shows(client, region):
    answer = client.get("/region/flows.svg?family=energy")
    assert answer["Content-Disposition"] == 'attachment; filename="turash-flows.svg"'
    drawing = ET.fromstring(answer.content)
    assert drawing.get("width") == "720"
    style = drawing.find(f"{SVG}style").text
    assert ".ribbon" in style
    assert "var(" not in style
    assert "color-mix" not in style
    names = {node.text for node in drawing.iter(f"{SVG}text")}
    assert {"Alice Works", "Charlie Works", "=Open"} <= names


def test_the_page_costs_as_many_queries_however_many_there_are(client_as, alice, region):
    counts = []
    client = client_as(alice)
    for _size in range(2):
        cache.delete(KEY)
        with CaptureQueriesContext(connection) as queries:
            client.get("/region")
        counts.append(len(queries))
        for number in range(4):
            other = flow(OrganizationFactory(name=f"More {number}"), amount=10)
            matching_services.rematch_flow(flow_id=other.pk)
    assert counts[0] == counts[1] <= 20


def test_of_many_organizations_their_sectors_are_shown(client, region, monkeypatch):
    monkeypatch.setattr("maps.region.MOST_ORGANIZATIONS", 1)
    owner = region.output.organization
    type(owner).objects.filter(pk=owner.pk).update(sector="35.11")
    parts = {row[0] for row in table(client.get("/region/flows.csv"))[1:]}
    assert parts == {"Electricity, gas and heat", "Sector not stated"}


def test_drawings_are_the_same_each_time_and_nothing_lies_on_top_of_another():
    ties = {(f"Works {i % 9}", f"Plant {i * 5 % 13}"): Tie(1 + i, "") for i in range(40)}
    drawn = network_of(ties, own=["Works 1"])
    assert drawn == network_of(ties, own=["Works 1"])
    assert {dot.name for dot in drawn.dots} == {name for pair in ties for name in pair}
    places = {(dot.x, dot.y) for dot in drawn.dots}
    assert len(places) == len(drawn.dots)
    assert all(0 <= float(x) <= 720 and 0 <= float(y) <= 480 for x, y in places)
    assert [dot.name for dot in drawn.dots if dot.is_own] == ["Works 1"]
    assert network_of({}) is None

    drawn = sankey_through({("A", "heat"): 30, ("B", "heat"): 10}, {("heat", "C"): 20})
    heights = {node.name: node.height for node in drawn.nodes}
    assert heights["heat"] == pytest.approx(heights["A"] + heights["B"], abs=0.2)
    assert heights["C"] == pytest.approx(heights["heat"] / 2, abs=0.2)
    assert max(node.y + node.height for node in drawn.nodes) <= drawn.height
