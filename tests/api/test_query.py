"""What would match a flow that is not stored: the same as if it were."""

import json

import pytest

from matching import weights
from matching.api import query
from matching.models import PartnerList
from organizations.models import Membership, Organization, ResourceFlow, Site
from tests.api.test_bad_input import assert_problem, changed
from tests.factories import (
    MembershipFactory,
    OrganizationFactory,
    ResourceFlowFactory,
    SiteFactory,
)
from tests.matching.region import Region, full_run
from turash import rate_limits
from turash.events.models import DomainEvent

pytestmark = pytest.mark.django_db

URL = "/api/v1/matching/query"
HERE = {"type": "Point", "coordinates": [11.09, 55.68]}
HEAT = {
    "resource_type": "heat.hot_water",
    "direction": "output",
    "quantity": {"amount": 1, "unit": "GWh"},
}
NAMES = ("their_flow_id", "score", "distance_m")
ASKED = {"resource": HEAT, "location": HERE}


def ask(client, **changes) -> list[dict]:
    response = client.post(URL, ASKED | changes)
    assert response.status_code == 200, response.content
    return response.json()


def taker(**fields):
    """Somebody who needs heat where Alice is."""
    return ResourceFlowFactory(
        **{"direction": "input", "type_code": "heat", "amount": 400} | fields
    )


def stored() -> list[int]:
    models = (ResourceFlow, Site, Organization, PartnerList, DomainEvent)
    return [model.objects.count() for model in models]


def test_the_answer_is_what_storing_the_flow_would_bring(api_as, facilitator, monkeypatch):
    monkeypatch.setattr(query, "LIMIT", rate_limits.Limit("all", 1000, query.LIMIT.refill))
    Region(21, flow_count=80)
    full_run()
    client = api_as(facilitator)
    numbers = dict(ResourceFlow.objects.values_list("number", "pk"))
    before, compared = stored(), 0
    for row in PartnerList.objects.select_related("flow"):
        body = client.get(f"/api/v1/resource-flows/{row.flow_id}").json()
        location = body.pop("location")
        for name in ("id", "created_at", "updated_at"):
            del body[name]
        del body["quantity"]["canonical"]
        found = ask(client, resource=body, location=location)
        # As the list is short, all of it.
        assert len(row.partners) < 20
        assert [
            (entry["their_flow_id"], entry["score"], entry["distance_m"]) for entry in found
        ] == [
            (str(numbers[number]), score, distance_m)
            for number, score, distance_m in zip(
                row.partners, row.scores, row.distances_m, strict=True
            )
        ]
        compared += len(found)
        if found:
            assert found[0]["savings_eur_per_year"] == float(row.best_savings_eur_per_year)
            assert found[0]["co2_avoided_t_per_year"] == row.best_co2_avoided_t_per_year
    assert compared > 30
    assert stored() == before


def test_an_entry_is_that_of_direct_symbiosis(api_as, alice, charlies_organization):
    theirs = taker(site=SiteFactory(organization=charlies_organization))
    (entry,) = ask(api_as(alice))
    assert entry.pop("factors").keys() == weights.by_factor().keys()
    assert 0 < entry.pop("score") < 1
    assert entry.pop("savings_eur_per_year") > 0
    assert entry.pop("co2_avoided_t_per_year") > 0
    assert entry == {
        "match_id": None,
        "partner": {"id": str(charlies_organization.pk), "name": "Charlie Works"},
        "resource_type": "heat.hot_water",
        "our_flow_id": None,
        "their_flow_id": str(theirs.pk),
        "distance_m": 0.0,
        "quantity": 400.0,
        "unit": "MWh",
    }


