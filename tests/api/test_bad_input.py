"""Whatever is sent, the answer is a problem that names the field, and nothing is half-written."""

import itertools
import json
from copy import deepcopy

import pytest

from organizations.models import Membership, Organization, ResourceFlow, Site
from proposals.models import Proposal
from tests.api.test_flows import full_flow
from tests.factories import ResourceFlowFactory, SiteFactory

pytestmark = pytest.mark.django_db

DELETE = object()
HUGE = "x" * 100_000


def changed(body: dict, path: str, value) -> dict:
    body = deepcopy(body)
    *parents, last = path.split(".")
    target = body
    for parent in parents:
        target = target[parent]
    if value is DELETE:
        del target[last]
    else:
        target[last] = value
    return body


def assert_problem(response, status: int = 400, field: str | None = None) -> None:
    assert response.status_code == status, (response.status_code, response.content[:500])
    assert response["Content-Type"].startswith("application/problem+json")
    body = response.json()
    assert {"type", "title", "status", "detail"} <= set(body)
    assert body["status"] == status
    if field is not None:
        assert any(
            path == field or path.startswith((f"{field}.", f"{field}[")) for path in body["errors"]
        ), body


def named(path: str, value) -> str:
    """What a case is called when it fails."""
    return f"{path}: {'missing' if value is DELETE else str(value)[:40]}"


def counts() -> list[int]:
    return [m.objects.count() for m in (Organization, Membership, Site, ResourceFlow, Proposal)]


@pytest.fixture
def site(alices_organization):
    return SiteFactory(organization=alices_organization)


WRONG_FLOWS = [
    ("site_id", DELETE),
    ("site_id", "x"),
    ("site_id", 5),
    ("site_id", "00000000-0000-0000-0000-000000000000"),
    ("resource_type", "unobtainium"),
    ("resource_type", "mineral"),
    ("resource_type", ["heat"]),
    ("direction", "sideways"),
    ("name", ""),
    ("name", HUGE),
    ("name", None),
    ("name", {"a": 1}),
    ("name", "nul\x00byte"),
    ("description", HUGE),
    ("status", "exploded"),
    ("visibility", "secret"),
    ("quantity", DELETE),
    ("quantity", None),
    ("quantity", []),
    ("quantity", 5),
    ("quantity.amount", DELETE),
    ("quantity.amount", 0),
    ("quantity.amount", -1),
    ("quantity.amount", "many"),
    ("quantity.amount", 1e30),
    ("quantity.amount", "1" + "0" * 400),
    ("quantity.amount", "NaN"),
    ("quantity.amount", True),
    ("quantity.unit", "kg"),
    ("quantity.unit", "bananas"),
    ("quantity.unit", "degC"),
    ("quantity.unit", "MWh**1000000"),
    ("quantity.unit", "(((((("),
    ("quantity.unit", "__import__('os')"),
    ("quantity.unit", "x" * 21),
    ("quantity.per", "century"),
    ("quantity.precision_level", "sure"),
    ("quantity.min_amount", -1),
    ("quantity.min_amount", 100),
    ("quality.temperature_celsius", {"min": 200, "max": 100}),
    ("quality.temperature_celsius", {"min": -300}),
    ("quality.temperature_celsius", {"low": 1}),
    ("quality.temperature_celsius", 90),
    ("quality.temperature_celsius", {"min": "warm"}),
    ("quality.pressure_bar", {"min": -1}),
    ("quality.purity_pct", {"max": 101}),
    ("quality.moisture_pct", {"min": 101}),
    ("quality.ph", {"min": 3, "max": 15}),
    ("quality.contaminants_mg_kg", {"cd": -1}),
    ("quality.contaminants_mg_kg", {"cd": "much"}),
    ("quality.contaminants_mg_kg", {"CAPITALS": 1}),
    ("quality.contaminants_mg_kg", {"x" * 50: 1}),
    ("quality.contaminants_mg_kg", {f"s{n}": 1 for n in range(60)}),
    ("quality.contaminants_mg_kg", []),
    ("quality.hazardous", "perhaps"),
    ("quality.waste_code", "12"),
    ("quality.waste_code", "abcdef"),
    ("temporal_profile.pattern", "never"),
    ("temporal_profile.hours_of_week", []),
    ("temporal_profile.hours_of_week", "always"),
    ("temporal_profile.hours_of_week", ["Mon-Fri 25:00-26:00"]),
    ("temporal_profile.hours_of_week", ["Mon 08:00-08:00"]),
    ("temporal_profile.hours_of_week", [0] * 168),
    ("temporal_profile.hours_of_week", [1] * 167),
    ("temporal_profile.hours_of_week", 5),
    ("temporal_profile.months", []),
    ("temporal_profile.months", [0]),
    ("temporal_profile.months", [13]),
    ("temporal_profile.months", ["May"]),
    ("temporal_profile.valid_from", "yesterday"),
    ("temporal_profile.valid_to", "2026-01-01"),
    ("pricing.currency", "XXX"),
    ("pricing.price_per_unit", "cheap"),
    ("pricing.current_cost_per_unit", -1),
    ("pricing.current_cost_per_unit", 1e12),
    ("logistics.methods", ["teleport"]),
    ("logistics.methods", "pipe"),
    ("logistics.max_distance_km", 0),
    ("logistics.max_distance_km", -5),
    ("logistics.max_distance_km", 1e6),
    ("logistics.storage_days", -1),
    ("colour", "blue"),
    ("quality.colour", "blue"),
]


