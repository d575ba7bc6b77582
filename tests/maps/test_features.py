"""
OGC API Features, Part 1: Core (OGC 17-069r4), requirement by requirement.

Each test names the requirements whose abstract test it does. What a service of another kind would
need (HTML, XML, Part 2) is not claimed in the conformance declaration.
"""

from datetime import datetime, timedelta
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from drf_spectacular.validation import validate_schema

from maps.api import features as views
from organizations.models import Disclosure, ResourceFlow
from tests.factories import ResourceFlowFactory

pytestmark = pytest.mark.django_db

GEOJSON = "application/geo+json"
CORE = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
FLOWS = "/ogc/collections/flows/items"


@pytest.fixture
def ask(region, api):
    """Return the JSON of an address, as somebody gets it."""

    def answer(address: str, who: str = "anonymous", status: int = 200, **query):
        api.force_authenticate(None if who == "anonymous" else region.viewers[who])
        parts = urlsplit(address)
        told = api.get(f"{parts.path}?{parts.query}" if parts.query else parts.path, query)
        assert told.status_code == status, told.content
        if status >= 400:
            assert told["Content-Type"] == "application/problem+json"
        return told.json() | {"_kind": told["Content-Type"]}

    return answer


def link(document: dict, rel: str) -> dict:
    (found,) = [one for one in document["links"] if one["rel"] == rel]
    return found


def ids(document: dict) -> list[str]:
    return [feature["id"] for feature in document["features"]]


def test_root_conformance_and_definition(ask):
    """/req/core/root-op, root-success, api-definition-op, -success, conformance-op, -success;
    /req/oas30/oas-common, oas-definition-1, -2, oas-impl."""
    root = ask("/ogc/")
    assert root.items() >= {"title": "Turash"}.items()
    for rel, kind in [
        ("service-desc", "application/vnd.oai.openapi+json;version=3.0"),
        ("conformance", "application/json"),
        ("data", "application/json"),
    ]:
        assert link(root, rel)["type"] == kind
        assert ask(link(root, rel)["href"])["_kind"] == kind
    assert set(ask(link(root, "conformance")["href"])["conformsTo"]) == {
        CORE, CORE.replace("core", "oas30"), CORE.replace("core", "geojson"),
    }  # fmt: skip
    definition = ask(link(root, "service-desc")["href"])
    del definition["_kind"]
    validate_schema(definition)
    assert definition["servers"] == [{"url": "http://testserver/ogc"}]
    # Every path of the definition answers.
    for path in definition["paths"]:
        if "{" not in path:
            ask(f"/ogc{path}")


def test_collections(ask):
    """/req/core/fc-md-op, fc-md-success, fc-md-links, fc-md-items, fc-md-items-links, fc-md-extent,
    sfc-md-op, sfc-md-success, crs84."""
    told = ask("/ogc/collections")
    assert link(told, "self")
    assert [one["id"] for one in told["collections"]] == ["sites", "flows", "matches", "clusters"]
    for one in told["collections"]:
        assert link(one, "items")["type"] == GEOJSON
        assert one["extent"]["spatial"] == {"bbox": [[-180, -90, 180, 90]], "crs": CRS84}
        assert one["crs"] == [CRS84]
        alone = ask(f"/ogc/collections/{one['id']}")
        assert {**alone, "_kind": ""} == {**one, "_kind": ""}
    ask("/ogc/collections/noise", status=404)
    ask("/ogc/collections/noise/items", status=404)


