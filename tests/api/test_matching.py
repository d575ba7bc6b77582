"""Direct symbiosis, matches, dismissals, runs and notifications on the API."""

import pytest

from matching import services
from matching.models import MatchingRun
from tests.factories import OrganizationFactory, ResourceFlowFactory, SiteFactory

pytestmark = pytest.mark.django_db

API = "/api/v1"


@pytest.fixture
def pair(alices_organization, charlies_organization, run_events):
    """Alice has heat, Charlie needs it; the two match."""
    output = ResourceFlowFactory(
        site=SiteFactory(organization=alices_organization),
        temperature_celsius_min=90,
        current_cost_per_unit=5,
    )
    input_ = ResourceFlowFactory(
        site=SiteFactory(organization=charlies_organization, location="POINT(11.1 55.68)"),
        direction="input",
        type_code="heat",
        amount=400,
        temperature_celsius_min=80,
    )
    run_events()
    return output, input_


def direct(client, organization, query="") -> dict:
    response = client.get(f"{API}/organizations/{organization.pk}/matching/direct{query}")
    assert response.status_code == 200, response.content
    return response.json()


def test_direct_symbiosis_is_what_the_contract_says(
    api_as, alice, charlie, alices_organization, charlies_organization, pair
):
    output, input_ = pair
    answer = direct(api_as(alice), alices_organization)
    assert set(answer) == {"organization_id", "providers", "consumers"}
    assert answer["organization_id"] == str(alices_organization.pk)
    assert answer["providers"] == []
    (entry,) = answer["consumers"]
    assert set(entry) == {
        "match_id", "partner", "resource_type", "our_flow_id", "their_flow_id", "distance_m",
        "quantity", "unit", "score", "factors", "savings_eur_per_year", "co2_avoided_t_per_year",
    }  # fmt: skip
    assert entry["partner"] == {
        "id": str(charlies_organization.pk),
        "name": charlies_organization.name,
    }
    assert (entry["our_flow_id"], entry["their_flow_id"]) == (str(output.pk), str(input_.pk))
    assert (entry["resource_type"], entry["quantity"], entry["unit"]) == (
        "heat.hot_water",
        400,
        "MWh",
    )
    assert 600 < entry["distance_m"] < 660
    assert set(entry["factors"]) == {
        "quality", "temporal", "quantity", "economic", "spatial", "trust", "regulatory",
    }  # fmt: skip
    # The other side sees the same match the other way round.
    (theirs,) = direct(api_as(charlie), charlies_organization)["providers"]
    assert theirs["match_id"] == entry["match_id"]
    assert (theirs["our_flow_id"], theirs["their_flow_id"]) == (str(input_.pk), str(output.pk))


def test_best_score_first_with_filters_and_pages(
    api_as, alice, alices_organization, charlies_organization, pair, run_events
):
    ResourceFlowFactory(
        site=SiteFactory(organization=charlies_organization, location="POINT(11.2 55.68)"),
        direction="input",
        type_code="heat",
        amount=40,
    )
    run_events()
    client = api_as(alice)

    def scores(query=""):
        answer = direct(client, alices_organization, query)
        return [entry["score"] for entry in answer["consumers"]]

    both = scores()
    assert both == sorted(both, reverse=True)
    assert len(both) == 2
    assert scores("?limit=1") == both[:1]
    assert scores("?limit=1&offset=1") == both[1:]
    assert scores(f"?min_score={(both[0] + both[1]) / 2}") == both[:1]
    assert scores("?max_distance_km=1") == both[:1]
    assert scores("?resource_type=heat") == both
    assert scores("?resource_type=water") == []
    for query, field in [("min_score=2", "min_score"), ("max_distance_km=x", "max_distance_km")]:
        response = client.get(
            f"{API}/organizations/{alices_organization.pk}/matching/direct?{query}"
        )
        assert (response.status_code, list(response.json()["errors"])) == (400, [field])


def test_members_and_facilitators_only(
    api, api_as, vera, charlie, facilitator, alices_organization, pair
):
    url = f"{API}/organizations/{alices_organization.pk}/matching/direct"
    assert api.get(url).status_code == 401
    assert api_as(charlie).get(url).status_code == 403
    for user in (vera, facilitator):
        assert api_as(user).get(url).status_code == 200
    hidden = OrganizationFactory(visibility="private")
    hidden_url = f"{API}/organizations/{hidden.pk}/matching/direct"
    assert api_as(charlie).get(hidden_url).status_code == 404


def test_a_private_flow_is_matched_for_its_owner_alone(
    api_as, alice, charlie, alices_organization, charlies_organization, pair, run_events
):
    output, _ = pair
    client = api_as(alice)
    client.patch(f"{API}/resource-flows/{output.pk}", {"visibility": "private"})
    run_events()
    assert len(direct(client, alices_organization)["consumers"]) == 1
    assert direct(api_as(charlie), charlies_organization)["providers"] == []
    assert api_as(charlie).get(f"{API}/matches").json() == []


