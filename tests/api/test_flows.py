"""Sites and resource flows on the API: shape, filters, rights, units."""

import pytest

from organizations.models import ResourceFlow
from tests.factories import ResourceFlowFactory, SiteFactory
from turash.events.models import DomainEvent

pytestmark = pytest.mark.django_db

SITES = "/api/v1/sites"
FLOWS = "/api/v1/resource-flows"
POINT = {"type": "Point", "coordinates": [11.09, 55.68]}


@pytest.fixture
def site(alices_organization):
    return SiteFactory(organization=alices_organization)


def full_flow(site) -> dict:
    return {
        "site_id": str(site.pk),
        "resource_type": "heat.steam",
        "direction": "output",
        "name": "Surplus steam",
        "description": "From the back-pressure turbine",
        "status": "active",
        "visibility": "network",
        "quantity": {
            "amount": 2,
            "unit": "GWh",
            "precision_level": "measured",
            "per": "month",
            "min_amount": 0.5,
        },
        "quality": {
            "temperature_celsius": {"min": 150, "max": 180},
            "pressure_bar": {"min": 8, "max": None},
            "contaminants_mg_kg": {"cl": 0.2},
            "hazardous": False,
            "waste_code": "",
        },
        "temporal_profile": {
            "pattern": "seasonal",
            "hours_of_week": ["Mon-Fri 06:00-22:00"],
            "months": [10, 11, 12, 1, 2, 3],
            "valid_from": "2027-01-01",
            "valid_to": None,
        },
        "pricing": {"price_per_unit": 12.5, "currency": "EUR", "current_cost_per_unit": 3},
        "logistics": {"methods": ["pipe"], "max_distance_km": 8, "storage_days": 0},
    }


def test_a_flow_comes_back_as_it_was_sent(api_as, bob, site):
    response = api_as(bob).post(FLOWS, full_flow(site))
    assert response.status_code == 201, response.content
    sent, got = full_flow(site), response.json()
    got["quantity"].pop("canonical")
    for name in sent:
        if isinstance(sent[name], dict):
            shared = {key: got[name][key] for key in sent[name]}
            assert shared == sent[name] if name != "temporal_profile" else True
        else:
            assert got[name] == sent[name]
    assert got["temporal_profile"]["months"] == [1, 2, 3, 10, 11, 12]
    assert got["temporal_profile"]["hours_of_week"] == ["Mon-Fri 06:00-22:00"]
    assert got["quality"]["ph"] is None
    assert DomainEvent.objects.filter(type="resource_flow_created").count() == 1


@pytest.mark.parametrize(
    ("quantity", "profile", "expected"),
    [
        ({"amount": 1, "unit": "GWh"}, {}, 1000),
        ({"amount": 36, "unit": "TJ"}, {}, 10_000),
        ({"amount": 1, "per": "hour"}, {}, 8760),
        ({"amount": 1, "per": "month"}, {}, 12),
        ({"amount": 7, "per": "week"}, {}, 365),
        ({"amount": 1, "per": "hour"}, {"hours_of_week": ["Mon-Fri 00:00-24:00"]}, 8760 * 5 / 7),
        ({"amount": 1, "per": "day"}, {"hours_of_week": ["Sat-Sun 08:00-12:00"]}, 365 * 2 / 7),
        ({"amount": 1, "per": "month"}, {"months": [1, 2]}, 2),
    ],
)
def test_any_unit_and_period_becomes_canonical_units_a_year(
    api_as, alice, site, quantity, profile, expected
):
    flow = {
        "site_id": str(site.pk),
        "resource_type": "heat.hot_water",
        "direction": "input",
        "name": "Heating",
        "quantity": quantity,
        "temporal_profile": profile,
    }
    response = api_as(alice).post(FLOWS, flow)
    assert response.status_code == 201, response.content
    canonical = response.json()["quantity"]["canonical"]
    assert canonical["unit"] == "MWh"
    assert canonical["amount_per_year"] == pytest.approx(expected)


def test_a_patch_changes_what_it_names_and_nothing_else(api_as, alice, site):
    created = api_as(alice).post(FLOWS, full_flow(site)).json()
    url = f"{FLOWS}/{created['id']}"
    changed = api_as(alice).patch(
        url, {"quality": {"temperature_celsius": {"max": 200}}, "quantity": {"amount": 3}}
    )
    assert changed.status_code == 200, changed.content
    expected = created | {"updated_at": changed.json()["updated_at"]}
    expected["quality"]["temperature_celsius"]["max"] = 200
    expected["quantity"]["amount"] = 3
    expected["quantity"]["canonical"]["amount_per_year"] *= 1.5
    assert changed.json() == expected

    cleared = api_as(alice).patch(url, {"quality": {"contaminants_mg_kg": {}}}).json()
    assert cleared["quality"]["contaminants_mg_kg"] == {}


def test_who_may_change_a_flow(api, api_as, alice, bob, vera, charlie, facilitator, site):
    flow = ResourceFlowFactory(site=site)
    url = f"{FLOWS}/{flow.pk}"
    for user in (vera, charlie, facilitator):
        assert api_as(user).patch(url, {"name": "Mine"}).status_code == 403
        assert api_as(user).delete(url).status_code == 403
        assert api_as(user).post(FLOWS, full_flow(site)).status_code == 403
    assert api.patch(url, {"name": "Mine"}).status_code == 401
    assert api_as(bob).patch(url, {"name": "Ours"}).status_code == 200
    assert api_as(bob).delete(url).status_code == 204


