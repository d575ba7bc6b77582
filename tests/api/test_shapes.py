"""Cursors, `fields` and `expand`: fewer round trips, no more of others than they disclose."""

import re

import pytest

from matching.models import Match
from organizations.models import Disclosure, ResourceFlow
from tests.api.test_bad_input import assert_problem
from tests.api.test_lists import pages
from tests.factories import OrganizationFactory, ResourceFlowFactory, SiteFactory
from turash.api import pagination

pytestmark = pytest.mark.django_db

API = "/api/v1"
FLOWS = f"{API}/resource-flows"


def link(answer, name: str) -> str:
    return re.search(rf'<([^>]+)>; rel="{name}"', answer["Link"])[1]


def ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()]


@pytest.fixture
def flows(alices_organization) -> list[str]:
    """The newest first; some of one moment, as imports make them."""
    site = SiteFactory(organization=alices_organization)
    made = [ResourceFlowFactory(site=site) for _ in range(7)]
    ResourceFlow.objects.filter(pk__in=[flow.pk for flow in made[2:5]]).update(
        created_at=made[3].created_at
    )
    order = ResourceFlow.objects.order_by("-created_at", "-pk")
    return [str(key) for key in order.values_list("pk", flat=True)]


class TestCursors:
    def test_lead_there_and_back_whatever_comes_and_goes(self, api_as, alice, flows):
        client = api_as(alice)
        first = client.get(f"{FLOWS}?limit=3")
        assert ids(first) == flows[:3]
        assert 'rel="prev"' not in first["Link"]
        # One of the page that was read goes, and a new one comes before it.
        gone = ResourceFlow.objects.get(pk=flows[1])
        ResourceFlowFactory(site=gone.site)
        gone.delete()
        second = client.get(link(first, "next"))
        assert ids(second) == flows[3:6]
        assert ids(client.get(link(second, "next"))) == flows[6:]
        assert ids(client.get(link(second, "prev")))[1:] == [flows[0], flows[2]]
        assert ids(client.get(link(second, "first")))[1:] == [flows[0], flows[2]]

    def test_of_every_list_lead_to_its_end(self, api, api_as, alice, flows):
        for number in range(5):
            SiteFactory(organization=OrganizationFactory(name=f"{'🏭' * 199}{number % 2}"))
        for name in ("organizations", "sites", "resource-flows", "notifications", "tokens"):
            client = api_as(alice)
            whole = client.get(f"{API}/{name}").json()
            answers = pages(client, f"{API}/{name}?limit=2")
            assert [row for answer in answers for row in answer.json()] == whole, name

    def test_offsets_come_to_the_same(self, api_as, alice, flows, monkeypatch):
        monkeypatch.setattr(pagination, "STEP", 2)
        client = api_as(alice)
        for offset in range(9):
            answer = client.get(f"{FLOWS}?limit=2&offset={offset}")
            assert ids(answer) == flows[offset : offset + 2]
            assert answer["X-Total-Count"] == "7"
        monkeypatch.setattr(pagination.HeaderPagination, "largest_offset", 4)
        assert "cursor=" in link(client.get(f"{FLOWS}?limit=2&offset=4"), "next")
        problem = client.get(f"{FLOWS}?offset=5")
        assert_problem(problem, 400, "offset")
        assert "links" in str(problem.json()["errors"])

    @pytest.mark.parametrize("cursor", ["x", "W10:a:b", "\u0000", "é" * 9, "x" * 5000])
    def test_nonsense_is_refused(self, api_as, alice, flows, cursor):
        client = api_as(alice)
        assert_problem(client.get(FLOWS, {"cursor": cursor}), 400, "cursor")
        theirs = link(client.get(f"{API}/tokens"), "first")
        assert theirs
        of_flows = link(client.get(f"{FLOWS}?limit=1"), "next")
        of_sites = of_flows.replace("resource-flows", "sites")
        assert_problem(client.get(of_sites), 400, "cursor")
        assert_problem(client.get(f"{of_flows}&offset=1"), 400, "cursor")
        assert_problem(client.get(f"{API}/matches?cursor=x"), 400, "cursor")