def test_features_and_one_feature(region, ask):
    """/req/core/fc-op, fc-response, fc-links, fc-rel-type, fc-timeStamp, fc-numberMatched,
    fc-numberReturned, f-op, f-success, f-links; /req/geojson/definition, content."""
    for name, who, shape in [
        ("sites", "anonymous", "Point"), ("flows", "anonymous", "Point"),
        ("matches", "member", "LineString"), ("clusters", "other", "MultiPolygon"),
    ]:  # fmt: skip
        told = ask(f"/ogc/collections/{name}/items", who)
        assert (told["type"], told["_kind"]) == ("FeatureCollection", GEOJSON)
        assert told["numberReturned"] == len(told["features"]) > 0
        assert told.get("numberMatched", told["numberReturned"]) == told["numberReturned"]
        assert datetime.fromisoformat(told["timeStamp"]).utcoffset() == timedelta(0)
        assert link(told, "self")["type"] == GEOJSON
        first = told["features"][0]
        assert (first["type"], first["geometry"]["type"]) == ("Feature", shape)
        # Flat, so that a table of attributes shows them.
        assert not any(isinstance(value, dict | list) for value in first["properties"].values())
        alone = ask(f"/ogc/collections/{name}/items/{first['id']}", who)
        assert alone["_kind"] == GEOJSON
        assert link(alone, "collection")["href"].endswith(f"/ogc/collections/{name}")
        ask(link(alone, "self")["href"], who)
        assert {name: alone[name] for name in first} == first
    (match,) = ask("/ogc/collections/matches/items", "member")["features"]
    assert match["id"] == str(region.match.pk)
    assert match["properties"]["savings_eur_per_year"] == pytest.approx(
        float(region.match.__class__.objects.for_display().get().savings_eur_per_year)
    )
    unknown = "019abcde-0000-7000-8000-000000000000"
    ask(f"{FLOWS}/{unknown}", status=404)