def test_a_wrong_flow_is_refused_by_field(api_as, alice, site, subtests):
    flow = ResourceFlowFactory(site=site)
    client = api_as(alice)
    for path, value in WRONG_FLOWS:
        before = counts(), ResourceFlow.objects.values().get(pk=flow.pk)
        with subtests.test(named(path, value)):
            field = ".".join(path.split(".")[:2])
            body = changed(full_flow(site), path, value)
            if path == "pricing.current_cost_per_unit":
                field = "pricing"
            assert_problem(client.post("/api/v1/resource-flows", body), field=field)
            if value is not DELETE and path != "quantity.min_amount":
                url = f"/api/v1/resource-flows/{flow.pk}"
                assert_problem(client.patch(url, body), field=field)
            assert (counts(), ResourceFlow.objects.values().get(pk=flow.pk)) == before


WRONG_SITES = [
    ("organization_id", DELETE),
    ("organization_id", "x"),
    ("organization_id", "00000000-0000-0000-0000-000000000000"),
    ("name", ""),
    ("name", HUGE),
    ("country", "Denmark"),
    ("country", "dk"),
    ("location", DELETE),
    ("location", None),
    ("location", "POINT(1 1)"),
    ("location", {"type": "Polygon", "coordinates": []}),
    ("location", {"type": "Point"}),
    ("location", {"type": "Point", "coordinates": [1]}),
    ("location", {"type": "Point", "coordinates": [1, 2, 3]}),
    ("location", {"type": "Point", "coordinates": ["1", "2"]}),
    ("location", {"type": "Point", "coordinates": [181, 0]}),
    ("location", {"type": "Point", "coordinates": [0, -91]}),
    ("location", {"type": "Point", "coordinates": [1e400, 0]}),
    ("location", {"type": "Point", "coordinates": [True, False]}),
    ("holds_hazardous_waste_permit", "maybe"),
    ("planet", "Mars"),
]


