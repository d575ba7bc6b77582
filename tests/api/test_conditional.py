"""Entity tags: who has it already is told so, and nobody overwrites what they have not seen."""

import pytest
from django.db import transaction

from matching.models import Match, MatchingRun
from organizations import services
from organizations.models import Organization, ResourceFlow, ResourceType, Site
from proposals.models import Proposal
from tests.api.test_bad_input import assert_problem
from tests.factories import (
    ConversionFactory,
    MatchClusterFactory,
    MembershipFactory,
    ResourceFlowFactory,
    SiteFactory,
)
from tests.matching.threads import at_once

API = "/api/v1"


@pytest.fixture
def stage(alice, bob, alices_organization, charlies_organization, run_events) -> dict[str, str]:
    """One object of each kind that Alice reads, by its address."""
    ours = ResourceFlowFactory(
        site=SiteFactory(organization=alices_organization), contaminants={"cd": 1}
    )
    theirs = ResourceFlowFactory(
        site=SiteFactory(organization=charlies_organization), direction="input", type_code="heat"
    )
    run_events()
    proposal = Proposal.objects.create(
        from_organization=charlies_organization,
        to_organization=alices_organization,
        resource=ours,
        message="Hello",
    )
    assert theirs
    job = MatchingRun.objects.create(organization=alices_organization)
    return {
        "organization": f"{API}/organizations/{alices_organization.pk}",
        "site": f"{API}/sites/{ours.site_id}",
        "flow": f"{API}/resource-flows/{ours.pk}",
        "conversion": f"{API}/conversions/{ConversionFactory(site=ours.site).pk}",
        "match": f"{API}/matches/{Match.objects.get().pk}",
        "cluster": f"{API}/matches/clusters/{MatchClusterFactory().pk}",
        "proposal": f"{API}/proposals/{proposal.pk}",
        "job": f"{API}/jobs/{job.pk}",
        "contact": f"{API}/organizations/{alices_organization.pk}/contact",
        "mail": f"{API}/users/me/mail",
        "me": f"{API}/users/me",
    }


