"""A list costs the same number of queries however long it is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from organizations.models import ResourceFlow
from plans.models import Plan
from proposals.models import Proposal
from tests.factories import (
    MatchClusterFactory,
    MembershipFactory,
    ResourceFlowFactory,
    SiteFactory,
)
from turash.callers.services import make_token

pytestmark = pytest.mark.django_db

API = "/api/v1"
LISTS = [
    "/users/me/organizations", "/organizations", "/organizations/{organization}/members", "/sites",
    "/sites?format=geojson", "/organizations/{organization}/sites", "/resource-flows",
    "/organizations/{organization}/resource-flows", "/organizations/{organization}/matching/direct",
    "/resource-flows/{flow}/matches", "/resource-flows/{flow}/near-misses", "/matches",
    "/matches/clusters", "/proposals", "/organizations/{organization}/proposals",
    "/notifications", "/tokens", "/plans",
]  # fmt: skip


@pytest.fixture
def grow(alice, alices_organization, run_events):
    """Add one or more of everything that a list of Alice's shows."""
    flow = ResourceFlowFactory(site=SiteFactory(organization=alices_organization))

    def more(count: int) -> ResourceFlow:
        for _ in range(count):
            MembershipFactory(user=alice)
            MembershipFactory(organization=alices_organization)
            ResourceFlowFactory(site=SiteFactory(organization=alices_organization))
            MatchClusterFactory()
            make_token(alice)
            Plan.objects.create(name="x", organization=alices_organization)
            theirs = ResourceFlowFactory(direction="input", type_code="heat")
            # Nearly fits: too large a lot.
            ResourceFlowFactory(direction="input", type_code="heat", amount=1500, min_amount=1500)
            Proposal.objects.create(
                from_organization=alices_organization,
                to_organization=theirs.organization,
                resource=theirs,
                message="Hello",
            )
        run_events()
        return flow

    return more


def test_a_list_costs_the_same_whatever_its_size(api_as, alice, alices_organization, grow):
    client = api_as(alice)

    def costs(flow) -> dict[str, tuple[int, int]]:
        measured = {}
        for path in LISTS:
            url = API + path.format(organization=alices_organization.pk, flow=flow.pk)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                response = client.get(url)
            assert response.status_code == 200, (path, response.content)
            measured[path] = (len(queries), len(response.content))
        return measured

    few = costs(grow(1))
    many = costs(grow(6))
    for path in LISTS:
        assert many[path][1] > few[path][1], path
        assert many[path][0] == few[path][0], (path, few[path], many[path])