def test_a_wrong_site_is_refused_by_field(api_as, alice, alices_organization, subtests):
    valid = {
        "organization_id": str(alices_organization.pk),
        "name": "Site",
        "location": {"type": "Point", "coordinates": [11.09, 55.68]},
    }
    before = counts()
    client = api_as(alice)
    for field, value in WRONG_SITES:
        with subtests.test(named(field, value)):
            # JSON knows no infinity, but clients send it all the same.
            body = json.dumps(changed({**valid, field: None}, field, value))
            response = client.post("/api/v1/sites", body, content_type="application/json")
            assert_problem(response, field=field if "Infinity" not in body else None)
            assert counts() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", DELETE),
        ("name", "   "),
        ("name", 5.5 * 10**300),
        ("subtype", "circus"),
        ("sector", "not a code"),
        ("website", "javascript:alert(1)"),
        ("description", HUGE),
        ("visibility", 1),
        ("slug", "mine"),
    ],
    ids=lambda value: str(value)[:40] if value is not DELETE else "missing",
)
def test_a_wrong_organization_is_refused(api_as, charlie, field, value):
    body = changed({"name": "Good", field: None}, field, value)
    response = api_as(charlie).post("/api/v1/organizations", body)
    if field == "slug":
        # Read-only: what is sent is not taken.
        assert response.json()["slug"] == "good"
    elif field == "name" and isinstance(value, float):
        assert response.status_code in (201, 400)
    else:
        assert_problem(response, field=field)


WRITES = [
    ("post", "/api/v1/organizations"),
    ("post", "/api/v1/sites"),
    ("post", "/api/v1/resource-flows"),
    ("post", "/api/v1/proposals"),
    ("patch", "/api/v1/organizations/{organization}"),
    ("patch", "/api/v1/sites/{site}"),
    ("patch", "/api/v1/resource-flows/{flow}"),
    ("post", "/api/v1/organizations/{organization}/members"),
]


NO_OBJECTS = ["", "{", "null", "[]", "[1]", "5", '"text"', "\x00", "[" * 5000, '{"a":' * 300]


def test_a_body_that_is_no_object_is_refused(api_as, alice, site, alices_organization, subtests):
    flow = ResourceFlowFactory(site=site)
    before = counts()
    client = api_as(alice)
    for (method, url), raw in itertools.product(WRITES, NO_OBJECTS):
        with subtests.test(f"{method} {url} {raw[:20]}"):
            url = url.format(organization=alices_organization.pk, site=site.pk, flow=flow.pk)
            response = getattr(client, method)(url, raw, content_type="application/json")
            if method == "patch" and raw == "":
                # Nothing to change is no error.
                assert response.status_code in (200, 400)
            else:
                assert_problem(response)
            assert counts() == before


def test_other_formats_are_refused(api_as, alice):
    response = api_as(alice).post("/api/v1/organizations", "name=x", content_type="text/plain")
    assert_problem(response, 415)
    assert_problem(api_as(alice).get("/api/v1/organizations?format=xml"), 400, "format")
    assert_problem(api_as(alice).put("/api/v1/organizations", {}), 405)


@pytest.mark.parametrize(
    "path",
    [
        "nothing",
        "organizations/5",
        "organizations/x",
        "organizations/00000000-0000-0000-0000-000000000000",
        "sites/00000000-0000-0000-0000-000000000000",
        "matches/00000000-0000-0000-0000-000000000000",
        "proposals/00000000-0000-0000-0000-000000000000",
        "jobs/00000000-0000-0000-0000-000000000000",
        "organizations/00000000-0000-0000-0000-000000000000/matching/direct",
        "resource-flows/00000000-0000-0000-0000-000000000000/matches",
        "organizations/00000000-0000-0000-0000-000000000000/proposals",
    ],
)
def test_what_is_not_there_is_404_for_everybody(api_as, alice, path):
    assert_problem(api_as(alice).get(f"/api/v1/{path}"), 404)


@pytest.mark.parametrize("header", ["Token", "Token x", "Token a b", "Token \u00e9"])
def test_a_wrong_token_is_401(api, header):
    response = api.get("/api/v1/users/me", HTTP_AUTHORIZATION=header)
    assert_problem(response, 401)