@pytest.mark.django_db
class TestTags:
    def test_each_object_and_list_is_sent_once(self, api_as, alice, stage):
        client = api_as(alice)
        lists = ["organizations", "sites", "resource-flows", "matches", "proposals",
                 "resource-types", "notifications", "matches/clusters"]  # fmt: skip
        for url in [*stage.values(), *(f"{API}/{name}" for name in lists)]:
            first = client.get(url)
            tag = first["ETag"]
            assert tag.startswith('"'), url
            assert tag == client.get(url)["ETag"], url
            for known in (tag, f'"other", W/{tag}', "*"):
                again = client.get(url, headers={"If-None-Match": known})
                assert (again.status_code, again.content) == (304, b""), url
                assert again["ETag"] == tag
            assert client.get(url, headers={"If-None-Match": '"other"'}).content == first.content
        assert client.head(stage["job"])["ETag"] == client.get(stage["job"])["ETag"]

    def test_a_304_of_an_object_with_a_version_is_not_rendered(
        self, api_as, alice, stage, django_assert_num_queries
    ):
        client = api_as(alice)
        tag = client.get(stage["site"])["ETag"]
        # 1 whether Alice is in any organization, 2 the site with its version
        with django_assert_num_queries(2):
            client.get(stage["site"], headers={"If-None-Match": tag})

    def test_whatever_changes_an_object_changes_its_tag(
        self, api_as, alice, charlie, facilitator, alices_organization, stage
    ):
        client = api_as(alice)
        flow = ResourceFlow.objects.get(site__organization=alices_organization)
        seen = set()

        def is_new(url: str) -> bool:
            tag = client.get(url)["ETag"]
            return tag not in seen and not seen.add(tag)

        assert is_new(stage["flow"])
        assert not is_new(stage["flow"])
        services.save_flow(flow)
        assert is_new(stage["flow"])
        services.save_flow(flow, contaminants={"cd": 2})
        assert is_new(stage["flow"])
        services.set_reserved(flow=flow, reserved_per_year=5)
        assert is_new(stage["flow"])
        site = flow.site
        site.location = "POINT(12 55)"
        services.save_site(Site.objects.get(pk=site.pk))
        Site.objects.filter(pk=site.pk).update(location="SRID=4326;POINT(12 55)")
        assert is_new(stage["flow"])
        heat = ResourceType.objects.get(code="heat.hot_water")
        heat.save()
        assert is_new(stage["flow"])
        # What others are told is less.
        assert api_as(charlie).get(stage["flow"])["ETag"] not in seen
        assert api_as(facilitator).get(stage["flow"])["ETag"] in seen
        assert is_new(stage["organization"])
        with transaction.atomic():
            services.set_verified(Organization.objects.all(), verified=True)
        assert is_new(stage["organization"])
        assert is_new(stage["site"])
        geojson = client.get(f"{stage['site']}?format=geojson")
        assert geojson["ETag"] not in seen
        again = client.get(
            f"{stage['site']}?format=geojson", headers={"If-None-Match": geojson["ETag"]}
        )
        assert again.status_code == 304

    def test_writes_honour_if_match(self, api_as, alice, bob, alices_organization, stage):
        client = api_as(alice)
        member = f"{stage['organization']}/members/{bob.memberships.get().pk}"
        changes = [
            ("organization", "patch", "", {"name": "New"}),
            ("site", "patch", "", {"name": "New"}),
            ("flow", "patch", "", {"name": "New"}),
            ("conversion", "patch", "", {"name": "New"}),
            ("contact", "patch", "", {"person": "New"}),
            ("mail", "patch", "", {"matches": "none"}),
            ("proposal", "post", "/status", {"status": "accepted"}),
            ("job", "post", "/cancel", {}),
            ("match", "post", "/dismiss", {"reason": "No"}),
            ("conversion", "delete", "", None),
        ]
        for kind, method, action, body in changes:
            url, send = stage[kind], getattr(client, method)
            read = client.get(url)
            stale = send(f"{url}{action}", body, headers={"If-Match": '"old"'})
            assert_problem(stale, 412)
            assert stale.json()["type"] == "urn:turash:problem:stale"
            assert client.get(url)["ETag"] == read["ETag"], kind
            done = send(f"{url}{action}", body, headers={"If-Match": f'"old", {read["ETag"]}'})
            assert done.status_code in (200, 204), (kind, done.content)
            if method == "patch":
                assert_problem(send(url, body, headers={"If-Match": read["ETag"]}), 412)
                fresh = client.get(url)
                assert fresh.json() == done.json()
                if "ETag" in done:
                    assert done["ETag"] == fresh["ETag"]
                assert (
                    send(url, body, headers={"If-Match": f"W/{fresh['ETag']}"}).status_code == 200
                )
                assert send(url, body, headers={"If-Match": "*"}).status_code == 200
        changed = client.patch(member, {"role": "viewer"})
        assert_problem(client.delete(member, headers={"If-Match": '"old"'}), 412)
        assert client.delete(member, headers={"If-Match": changed["ETag"]}).status_code == 204
        assert_problem(client.delete(member, headers={"If-Match": changed["ETag"]}), 404)

    def test_who_makes_something_is_told_its_tag(self, api_as, alice, alices_organization):
        client = api_as(alice)
        body = {
            "organization_id": str(alices_organization.pk), "name": "Plant",
            "location": {"type": "Point", "coordinates": [11, 55]},
        }  # fmt: skip
        made = client.post(f"{API}/sites", body)
        assert made["ETag"] == client.get(f"{API}/sites/{made.json()['id']}")["ETag"]

    def test_what_is_refused_is_undone(self, api_as, vera, stage, alices_organization):
        client = api_as(vera)
        tag = client.get(stage["site"])["ETag"]
        answer = client.patch(stage["site"], {"name": "Mine"}, headers={"If-Match": tag})
        assert_problem(answer, 403)
        assert_problem(client.patch(stage["site"], {"name": ""}, headers={"If-Match": tag}), 403)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_editors_at_once_one_is_told(api_as):
    owner = MembershipFactory(role="owner")
    flow = ResourceFlowFactory(site__organization=owner.organization)
    urls = {
        f"{API}/resource-flows/{flow.pk}": ResourceFlow,
        f"{API}/sites/{flow.site_id}": Site,
        f"{API}/organizations/{owner.organization_id}": Organization,
    }
    for number in range(5):
        for url, model in urls.items():
            tag = api_as(owner.user).get(url)["ETag"]
            codes: dict[str, int] = {}

            def change(name: str, url=url, tag=tag, codes=codes) -> None:
                client = api_as(owner.user)
                answer = client.patch(url, {"name": name}, headers={"If-Match": tag})
                codes[name] = answer.status_code

            names = [f"{who} {number}" for who in ("mine", "yours", "theirs")]
            assert at_once(*(lambda name=name: change(name) for name in names)) == []
            assert sorted(codes.values()) == [200, 412, 412]
            (winner,) = (name for name, code in codes.items() if code == 200)
            assert model.objects.get(pk=url.split("/")[-1]).name == winner
