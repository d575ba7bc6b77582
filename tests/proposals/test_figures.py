"""Exact figures are disclosed step by step; before, nothing that is shown tells them."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse

from matching import services as matching_services
from matching.models import Match
from organizations.disclosure import coarse, without_exact_figures
from organizations.models import Disclosure, Organization
from organizations.models.stage import Stage
from proposals import services
from tests.factories import MembershipFactory, ResourceFlowFactory, SiteFactory

pytestmark = pytest.mark.django_db

# Which viewer is at which stage with Charlie's organization.
SEES = {
    "public": {"anonymous", "stranger", "matched", "agreed", "owner", "facilitator"},
    "matched": {"matched", "agreed", "owner", "facilitator"},
    "accepted": {"agreed", "owner", "facilitator"},
    "never": {"owner", "facilitator"},
}


@pytest.fixture
def flow(charlies_organization):
    """Charlie needs 1,437 MWh of heat, above 73 °C, for which 61.25 EUR are paid today."""
    return ResourceFlowFactory(
        site=SiteFactory(organization=charlies_organization),
        name="Heat for tomatoes", direction="input", type_code="heat", amount=1437,
        min_amount=312, temperature_celsius_min=73, current_cost_per_unit=61.25,
    )  # fmt: skip


def surplus(organization, **fields):
    flow = ResourceFlowFactory(
        site=SiteFactory(organization=organization), amount=9000, temperature_celsius_min=85,
        temperature_celsius_max=95, **fields,
    )  # fmt: skip
    matching_services.rematch_flow(flow_id=flow.pk)
    return flow


@pytest.fixture
def viewers(api, api_as, alice, alices_organization, charlie, facilitator, flow):
    """Callers at each stage; Alice's organization has a match, the agreed one a proposal, too."""
    surplus(alices_organization)
    agreed = MembershipFactory()
    proposal = services.create_proposal(
        actor=agreed.user,
        from_organization=agreed.organization,
        to_organization=flow.organization,
        resource=flow,
        direction="input",
        message="Shall we?",
    )
    services.move_proposal(proposal_id=proposal.pk, actor=charlie, status="accepted")
    users = {
        "stranger": MembershipFactory().user, "matched": alice, "agreed": agreed.user,
        "owner": charlie, "facilitator": facilitator,
    }  # fmt: skip
    return {"anonymous": api} | {name: api_as(user) for name, user in users.items()}


def test_each_step_shows_more_and_is_on_record(viewers, flow, charlies_organization):
    exact = {"1437": 1437.0, "312": 312.0}
    url = f"/api/v1/resource-flows/{flow.pk}"
    listing = f"/api/v1/organizations/{charlies_organization.pk}/resource-flows"
    for stage, allowed in SEES.items():
        Organization.objects.filter(pk=charlies_organization.pk).update(figures_from=stage)
        Disclosure.objects.all().delete()
        for name, client in viewers.items():
            for seen in (client.get(url).json(), client.get(listing).json()[0]):
                quantity, quality = seen["quantity"], seen["quality"]
                assert seen["figures_are_exact"] == (name in allowed), (stage, name)
                if name in allowed:
                    assert quantity["amount"] == exact["1437"]
                    assert seen["pricing"]["current_cost_per_unit"] == 61.25
                    assert quality["temperature_celsius"]["min"] == 73
                else:
                    assert (quantity["amount"], quantity["min_amount"]) == (1000, 300)
                    assert quantity["canonical"]["amount_per_year"] == 1000
                    assert seen["pricing"]["current_cost_per_unit"] is None
                    assert quality["temperature_celsius"]["min"] == 70
        on_record = {
            (row.user.full_name, row.stage, row.as_facilitator, row.flow_id)
            for row in Disclosure.objects.select_related("user")
        }
        # Once a day, though seen twice; not one's own, nor what everybody sees.
        assert Disclosure.objects.count() == len(on_record)
        expected = 0 if stage == "public" else len(allowed - {"owner"})
        assert len(on_record) == expected
        if stage == "matched":
            assert ("Alice", "matched", False, flow.pk) in on_record
            assert ("Frida", "public", True, flow.pk) in on_record
    Organization.objects.filter(pk=charlies_organization.pk).update(figures_from="matched")
    viewers["matched"].get(url)
    rows = viewers["owner"].get(f"/api/v1/organizations/{charlies_organization.pk}/disclosures")
    assert {row["flow_name"] for row in rows.json()} == {"Heat for tomatoes"}


def test_a_search_by_quantity_finds_out_no_more_than_is_shown(viewers, flow):
    url = "/api/v1/resource-flows?direction=input&min_quantity="
    Organization.objects.filter(pk=flow.organization_id).update(figures_from="accepted")
    found = {
        name: [
            bool(viewers[name].get(f"{url}{least}").json()) for least in (1000, 1001, 1437, 1438)
        ]
        for name in ("anonymous", "matched", "agreed")
    }
    assert found == {
        "anonymous": [True, False, False, False],
        "matched": [True, False, False, False],
        "agreed": [True, True, True, False],
    }


def figures_of(client, match) -> dict:
    answer = client.get(f"/api/v1/matches/{match.pk}").json()
    answer.pop("is_exact")
    return answer