def test_matches_come_and_go_with_the_flows(api_as, alice, alices_organization, pair, run_events):
    output, input_ = pair
    client = api_as(alice)
    url = f"{API}/resource-flows/{output.pk}"
    (match,) = client.get(f"{url}/matches").json()
    assert match["input"]["id"] == str(input_.pk)
    assert client.get(f"{API}/matches/{match['id']}").json() == match

    client.patch(url, {"quality": {"temperature_celsius": {"min": 40, "max": 45}}})
    run_events()
    assert client.get(f"{url}/matches").json() == []
    assert client.get(f"{API}/matches/{match['id']}").status_code == 404
    client.patch(url, {"quality": {"temperature_celsius": {"min": 90, "max": 95}}})
    run_events()
    assert len(client.get(f"{url}/matches").json()) == 1
    client.patch(url, {"status": "paused"})
    run_events()
    assert client.get(f"{API}/matches").json() == []

    types = [row["type"] for row in client.get(f"{API}/notifications").json()]
    assert types.count("match_found") == 2
    assert types.count("match_lost") == 2


def test_a_dismissal_hides_a_match_from_one_side_and_survives_a_run(
    api_as, alice, vera, charlie, alices_organization, charlies_organization, pair
):
    client = api_as(alice)
    (entry,) = direct(client, alices_organization)["consumers"]
    url = f"{API}/matches/{entry['match_id']}/dismiss"
    assert client.post(url, {}).status_code == 400
    assert client.post(url, {"reason": " "}).status_code == 400
    assert api_as(vera).post(url, {"reason": "No"}).status_code == 403
    assert client.post(url, {"reason": "Under a road"}).status_code == 204
    services.execute_run(MatchingRun.objects.create().pk)
    assert direct(client, alices_organization)["consumers"] == []
    assert client.get(f"{API}/matches").json() == []
    assert len(direct(api_as(charlie), charlies_organization)["providers"]) == 1


def test_a_run_is_a_job_with_progress(
    api_as, alice, vera, charlie, alices_organization, pair, run_events
):
    url = f"{API}/organizations/{alices_organization.pk}/matching/run"
    for user in (vera, charlie):
        assert api_as(user).post(url).status_code == 403
    started = api_as(alice).post(url)
    assert started.status_code == 202
    assert started.json()["status"] == "queued"
    assert api_as(alice).post(url).status_code == 409
    job = f"{API}/jobs/{started.json()['id']}"
    assert api_as(charlie).get(job).status_code == 404
    run_events()
    finished = api_as(alice).get(job).json()
    assert (finished["status"], finished["done_count"], finished["total_count"]) == (
        "finished",
        1,
        1,
    )
    assert (finished["match_count"], finished["found_count"]) == (1, 0)


def test_notifications_after_an_id(api_as, alice, charlie, pair):
    client = api_as(alice)
    rows = client.get(f"{API}/notifications").json()
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    rest = client.get(f"{API}/notifications?after={rows[0]['id']}").json()
    assert rest == rows[1:]
    assert client.get(f"{API}/notifications?after=x").status_code == 400
    theirs = {row["organization_id"] for row in api_as(charlie).get(f"{API}/notifications").json()}
    assert theirs.isdisjoint({row["organization_id"] for row in rows})


@pytest.mark.parametrize("size", [1, 12])
def test_query_counts_do_not_grow(
    api_as, alice, alices_organization, charlies_organization, run_events,
    django_assert_max_num_queries, size,
):  # fmt: skip
    ResourceFlowFactory(site=SiteFactory(organization=alices_organization))
    site = SiteFactory(organization=charlies_organization)
    ResourceFlowFactory.create_batch(size, site=site, direction="input", type_code="heat")
    run_events()
    client = api_as(alice)
    with django_assert_max_num_queries(13):
        assert len(direct(client, alices_organization)["consumers"]) == size
    with django_assert_max_num_queries(13):
        assert len(client.get(f"{API}/matches").json()) == size


def test_tokens_are_shown_once_and_can_be_revoked(api, api_as, alice, charlie):
    url = f"{API}/tokens"
    made = api_as(alice).post(url)
    assert made.status_code == 201
    token = made.json()["token"]
    (row,) = api_as(alice).get(url).json()
    assert "token" not in row
    assert token.startswith(row["id"])
    header = {"HTTP_AUTHORIZATION": f"Token {token}"}
    assert api.get(f"{API}/users/me", **header).json()["email"] == alice.email
    assert api_as(charlie).delete(f"{url}/{row['id']}").status_code == 404
    assert api_as(alice).delete(f"{url}/{row['id']}").status_code == 204
    assert api.get(f"{API}/users/me", **header).status_code == 401