@pytest.mark.parametrize(
    ("fields", "seen_by"),
    [
        ({"visibility": "public"}, {"api", "charlie", "vera", "facilitator"}),
        ({"visibility": "network"}, {"charlie", "vera", "facilitator"}),
        ({"visibility": "private"}, {"vera", "facilitator"}),
        ({"status": "draft"}, {"vera", "facilitator"}),
        ({"status": "paused"}, {"api", "charlie", "vera", "facilitator"}),
    ],
)
def test_who_sees_a_flow(api, api_as, vera, charlie, facilitator, site, fields, seen_by):
    flow = ResourceFlowFactory(site=site, **fields)
    callers = {
        "api": api,
        "charlie": api_as(charlie),
        "vera": api_as(vera),
        "facilitator": api_as(facilitator),
    }
    for name, client in callers.items():
        listed = [row["id"] for row in client.get(FLOWS).json()]
        assert (str(flow.pk) in listed) == (name in seen_by), name
        status = client.get(f"{FLOWS}/{flow.pk}").status_code
        assert status == (200 if name in seen_by else 404), name


def test_filters(api, site):
    steam = ResourceFlowFactory(site=site, type_code="heat.steam", amount=10)
    ash = ResourceFlowFactory(site=site, type_code="mineral.fly_ash", direction="input")
    for query, expected in [
        ("resource_type=heat", {steam}),
        ("resource_type=mineral.fly_ash", {ash}),
        ("resource_type=min", set()),
        ("direction=input", {ash}),
        ("status=active", {steam, ash}),
        ("min_quantity=500", {ash}),
        (f"q={steam.name}", {steam}),
        ("bbox=11,55,12,56", {steam, ash}),
        ("near=11.09,55.68&radius_km=1", {steam, ash}),
        ("near=12.09,55.68&radius_km=1", set()),
    ]:
        for url in (FLOWS, f"/api/v1/organizations/{site.organization_id}/resource-flows"):
            found = {row["id"] for row in api.get(f"{url}?{query}").json()}
            assert found == {str(flow.pk) for flow in expected}, query


def test_sites_as_geojson(api, site):
    response = api.get(f"/api/v1/organizations/{site.organization_id}/sites?format=geojson")
    assert response["Content-Type"].startswith("application/geo+json")
    (feature,) = response.json()["features"]
    assert feature["id"] == str(site.pk)
    assert feature["geometry"] == POINT
    assert feature["properties"]["name"] == site.name


def test_a_site_that_moves_takes_its_flows_along(api_as, alice, site):
    flow = ResourceFlowFactory(site=site)
    moved = {"location": {"type": "Point", "coordinates": [52.8, 54.5]}}
    assert api_as(alice).patch(f"{SITES}/{site.pk}", moved).status_code == 200
    assert api_as(alice).get(f"{FLOWS}/{flow.pk}").json()["location"] == moved["location"]
    assert DomainEvent.objects.filter(type="resource_flow_updated").count() == 1


def test_a_site_with_flows_stays(api_as, alice, site):
    flow = ResourceFlowFactory(site=site)
    answer = api_as(alice).delete(f"{SITES}/{site.pk}")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:turash:problem:still_in_use")
    flow.delete()
    assert api_as(alice).delete(f"{SITES}/{site.pk}").status_code == 204


def test_a_flow_stays_with_its_organization(api_as, alice, charlies_organization, site):
    flow = ResourceFlowFactory(site=site)
    theirs = SiteFactory(organization=charlies_organization)
    answer = api_as(alice).patch(f"{FLOWS}/{flow.pk}", {"site_id": str(theirs.pk)})
    assert answer.status_code == 400
    assert "site_id" in answer.json()["errors"]


def test_the_tree_of_types_names_its_sources(api):
    rows = api.get("/api/v1/resource-types").json()
    assert len(rows) >= 45
    by_code = {row["code"]: row for row in rows}
    for row in rows:
        assert row["parent"] is None or row["code"].startswith(row["parent"] + ".")
        assert row["price_eur_per_unit"] is None or row["price_source"], row["code"]
        assert row["co2_t_per_unit"] is None or row["co2_source"], row["code"]
        parent = by_code.get(row["parent"])
        if parent and parent["unit"]:
            assert row["unit"] == parent["unit"], row["code"]
    families = {row["family"] for row in rows}
    assert len(families) == 10


@pytest.mark.parametrize("size", [1, 20])
@pytest.mark.parametrize("url", [FLOWS, SITES])
def test_a_list_costs_the_same_whatever_its_size(api, django_assert_max_num_queries, size, url):
    ResourceFlowFactory.create_batch(size)
    # Count, page, contaminants.
    with django_assert_max_num_queries(3):
        assert len(api.get(url).json()) == size


def test_constraints_hold_below_the_services(site):
    flow = ResourceFlowFactory(site=site)
    other = SiteFactory()
    ResourceFlow.objects.filter(pk=flow.pk).update(site=other)
    flow.refresh_from_db()
    assert flow.organization_id == other.organization_id