def test_a_match_says_what_follows_from_rounded_figures(
    client_as, api_as, alice, alices_organization, flow
):
    """Whatever the exact figures: with the same rounded ones each answer is the same."""
    ours = surplus(alices_organization)
    match = Match.objects.get()
    pages = [
        reverse("matching:match-detail", args=[match.pk]),
        reverse("matching:panel", args=[ours.pk]),
        reverse("dashboard"),
        reverse("proposals:proposal-create", args=[flow.pk]) + f"?match={match.pk}",
        reverse("organizations:flow-detail", args=[flow.pk]),
        reverse("organizations:organization-detail", args=[flow.organization_id]),
    ]
    client = api_as(alice)
    direct = f"/api/v1/organizations/{alices_organization.pk}/matching/direct"
    exact = figures_of(client, match)
    assert (exact["quantity"], exact["avoided_purchase_eur_per_year"]) == (1437, 88016.25)
    assert client.get(direct).json()["consumers"][0]["quantity"] == 1437
    Organization.objects.filter(pk=flow.organization_id).update(figures_from="accepted")
    seen = []
    for amount, lot, cost, coldest in ((1437, 312, 61.25, 73), (953, 290, 58, 71)):
        flow.amount, flow.min_amount, flow.current_cost_per_unit = amount, lot, cost
        flow.temperature_celsius_min = coldest
        flow.quantity_per_year, flow.min_quantity_per_year = float(amount), float(lot)
        flow.save()
        answer = figures_of(client, match)
        assert answer["quantity"] == 1000
        assert set(answer) == set(exact) - {"is_exact"}
        assert answer["score"] == pytest.approx(
            sum(answer["weights"][name] * score for name, score in answer["factors"].items())
        )
        assert answer["ranges"]["quantity_per_year"]["low"] < 1000
        told = client.get(direct).json()["consumers"][0]
        assert (told["quantity"], told["match_id"]) == (1000, str(match.pk))
        seen.append((answer, told))
        for page in pages:
            html = client_as(alice).get(page).content.decode()
            for figure in ("1437", "1,437", "61.25", "73", "312", "953", "58 EUR"):
                assert not re.search(rf"[> ]{figure}[ <]", html), (page, figure)
    assert seen[0] == seen[1]
    assert not Disclosure.objects.filter(flow=flow, stage="accepted").exists()


def test_near_misses_and_bundles_say_it_in_classes(api_as, client_as, alice, alices_organization):
    ours = ResourceFlowFactory(
        site=SiteFactory(organization=alices_organization), amount=100, temperature_celsius_min=80,
        temperature_celsius_max=80,
    )  # fmt: skip
    theirs = ResourceFlowFactory(
        direction="input", type_code="heat", amount=333, temperature_celsius_min=93.5
    )
    url = f"/api/v1/resource-flows/{ours.pk}/near-misses"
    page = reverse("matching:near-misses", args=[ours.pk])
    reasons = {}
    for stage in ("public", "matched"):
        Organization.objects.filter(pk=theirs.organization_id).update(figures_from=stage)
        [found] = api_as(alice).get(url).json()
        [reasons[stage]] = found["reasons"]
        assert reasons[stage]["text"] in client_as(alice).get(page).content.decode()
    assert reasons["public"]["rule"] == "temperature"
    assert -14 <= reasons["public"]["gap"] < -3
    assert reasons["matched"]["gap"] in (-10, -20)
    assert reasons["matched"]["text"].startswith("up to ")


# Of which 4 ask how far the two have come: facilitator, organizations, proposals, matches.
FLOWS_QUERIES, MATCHES_QUERIES = 6, 16


@pytest.mark.parametrize("size", [1, 8])
def test_lists_take_the_same_queries_for_any_number(
    api_as, alice, alices_organization, django_assert_num_queries, size
):
    ours = surplus(alices_organization)
    for _ in range(size):
        needed = ResourceFlowFactory(direction="input", type_code="heat", amount=333)
        matching_services.rematch_flow(flow_id=needed.pk)
    Organization.objects.exclude(pk=alices_organization.pk).update(figures_from=Stage.ACCEPTED)
    client = api_as(alice)
    with django_assert_num_queries(FLOWS_QUERIES):
        assert len(client.get("/api/v1/resource-flows?direction=input").json()) == size
    with django_assert_num_queries(MATCHES_QUERIES):
        shown = client.get(f"/api/v1/resource-flows/{ours.pk}/matches").json()
    assert [match["quantity"] for match in shown] == [300] * size


def test_what_is_rounded(alices_organization):
    assert [float(coarse(number)) for number in (1500, 1499, 9.6, 0.034, 7, 250)] == [
        2000, 1000, 10, 0.03, 7, 300,
    ]  # fmt: skip
    flow = ResourceFlowFactory(
        site=SiteFactory(organization=alices_organization), amount=Decimal("12.5"), per="month",
        pressure_bar_min=3.2, pressure_bar_max=14, purity_pct_min=95.5, ph_min=6.4, ph_max=13.2,
        temperature_celsius_min=-12, temperature_celsius_max=-3, contaminants={"cd": 2.6},
    )  # fmt: skip
    flow.reserved_per_year = 37.0
    shown = without_exact_figures(type(flow).objects.prefetch_related("contaminants").get())
    assert (float(shown.amount), shown.quantity_per_year) == (10, 120)
    assert (shown.pressure_bar_min, shown.pressure_bar_max) == (3, 20)
    assert (shown.purity_pct_min, shown.ph_min, shown.ph_max) == (90, 6, 14)
    assert (shown.temperature_celsius_min, shown.temperature_celsius_max) == (-20, 0)
    assert [row.mg_per_kg for row in shown.contaminants.all()] == [3]
    assert not shown.current_cost_per_unit
    # Never the exact ones, also where they were not read.
    assert not list(without_exact_figures(flow).contaminants.all())
    assert without_exact_figures(flow).available_per_year == 100