def test_the_reference_system_is_told(region, api, monkeypatch):
    """/req/core/crs84, /req/core/http."""
    answer = api.get(FLOWS)
    assert answer["Content-Crs"] == f"<{CRS84}>"
    # Whoever has got them already gets them no more, whatever the time is.
    later = timezone.now() + timedelta(minutes=1)
    monkeypatch.setattr("maps.api.features.timezone", SimpleNamespace(now=lambda: later))
    assert api.get(FLOWS, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    again = api.get(FLOWS)
    assert (again["ETag"], again.json()["features"]) == (answer["ETag"], answer.json()["features"])
    assert again.content != answer.content
    assert api.get(f"{FLOWS}?limit=1")["ETag"] != answer["ETag"]
    assert api.head(FLOWS).status_code == 200
    assert api.post(FLOWS, {}).status_code in (401, 403, 405)


def test_pages_follow_each_other(region, ask, monkeypatch, django_assert_max_num_queries):
    """/req/core/fc-limit-definition, fc-limit-response-1; pages cost the same however many."""
    everything = ids(ask(FLOWS, "facilitator"))
    assert len(everything) == len(region.flows)
    seen, address = [], f"{FLOWS}?limit=3"
    while address:
        with django_assert_max_num_queries(9):
            page = ask(address, "facilitator")
        assert page["numberMatched"] == len(everything)
        seen += ids(page)
        following = [one["href"] for one in page["links"] if one["rel"] == "next"]
        address = following[0] if following else ""
    assert seen == everything
    matches = ask("/ogc/collections/matches/items", "facilitator", limit=1)
    assert (matches["numberReturned"], "numberMatched" in matches) == (1, False)
    # A row that goes meanwhile does not shift the next page.
    first = ask(FLOWS, "facilitator", limit=3)
    ResourceFlow.objects.filter(pk=ids(first)[0]).delete()
    assert ids(ask(link(first, "next")["href"], "facilitator")) == everything[3:6]
    assert ask(FLOWS, limit=1_000_000_000)["numberReturned"] == 2  # of 3 public ones
    for wrong in ("0", "-1", "x", "1.5", ""):
        assert "limit" in ask(FLOWS, status=400, limit=wrong)["errors"]
    ask(FLOWS, status=400, after="x")
    # More than are counted.
    monkeypatch.setattr(views, "MOST_COUNTED", 1)
    assert "numberMatched" not in ask(FLOWS, "facilitator", limit=1)


def test_boxes(region, ask):
    """/req/core/fc-bbox-definition, fc-bbox-response."""
    for name, who, inside in [
        ("flows", "anonymous", "11.1,55.68,11.1,55.68"), ("sites", "anonymous", "11,55,11.095,56"),
        ("matches", "member", "11.094,55,11.096,56"), ("clusters", "member", "11.1,55.6,11.2,55.7"),
        ("flows", "anonymous", "11.1,55.68,-5,11.1,55.68,9000"),
        # Across the 180th meridian.
        ("flows", "other", "179,-20,-179,-10"), ("sites", "other", "179,-20,-1,-179,-10,1"),
    ]:  # fmt: skip
        address = f"/ogc/collections/{name}/items"
        assert len(ids(ask(address, who, bbox=inside))) == 1, (name, inside)
        assert ids(ask(address, who, bbox="-179,-80,-178,-70")) == []
    for wrong in ("1,2,3", "1,2,3,4,5", "a,b,c,d", "0,5,1,4", "0,0,0,91", "181,0,182,1",
                  "nan,0,0,0", "0,0,inf,1", ""):  # fmt: skip
        assert "bbox" in ask(FLOWS, status=400, bbox=wrong)["errors"]


def test_times(region, ask):
    """/req/core/fc-time-definition, fc-time-response: the surplus heat ends with June 2027."""
    surplus = str(region.surplus.pk)
    for moment, is_there in [
        ("2027-06-30T23:59:59Z", True), ("2027-07-01T00:00:00Z", False),
        ("2027-07-01T00:30:00+01:00", True), ("2027-07-01T00:00:00Z/..", False),
        ("2027-06-30T00:00:00Z/..", True), ("../2020-01-01T00:00:00Z", True),
        ("/2020-01-01T00:00:00Z", True), ("2027-07-02/2027-07-03", False),
    ]:  # fmt: skip
        assert (surplus in ids(ask(FLOWS, datetime=moment))) == is_there, moment
    # Sites have no time.
    assert len(ids(ask("/ogc/collections/sites/items", datetime="1900-01-01T00:00:00Z"))) == 2
    for wrong in (
        "x", "2027-13-01T00:00:00Z", "2027-01-01T00:00:00", "..", "../..", "",
        "2027-02-01T00:00:00Z/2027-01-01T00:00:00Z", "2027-01-01/2027-02-01/x",
    ):  # fmt: skip
        assert "datetime" in ask(FLOWS, status=400, datetime=wrong)["errors"]


def test_parameters_that_are_unknown_or_wrong(ask):
    """/req/core/query-param-unknown, query-param-invalid."""
    for address in ("/ogc", "/ogc/conformance", "/ogc/api", "/ogc/collections",
                    "/ogc/collections/flows", FLOWS):  # fmt: skip
        assert "colour" in ask(address, status=400, colour="red")["errors"]
    assert (
        "direction" in ask("/ogc/collections/sites/items", status=400, direction="input")["errors"]
    )
    assert "direction" in ask(FLOWS, status=400, direction="up")["errors"]
    assert len(ids(ask(FLOWS, direction="input", resource_type="heat"))) == 1


def test_one_sees_here_what_one_sees_in_lists(region, ask):
    for who in region.viewers:
        visible = ResourceFlow.objects.visible_to(region.viewers[who])
        assert sorted(ids(ask(FLOWS, who))) == sorted(
            map(str, visible.values_list("pk", flat=True))
        )
    for name in ("matches", "clusters"):
        assert ids(ask(f"/ogc/collections/{name}/items")) == []
    assert ids(ask("/ogc/collections/matches/items", "alone")) == []
    ask(f"/ogc/collections/matches/items/{region.match.pk}", "alone", status=404)


def test_figures_that_are_not_disclosed_are_rounded(region, ask):
    region.works.figures_from = "matched"
    region.works.save()
    address = f"{FLOWS}/{ResourceFlowFactory(site=region.boiler, amount=1234).pk}"
    told = ask(address)["properties"]
    assert (told["amount"], told["figures_are_exact"]) == (1000, False)
    assert not Disclosure.objects.exists()
    told = ask(address, "other")["properties"]
    assert (told["amount"], told["figures_are_exact"]) == (1234, True)
    assert Disclosure.objects.get().user == region.viewers["other"]


def test_lists_of_the_api_are_geojson_too(region, ask):
    flows = ask("/api/v1/resource-flows", format="geojson")
    assert {str(region.surplus.pk), str(region.needed.pk)} < set(ids(flows))
    assert flows["features"][0]["geometry"]["type"] == "Point"
    (match,) = ask("/api/v1/matches", "member", format="geojson")["features"]
    assert match["geometry"]["coordinates"] == [[11.09, 55.68], [11.1, 55.68]]
    assert match["properties"]["output"]["name"] == "Surplus heat"