def test_constraints_and_weights(api_as, alice):
    far = taker(
        site=SiteFactory(location="POINT(11.15 55.68)", organization__sector="35.30"),
        hours_of_week=["Mon-Fri 08:00-18:00"],
    )
    near = taker(
        site=SiteFactory(organization__sector="C", organization__subtype="utility"), amount=1
    )
    client = api_as(alice)

    def names(**constraints) -> list:
        found = ask(client, constraints=constraints)
        return [{str(far.pk): "far", str(near.pk): "near"}[one["their_flow_id"]] for one in found]

    assert sorted(names()) == ["far", "near"]
    assert names(max_distance_km=1) == ["near"]
    assert names(subtypes=["utility", "ngo"]) == ["near"]
    assert names(sectors=["35", "A"]) == ["far"]
    assert names(subtypes=["utility"], sectors=["35"]) == []
    assert names(min_overlap_hours_per_week=50.5) == ["near"]
    assert len(names(min_overlap_hours_per_week=50)) == 2
    assert len(names(max_results=1)) == 1
    by_score = {one["their_flow_id"]: one for one in ask(client)}
    low, high = sorted(one["score"] for one in by_score.values())
    assert len(names(min_score=low)) == 2
    assert len(names(min_score=(low + high) / 2)) == 1
    savings = sorted(one["savings_eur_per_year"] for one in by_score.values())
    assert len(names(min_savings_eur_per_year=sum(savings) / 2)) == 1
    for factor in weights.by_factor():
        alone = dict.fromkeys(weights.by_factor(), 0) | {factor: 7}
        for one in ask(client, weights=alone):
            assert one["score"] == pytest.approx(one["factors"][factor])
    # Who is not named weighs what it did.
    in_force = weights.by_factor() | {"spatial": 3}
    for one in ask(client, weights={"spatial": 3}):
        mean = sum(one["factors"][name] * weight for name, weight in in_force.items())
        assert one["score"] == pytest.approx(mean / sum(in_force.values()))


def test_nobody_hears_of_what_they_may_not_see(
    api, api_as, alice, alices_organization, facilitator
):
    assert_problem(api.post(URL, ASKED), 401)
    own = taker(site=SiteFactory(organization=alices_organization))
    taker(visibility="private")
    taker(status="draft")
    taker(site=SiteFactory(organization=OrganizationFactory(visibility="private")))
    assert ask(api_as(alice)) == []
    resource = HEAT | {"organization_id": str(alices_organization.pk)}
    assert ask(api_as(alice), resource=resource) == []
    stranger = MembershipFactory(organization=OrganizationFactory()).user
    assert [one["their_flow_id"] for one in ask(api_as(stranger))] == [str(own.pk)]
    assert len(ask(api_as(facilitator))) == 3


def test_of_a_site_its_place_permit_and_owner_count(
    api_as, alice, alices_organization, facilitator
):
    site = SiteFactory(organization=alices_organization, location="POINT(12.5 55)", country="DK")
    theirs = taker(site=SiteFactory(location="POINT(12.5 55)", country="SE"))
    client = api_as(alice)
    assert ask(client) == []
    (entry,) = ask(client, resource=HEAT | {"site_id": str(site.pk)}, location=site_point(site))
    body = {"resource": HEAT | {"site_id": str(site.pk)}}
    assert client.post(URL, body).json() == [entry]
    assert entry["their_flow_id"] == str(theirs.pk)
    assert entry["factors"]["regulatory"] < 1
    (of_nobody,) = ask(client, location=site_point(site))
    assert of_nobody["factors"]["regulatory"] == 1
    assert ask(client, resource=HEAT | {"site_id": str(site.pk)}, location=HERE) == []
    Organization.objects.filter(pk=alices_organization.pk).update(completed_exchanges=9)
    assert client.post(URL, body).json()[0]["factors"]["trust"] > entry["factors"]["trust"]


