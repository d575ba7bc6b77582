"""Matching finds what people at Kalundborg found."""

import re

import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import reverse

from matching import services
from matching.models import Match, MatchCluster
from organizations.models import Membership, Organization, ResourceFlow, Site, User
from proposals.models import Proposal
from turash.demo import loader
from turash.events.models import DomainEvent

REGION = loader.read_region()
SITES = {site["key"]: site for site in REGION["sites"]}
DOCUMENTED = {
    (exchange["output"], exchange["input"]): exchange for exchange in REGION["historical_exchanges"]
}


@pytest.fixture(scope="module")
def loaded_once(kept_rows):
    """Load the region for all tests of the module."""
    return loader.load_demo_region(progress=lambda _: None)


@pytest.fixture
def demo_region(loaded_once, db):
    return loaded_once


@pytest.fixture
def found(demo_region):
    """The matches of the region, as pairs of keys."""
    call_command("match", verbosity=0)
    return set(Match.objects.values_list("output__external_id", "input__external_id"))


class TestMatching:
    def test_finds_every_documented_exchange(self, found):
        missing = [
            f"{exchange['year']} {exchange['resource']}: {pair[0]} → {pair[1]}"
            for pair, exchange in DOCUMENTED.items()
            if pair not in found
        ]
        hits = len(found & DOCUMENTED.keys())
        print(  # noqa: T201
            f"\nKalundborg: {len(found)} matches found, {len(DOCUMENTED)} exchanges documented; "
            f"precision {hits / len(found):.2f}, recall {hits / len(DOCUMENTED):.2f}"
        )
        assert not missing

    def test_finds_partners_that_nobody_documented(self, found):
        assert ("a_gypsum_out", "c_gypsum_in") in found
        assert ("u_sludge_out", "b_other_in") in found

    def test_leaves_flows_without_a_partner_alone(self, found):
        matched = {key for pair in found for key in pair}

        assert matched.isdisjoint({"w_heat_out", "a_oilash_out", "c_rdf_in", "w_glass_out"})

    def test_finds_where_heat_and_water_could_share_pipes(self, found):
        services.compute_clusters()

        outsider = User.objects.get(email="otto.outsider@example.org")
        seen = MatchCluster.objects.visible_to(outsider)
        assert {cluster.name for cluster in seen} == {
            "Heat around Kalundborg",
            "Water around Kalundborg",
        }
        heat = MatchCluster.objects.get(resource_type__code="heat")
        members = set(heat.flows.values_list("organization__external_id", flat=True))
        assert {"asnaes", "refinery", "novo_nordisk", "novozymes"} <= members


class TestLoading:
    def test_creates_the_region_with_its_events(self, demo_region):
        assert demo_region.flows == ResourceFlow.objects.count() == len(REGION["flows"])
        assert demo_region.sites == Site.objects.count() == len(REGION["sites"])
        created = DomainEvent.objects.filter(type="resource_flow_created")
        assert created.count() == len(REGION["flows"])

    def test_changes_nothing_the_second_time(self, demo_region):
        events = DomainEvent.objects.count()

        again = loader.load_demo_region(progress=lambda _: None)

        assert again == loader.LoadReport()
        assert DomainEvent.objects.count() == events

    def test_keeps_what_people_changed(self, demo_region):
        ResourceFlow.objects.filter(external_id="a_gypsum_out").update(name="Renamed")

        loader.load_demo_region(progress=lambda _: None)

        assert ResourceFlow.objects.get(external_id="a_gypsum_out").name == "Renamed"

    def test_gives_everybody_their_role(self, demo_region):
        roles = {
            (member.user.email, member.organization.external_id): member.role
            for member in Membership.objects.select_related("user", "organization")
        }

        assert roles == {
            (user["email"], organization): role
            for user in REGION["users"]
            for organization, role in user["organizations"].items()
        }
        assert User.objects.get(email="freja.facilitator@example.org").is_facilitator

    def test_lets_a_manager_and_the_facilitator_sign_in(self, demo_region, client):
        logins = {login.role: login for login in loader.DEMO_LOGINS}

        for login in (logins["manager"], logins["facilitator"]):
            assert client.login(email=login.email, password=login.password)

    def test_shows_proposals_at_several_stages_with_what_they_bring(
        self, demo_region, client_as, django_assert_num_queries
    ):
        proposals = {row.status: row for row in Proposal.objects.all()}
        assert set(proposals) == {"pending", "accepted", "negotiating", "live"}
        rikke = client_as(User.objects.get(email="rikke.owner@example.org"))
        for status in ("accepted", "negotiating", "live"):
            page = rikke.get(f"/proposals/{proposals[status].pk}").content.decode()
            assert "What it brings Kalundborg Refinery, a year" in page
        page = rikke.get(reverse("exchanges:exchange", args=[proposals["live"].pk]))
        assert page.content.decode().count("5,250") >= 1
        board = rikke.get("/proposals/board").content.decode()
        assert "It is our turn" in board
        assert board.count("EUR/a</span> <small>for us</small>") == 2


class TestFigures:
    def test_region_is_as_large_as_promised(self):
        assert len(REGION["organizations"]) >= 12
        assert len(REGION["sites"]) >= 20
        assert len(REGION["flows"]) >= 45

    @pytest.mark.parametrize("flow", REGION["flows"], ids=lambda flow: flow["key"])
    def test_names_a_source_and_marks_assumptions(self, flow):
        named = re.findall(r"[a-z][a-z0-9_]+", flow["source"])

        assert set(named) & REGION["sources"].keys()
        if "assumption" in flow["source"]:
            assert "quantity.amount" in flow["estimated"]

    def test_tells_the_reader_where_a_figure_is_from(self, demo_region):
        description = ResourceFlow.objects.get(external_id="a_gypsum_out").description

        assert "Kalundborg Symbiosis (2012)" in description
        assert "Estimates: quality.purity_pct" in description

    def test_documentation_lists_every_flow_and_exchange(self):
        text = (settings.BASE_DIR / "docs/demo-region.md").read_text(encoding="utf-8")
        names = {entry["key"]: entry["name"] for entry in REGION["organizations"]}

        for flow in REGION["flows"]:
            owner = names[SITES[flow["site"]]["organization"]]
            amount = f"{flow['flow']['quantity']['amount']:,}"
            row = f"| {owner} | {flow['flow']['name']} | {flow['flow']['direction']} | {amount} "
            assert row in text
        for exchange in REGION["historical_exchanges"]:
            assert f"| {exchange['resource']} | " in text

    def test_every_organization_is_loaded_once(self, demo_region):
        assert Organization.objects.filter(source=loader.SOURCE).count() == len(
            REGION["organizations"]
        )
