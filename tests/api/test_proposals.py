"""Proposals on the API: who may, what it answers, what is refused."""

import pytest

from proposals.models import Proposal
from tests.factories import MembershipFactory, ResourceFlowFactory, SiteFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/proposals"


@pytest.fixture
def resource(charlies_organization):
    return ResourceFlowFactory(site=SiteFactory(organization=charlies_organization))


@pytest.fixture
def body(alices_organization, charlies_organization, resource) -> dict:
    return {
        "from_org_id": str(alices_organization.pk),
        "to_org_id": str(charlies_organization.pk),
        "resource_id": str(resource.pk),
        "resource_type": "output",
        "message": "We could heat our halls with it.",
        "quantity": 300,
        "price_per_unit": 12.5,
    }


@pytest.fixture
def proposal(api_as, alice, body) -> dict:
    response = api_as(alice).post(URL, body)
    assert response.status_code == 201, response.content
    return response.json()


def status_url(proposal) -> str:
    return f"{URL}/{proposal['id']}/status"


def test_a_proposal_comes_back_as_it_was_sent(api_as, alice, charlie, body, proposal, resource):
    assert {name: proposal[name] for name in body} == body
    assert proposal["status"] == "pending"
    assert proposal["resource_name"] == resource.name
    assert proposal["next_statuses"] == ["withdrawn"]
    seen = api_as(charlie).get(f"{URL}/{proposal['id']}").json()
    assert seen["next_statuses"] == ["accepted", "rejected"]
    assert [row["to_status"] for row in seen["transitions"]] == ["pending"]


def test_accepting_tells_both_sides(api_as, alice, charlie, proposal, run_events):
    response = api_as(charlie).post(
        status_url(proposal), {"status": "accepted", "comment": "Gladly"}
    )
    assert (response.status_code, response.json()["status"]) == (200, "accepted")
    run_events()
    for user in (alice, charlie):
        types = [row["type"] for row in api_as(user).get("/api/v1/notifications").json()]
        assert types.count("proposal_status_changed") == 1
    again = api_as(charlie).post(status_url(proposal), {"status": "rejected"})
    assert again.status_code == 409
    assert again.json()["type"] == "urn:turash:problem:invalid_transition"


def test_who_may_decide(
    api, api_as, alice, bob, charlie, facilitator, charlies_organization, proposal
):
    viewer = MembershipFactory(organization=charlies_organization, role="viewer").user
    member = MembershipFactory(organization=charlies_organization, role="member").user
    outsider = MembershipFactory().user
    accept = {"status": "accepted"}
    assert api.post(status_url(proposal), accept).status_code == 401
    for user in (alice, bob, viewer, member, facilitator):
        assert api_as(user).post(status_url(proposal), accept).status_code == 403
    assert api_as(outsider).post(status_url(proposal), accept).status_code == 404
    assert Proposal.objects.get().status == "pending"
    manager = MembershipFactory(organization=charlies_organization, role="manager").user
    assert api_as(manager).post(status_url(proposal), accept).status_code == 200


@pytest.mark.parametrize("status", ["", "done", "expired", "pending", None, 5, ["accepted"]])
def test_an_unknown_status_is_400(api_as, charlie, proposal, status):
    response = api_as(charlie).post(status_url(proposal), {"status": status})
    assert response.status_code == 400
    assert "status" in response.json()["errors"]


def test_a_status_that_does_not_follow_is_409(api_as, charlie, proposal):
    for status in ("contracted", "live", "completed"):
        response = api_as(charlie).post(status_url(proposal), {"status": status})
        assert response.status_code == 409, response.content


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"from_org_id": None}, "from_org_id"),
        ({"from_org_id": "x"}, "from_org_id"),
        ({"to_org_id": "00000000-0000-0000-0000-000000000000"}, "to_org_id"),
        ({"resource_id": "00000000-0000-0000-0000-000000000000"}, "resource_id"),
        ({"match_id": "00000000-0000-0000-0000-000000000000"}, "match_id"),
        ({"resource_type": "input"}, "resource_type"),
        ({"resource_type": "heat"}, "resource_type"),
        ({"message": ""}, "message"),
        ({"message": "x" * 5001}, "message"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": -3}, "quantity"),
        ({"quantity": 1e30}, "quantity"),
        ({"price_per_unit": "cheap"}, "price_per_unit"),
        ({"valid_until": "2020-01-01T00:00:00Z"}, "valid_until"),
        ({"valid_until": "tomorrow"}, "valid_until"),
        ({"gift": "flowers"}, "gift"),
    ],
)
def test_what_is_wrong_is_named(api_as, alice, body, changes, field):
    response = api_as(alice).post(URL, body | changes)
    assert response.status_code == 400, response.content
    assert field in response.json()["errors"], response.json()
    assert not Proposal.objects.exists()


def test_not_to_oneself_and_not_for_others(api_as, alice, bob, charlie, body, alices_organization):
    own = ResourceFlowFactory(site=SiteFactory(organization=alices_organization))
    to_self = body | {"to_org_id": body["from_org_id"], "resource_id": str(own.pk)}
    assert "to_org_id" in api_as(alice).post(URL, to_self).json()["errors"]
    assert api_as(bob).post(URL, body).status_code == 403
    assert api_as(charlie).post(URL, body).status_code == 403


def test_one_open_proposal_for_a_resource(api_as, alice, body, proposal):
    response = api_as(alice).post(URL, body)
    assert response.status_code == 409
    assert response.json()["type"] == "urn:turash:problem:already_proposed"


def test_lists(api_as, alice, charlie, alices_organization, charlies_organization, proposal):
    outsider = MembershipFactory().user
    assert api_as(outsider).get(URL).json() == []
    client = api_as(charlie)
    for query, count in [
        ("", 1),
        ("?status=pending", 1),
        ("?status=accepted", 0),
        (f"?from_org={alices_organization.pk}", 1),
        (f"?to_org={alices_organization.pk}", 0),
    ]:
        assert len(client.get(f"{URL}{query}").json()) == count, query
    assert client.get(f"{URL}?status=lost").status_code == 400
    url = f"/api/v1/organizations/{charlies_organization.pk}/proposals"
    answer = client.get(url).json()
    assert [row["id"] for row in answer["incoming"]] == [proposal["id"]]
    assert answer["outgoing"] == []
    assert api_as(alice).get(url).status_code == 403


def test_a_flow_with_proposals_is_kept(api_as, charlie, proposal, resource):
    response = api_as(charlie).delete(f"/api/v1/resource-flows/{resource.pk}")
    assert response.status_code == 409
    assert response.json()["type"] == "urn:turash:problem:still_in_use"


@pytest.mark.parametrize("size", [1, 15])
def test_a_list_costs_the_same_whatever_its_size(
    api_as, alice, alices_organization, django_assert_max_num_queries, size
):
    for _ in range(size):
        flow = ResourceFlowFactory()
        Proposal.objects.create(
            from_organization=alices_organization,
            to_organization=flow.organization,
            resource=flow,
            message="Hello",
        )
    with django_assert_max_num_queries(3):
        assert len(api_as(alice).get(URL).json()) == size