def site_point(site) -> dict:
    return {"type": "Point", "coordinates": [12.5, 55]}


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("location", {"type": "Point", "coordinates": [181, 0]}, "location"),
        ("resource", [], "resource"),
        ("resource.resource_type", "mineral", "resource.resource_type"),
        ("resource.resource_type", "unobtainium", "resource.resource_type"),
        ("resource.quantity.amount", 0, "resource.quantity.amount"),
        ("resource.quantity.amount", 1e13, "resource.quantity.amount"),
        ("resource.quantity.unit", "kg", "resource.quantity.unit"),
        ("resource.quality", {"ph": {"min": 9, "max": 3}}, "resource.quality.ph.max"),
        (
            "resource.quality",
            {"contaminants_mg_kg": {"CAPITALS": 1}},
            "resource.quality.contaminants_mg_kg",
        ),
        (
            "resource.temporal_profile",
            {"valid_from": "2027-01-01", "valid_to": "2026-01-01"},
            "resource.temporal_profile.valid_to",
        ),
        ("resource.logistics", {"max_distance_km": 1e6}, "resource.logistics.max_distance_km"),
        ("resource.colour", "blue", "resource.colour"),
        ("resource.organization_id", "{charlie}", "resource.organization_id"),
        ("resource.site_id", "{site}", "resource.site_id"),
        ("constraints", {"max_results": 201}, "constraints.max_results"),
        ("constraints", {"max_distance_km": -1}, "constraints.max_distance_km"),
        ("constraints", {"min_score": 2}, "constraints.min_score"),
        ("constraints", {"subtypes": ["circus"]}, "constraints.subtypes"),
        ("constraints", {"sectors": ["35"] * 51}, "constraints.sectors"),
        ("constraints", {"sectors": [5]}, "constraints.sectors"),
        ("constraints", {"colour": 1}, "constraints.colour"),
        ("weights", {"luck": 1}, "weights.luck"),
        ("weights", {"trust": -1}, "weights.trust"),
        ("weights", dict.fromkeys(weights.FACTORS, 0), "weights"),
        ("plan", {}, "plan"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_question_is_refused_by_field(
    api_as, alice, charlies_organization, path, value, field
):
    ids = {
        "{charlie}": str(charlies_organization.pk),
        "{site}": str(SiteFactory(organization=charlies_organization).pk),
    }
    body = changed(ASKED, path, ids.get(str(value), value))
    response = api_as(alice).post(URL, json.dumps(body), content_type="application/json")
    assert_problem(response, field=field)


def test_a_place_is_needed(api_as, alice):
    assert_problem(api_as(alice).post(URL, {"resource": HEAT}), field="location")


def test_asking_costs_the_same_whatever_there_is_and_is_limited(
    api_as, alice, django_assert_num_queries, settings
):
    settings.RATE_LIMIT_PREFIX = f"test-{alice.pk}"
    client = api_as(alice)
    ask(client)
    for size in (1, 6):
        for _ in range(size):
            taker(contaminants={"cd": 1})
        # 1–3 the type and currency that it names, 4–6 the constraints, in a savepoint, 7 the
        # asker's organizations, 8 types, 9 weights, 10–11 what the asker may see, 12 candidates
        # (the two COPY are not counted), 13 their contaminants, 14–17 whose exact figures the asker
        # sees and what is shown of others, 18 the flows that are shown
        with django_assert_num_queries(16):
            assert ask(client)
    assert Membership.objects.count() == 1
    # A slow machine is given more while it asks: twice the burst outlasts that.
    assert any(client.post(URL, ASKED).status_code == 429 for _ in range(2 * query.LIMIT.burst))


def test_no_more_is_told_than_figures_that_are_shown(api_as, alice, charlies_organization):
    Organization.objects.filter(pk=charlies_organization.pk).update(figures_from="accepted")
    theirs = taker(site=SiteFactory(organization=charlies_organization), amount=412)
    client = api_as(alice)
    (entry,) = ask(client)
    assert entry["quantity"] == 400.0
    ResourceFlow.objects.filter(pk=theirs.pk).update(amount=388, quantity_per_year=388)
    assert ask(client) == [entry]
    Organization.objects.filter(pk=charlies_organization.pk).update(figures_from="public")
    assert ask(client)[0]["quantity"] == 388.0