class TestShapes:
    def test_tell_less_or_more_in_as_many_queries(
        self, api_as, alice, flows, django_assert_max_num_queries, django_assert_num_queries
    ):
        client = api_as(alice)
        (row, *_others) = client.get(f"{FLOWS}?fields=name,quantity&limit=3").json()
        assert row.keys() == {"id", "name", "quantity"}
        with django_assert_max_num_queries(20) as plain:
            whole = client.get(FLOWS).json()
        with django_assert_num_queries(len(plain)):
            rows = client.get(f"{FLOWS}?expand=site,organization,resource_type").json()
        for row, told in zip(rows, whole, strict=True):
            assert {**row, "expanded": None} == {**told, "expanded": None}
        expanded = rows[0]["expanded"]
        for name, url in (("site", "sites"), ("organization", "organizations")):
            assert expanded[name] == client.get(f"{API}/{url}/{rows[0][f'{name}_id']}").json()
        assert expanded["resource_type"]["code"] == rows[0]["resource_type"]
        one = client.get(f"{FLOWS}/{flows[0]}?fields=name&expand=site").json()
        assert one.keys() == {"id", "name", "expanded"}
        sites = client.get(f"{API}/sites?format=geojson&fields=city&expand=organization").json()
        assert sites["features"][0]["properties"].keys() == {"city", "expanded"}
        assert sites["features"][0]["geometry"]["type"] == "Point"

    @pytest.mark.parametrize(
        ("query", "name", "remedy"),
        [("fields=colour", "fields", "quantity"), ("expand=colour", "expand", "resource_type"),
         ("fields=", None, ""), ("fields=name,,id", "fields", "name")],
    )  # fmt: skip
    def test_unknown_names_are_refused_with_those_there_are(
        self, api_as, alice, query, name, remedy
    ):
        answer = api_as(alice).get(f"{FLOWS}?{query}")
        if name is None:
            assert answer.status_code == 200
        else:
            assert_problem(answer, 400, name)
            assert remedy in answer.json()["errors"][name][0]

    def test_a_part_has_a_tag_of_its_own_that_names_the_same_version(self, api_as, alice, flows):
        client, url = api_as(alice), f"{FLOWS}/{flows[0]}"
        tags = {query: client.get(url + query)["ETag"]
                for query in ("", "?fields=name", "?fields=status", "?expand=site")}  # fmt: skip
        assert len(set(tags.values())) == 4
        for query, tag in tags.items():
            assert client.get(url + query, headers={"If-None-Match": tag}).status_code == 304
            answer = client.patch(url, {"status": "active"}, headers={"If-Match": tag})
            assert answer.status_code == 200
            tags[query] = answer["ETag"]
            assert_problem(client.patch(url, {}, headers={"If-Match": tag}), 412)
            break
        shaped = client.get(f"{url}?fields=name")["ETag"]
        assert client.patch(url, {}, headers={"If-Match": shaped}).status_code == 200

    def test_expanding_discloses_no_more_and_goes_on_record(
        self, api_as, alice, charlie, alices_organization, charlies_organization, run_events
    ):
        charlies_organization.figures_from = "accepted"
        charlies_organization.save()
        ours = ResourceFlowFactory(site=SiteFactory(organization=alices_organization))
        theirs = ResourceFlowFactory(
            site=SiteFactory(organization=charlies_organization), direction="input",
            type_code="heat", amount=1234, contaminants={"cd": 1.23},
        )  # fmt: skip
        run_events()
        assert Match.objects.exists()
        client = api_as(alice)
        for url in (f"{API}/matches", f"{FLOWS}/{ours.pk}/matches"):
            ((row),) = client.get(f"{url}?expand=output,input&fields=score").json()
            assert row.keys() == {"id", "score", "expanded"}
            assert row["expanded"]["input"] == client.get(f"{FLOWS}/{theirs.pk}").json()
            assert row["expanded"]["input"]["quantity"]["amount"] == 1000
            assert row["expanded"]["output"] == client.get(f"{FLOWS}/{ours.pk}").json()
        assert not Disclosure.objects.exists()
        charlies_organization.figures_from = "matched"
        charlies_organization.save()
        client.get(f"{FLOWS}?fields=name")
        assert not Disclosure.objects.exists()
        client.get(f"{API}/organizations/{charlies_organization.pk}/resource-flows")
        assert Disclosure.objects.filter(flow=theirs, user=alice).count() == 1
