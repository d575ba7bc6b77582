"""Near misses of a flow on the API."""

import pytest

from tests.factories import OrganizationFactory, ResourceFlowFactory, SiteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours(alices_organization):
    """Alice's hot water, at 60 °C."""
    return ResourceFlowFactory(
        site=SiteFactory(organization=alices_organization), temperature_celsius_max=60
    )


def url(flow) -> str:
    return f"/api/v1/resource-flows/{flow.pk}/near-misses"


def taker(organization=None, **fields):
    site = SiteFactory(organization=organization or OrganizationFactory())
    fields = {"type_code": "heat", "temperature_celsius_min": 85} | fields
    return ResourceFlowFactory(site=site, direction="input", **fields)


def test_a_near_miss_names_the_flow_and_what_stands_in_the_way(
    api_as, alice, ours, charlies_organization
):
    theirs = taker(charlies_organization, months=[1, 2], amount=1)
    ours.months = [6]
    ours.save()
    (entry,) = api_as(alice).get(url(ours)).json()
    assert entry == {
        "flow": {
            "id": str(theirs.pk),
            "name": theirs.name,
            "direction": "input",
            "resource_type": "heat",
            "organization": {"id": str(charlies_organization.pk), "name": "Charlie Works"},
        },
        "distance_m": 0.0,
        "reasons": [
            {
                "rule": "months",
                "gap": None,
                "unit": "",
                "text": "free only Jun, needed Jan–Feb",
            },
            {
                "rule": "temperature",
                "gap": -25.0,
                "unit": "K",
                "text": "25\u202f°C too cold",
            },
        ],
    }


def test_quantities_are_in_the_canonical_unit_a_year(api_as, alice, ours):
    taker(temperature_celsius_min=None, amount=2, min_amount=1.5, unit="GWh")
    (entry,) = api_as(alice).get(url(ours)).json()
    (reason,) = entry["reasons"]
    assert (reason["rule"], reason["gap"], reason["unit"]) == ("quantity", 500, "MWh/a")


def test_pages_are_told_in_headers(api_as, alice, ours):
    for number in range(5):
        taker(temperature_celsius_min=75 + number)
    client = api_as(alice)
    whole = client.get(url(ours))
    assert (len(whole.json()), whole["X-Total-Count"]) == (5, "5")
    part = client.get(f"{url(ours)}?limit=2&offset=2")
    assert part.json() == whole.json()[2:4]
    assert part["X-Total-Count"] == "5"
    assert 'rel="next"' in part["Link"]
    assert client.get(f"{url(ours)}?limit=0").status_code == 400


def test_members_and_facilitators_only(api, api_as, vera, charlie, facilitator, ours):
    assert api.get(url(ours)).status_code == 401
    assert api_as(charlie).get(url(ours)).status_code == 403
    for user in (vera, facilitator):
        assert api_as(user).get(url(ours)).status_code == 200
    hidden = taker(visibility="private")
    assert api_as(charlie).get(url(hidden)).status_code == 404


def test_a_private_flow_of_others_is_never_told(api_as, alice, facilitator, ours):
    taker(visibility="private")
    taker(OrganizationFactory(visibility="private"))
    assert api_as(alice).get(url(ours)).json() == []
    assert len(api_as(facilitator).get(url(ours)).json()) == 2


@pytest.mark.parametrize("size", [1, 9])
def test_query_counts_do_not_grow(api_as, alice, ours, django_assert_num_queries, size):
    for number in range(size):
        taker(temperature_celsius_min=75 + number, contaminants={"cd": 1})
    client = api_as(alice)
    # The first of a process asks for the reference system of coordinates, too.
    client.get(url(ours))
    # 1–4 the flow and who may see it, 5 types, 6–8 candidates, 9–10 contaminants of both sides (the
    # two COPY are not counted), 11 the rows that are shown; 4 more: whose figures are exact
    with django_assert_num_queries(11):
        assert len(client.get(url(ours)).json()) == size
