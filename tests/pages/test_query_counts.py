"""Lists cost the same number of queries whatever their length."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from matching import services
from tests.factories import MatchClusterFactory, ResourceFlowFactory, SiteFactory

pytestmark = pytest.mark.django_db


def grow(pair) -> None:
    """Five more sites, flows, matches, clusters."""
    for number in range(5):
        site = SiteFactory(organization=pair.input.organization, name=f"House {number}")
        flow = ResourceFlowFactory(site=site, direction="input", type_code="heat", amount=100)
        services.rematch_flow(flow_id=flow.pk)
        MatchClusterFactory()


@pytest.mark.parametrize(
    ("page", "at_most"),
    [
        ("dashboard", 19),
        ("map", 14),
        ("map-data", 13),
        ("panel", 20),
        ("organization", 14),
        ("proposals", 10),
        ("match", 20),
    ],
)
def test_a_longer_list_takes_no_more_queries(client_as, charlie, pair, proposal, page, at_most):
    url = {
        "panel": reverse("matching:panel", args=[pair.output.pk]),
        "organization": reverse(
            "organizations:organization-detail", args=[pair.input.organization_id]
        ),
        "proposals": reverse("proposals:proposal-list"),
        "match": reverse("matching:match-detail", args=[pair.match.pk]),
    }.get(page) or reverse(page)
    user = charlie if page != "panel" else pair.output.organization.users.get()
    browser = client_as(user)
    counts = []
    for _size in ("short", "long"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert browser.get(url).status_code == 200
        counts.append(len(queries))
        grow(pair)
    assert counts[1] <= counts[0] <= at_most, counts
