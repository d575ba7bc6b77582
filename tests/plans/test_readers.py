"""Plans tell their readers no more than these see otherwise, and all that they may know."""

from decimal import Decimal

import pytest

from matching import services as matching
from matching.models import Match
from organizations import services as organizations
from plans.models import Plan
from proposals.models import Proposal
from proposals.services import reservations
from tests.exchanges.conftest import put
from tests.factories import ResourceFlowFactory, SiteFactory
from tests.plans.test_plans import API, planned  # noqa: F401

pytestmark = pytest.mark.django_db


def plant(name: str, longitude: float, **flow) -> dict:
    flow = {"resource_type": "mineral.fly_ash", "quantity_per_year": 500} | flow
    return {
        "name": name,
        "location": {"type": "Point", "coordinates": [longitude, 55.68]},
        "flows": [flow],
    }


def test_a_plan_for_an_organization_tells_what_its_members_see(
    api_as, facilitator, alice, charlie, charlies_organization, region, planned  # noqa: F811
):  # fmt: skip
    ours, dear = str(region.output.organization_id), region.dear
    charlies_organization.figures_from = "never"
    charlies_organization.save()

    def state(amount: str, cost: int) -> None:
        dear.amount, dear.current_cost_per_unit = Decimal(amount), Decimal(cost)
        organizations.save_flow(dear)

    state("777.7", 40)
    secret = ResourceFlowFactory(
        site=dear.site, name="Secret", type_code="mineral.fly_ash", direction="input", amount=321,
        current_cost_per_unit=100, visibility="private",
    )  # fmt: skip
    matching.rematch_flow(flow_id=region.output.pk)

    def exchanges(user, plan: dict) -> dict:
        return {
            row["input"]["name"]: row
            for row in api_as(user).get(f"{API}/{plan['id']}/exchanges").json()
        }

    def quantity(user, plan: dict) -> float:
        rows = api_as(user).get(f"{API}/{plan['id']}/exchanges").json()
        return sum(row["quantity"] for row in rows if row["input"]["name"] == dear.name)

    shown = {row["input"]["name"]: row for row in api_as(alice).get("/api/v1/matches").json()}
    match = shown[dear.name]
    assert (match["quantity"], match["is_exact"]) == (800, False)
    plan = planned(alice, organization_id=ours)
    row = exchanges(alice, plan)[dear.name]
    assert row["quantity"] == 800
    assert row["savings_eur_per_year"] == pytest.approx(match["savings_eur_per_year"], abs=0.01)
    assert row["suggested_price_eur_per_unit"] != pytest.approx(20)
    assert row["match_id"] == match["id"]
    # Figures that round alike are told alike: sums, shares and prices, too.
    answers = []
    for amount, cost in (("777.7", 40), ("812", 90)):
        state(amount, cost)
        matching.rematch_flow(flow_id=region.output.pk)
        plan = planned(alice, organization_id=ours)
        flows = api_as(alice).get(f"{API}/{plan['id']}/flows").json()
        told = {name: value for name, value in plan.items() if not name.endswith(("id", "_at"))}
        answers.append((told, flows, exchanges(alice, plan)))
    assert answers[0] == answers[1]
    # Whoever asks: the members read it.
    comes = [plant("Kiln", 11.1, direction="output")]
    for_her = planned(facilitator, organization_id=ours, plants=comes)
    for user in (alice, facilitator):
        rows = exchanges(user, for_her)
        assert "Secret" not in rows
        assert quantity(user, for_her) == 800
    of_all = planned(facilitator, plants=comes)
    rows = exchanges(facilitator, of_all)
    assert rows["Secret"]["quantity"] == 321
    assert quantity(facilitator, of_all) == pytest.approx(812)
    hidden = str(Match.objects.get(input=secret, output=region.output).pk)
    for body in ({"must": [hidden]}, {"never": [hidden]}, {"closed": [str(secret.pk)]}):
        answer = api_as(facilitator).post(API, {"name": "x", "organization_id": ours} | body)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, list(body))
    # Nor by what a plan of all has left out.
    origin = planned(facilitator, never=[hidden], closed=[str(secret.pk)])
    scenario = planned(facilitator, scenario_of_id=origin["id"], organization_id=ours)
    assert scenario["closed"] == []
    assert not Plan.objects.get(pk=scenario["id"]).rules.exists()

    # What does not fit any more is not proposed, nor what no longer fits beside it.
    body = {
        "from_org_id": ours,
        "match_ids": [row["match_id"] for row in exchanges(alice, plan).values()],
    }
    state("100", 40)
    matching.rematch_flow(flow_id=region.output.pk)
    answer = api_as(alice).post(f"{API}/{plan['id']}/proposals", body).json()
    assert [row["match_id"] for row in answer["refused"]] == [match["id"]]
    assert "does not fit any more" in answer["refused"][0]["reason"]
    assert Proposal.objects.get().counterpart == region.output


def test_scenarios_keep_what_is_not_given_and_all_that_is_left_is_told(
    api_as, facilitator, alice, region, planned  # noqa: F811
):  # fmt: skip
    dear, cheap = (str(region.match(flow).pk) for flow in (region.dear, region.cheap))
    ours = str(region.output.organization_id)
    lonely = ResourceFlowFactory(
        site=region.output.site, name="Lonely", type_code="water.process", amount=70
    )
    away = ResourceFlowFactory(site=region.dear.site, name="Away", type_code="water.process")

    def left(plan: dict, user=facilitator) -> dict:
        rows = api_as(user).get(f"{API}/{plan['id']}/flows").json()
        return {row["name"]: row["left_per_year"] for row in rows}

    origin = planned(facilitator, never=[cheap])
    known = {"Ash": 300, region.dear.name: 0, region.cheap.name: 600, "Lonely": 70}
    assert left(origin) == pytest.approx(known | {"Away": away.quantity_per_year})
    both = planned(facilitator, scenario_of_id=origin["id"], must=[dear])
    assert both["quantities"] == pytest.approx({"Charlie": 700})
    none = planned(facilitator, scenario_of_id=both["id"], never=[cheap, dear], must=[])
    assert none["quantities"] == {}
    # What is given counts more than what is kept.
    other = planned(facilitator, scenario_of_id=none["id"], must=[cheap])
    assert other["quantities"] == pytest.approx({"Dora": 600})
    # An organization's plan tells of its own flows, and of what they could be exchanged with.
    for_her = planned(alice, organization_id=ours, never=[cheap, dear])
    assert left(for_her, alice) == {
        "Ash": 1000, "Lonely": 70, region.dear.name: None, region.cheap.name: None,
    }  # fmt: skip
    assert left(planned(facilitator, resource_type="water")) == pytest.approx(
        {"Lonely": lonely.quantity_per_year, "Away": away.quantity_per_year}
    )
    for body, field in (
        ({"sample_count": 5}, "sample_count"),
        ({"bbox": [11, 56, 12, 55]}, "bbox"),
    ):
        answer = api_as(facilitator).post(API, {"name": "x"} | body)
        assert list(answer.json()["errors"]) == [field]

    # Both have room for it, but not together: the output has less by now.
    plan = planned(alice, organization_id=ours)
    region.output.amount = 900
    organizations.save_flow(region.output)
    matching.rematch_flow(flow_id=region.output.pk)
    body = {"from_org_id": ours, "match_ids": [dear, cheap]}
    answer = api_as(alice).post(f"{API}/{plan['id']}/proposals", body).json()
    assert [row["match_id"] for row in answer["refused"]] == [cheap]


def test_no_exchange_leaves_the_region_or_the_radius(
    facilitator, alices_organization, charlies_organization, planned  # noqa: F811
):  # fmt: skip
    comes = [
        plant("Stove", 11.1, direction="output"),
        plant("Mill", 11.5, direction="input", cost_eur_per_unit=90),
    ]

    def exchanged(**body) -> list[float]:
        plan = planned(facilitator, **body)
        rows = Plan.objects.get(pk=plan["id"]).exchanges.chosen()
        return sorted(row.quantity_per_year for row in rows)

    assert exchanged(plants=comes) == pytest.approx([500])
    assert exchanged(plants=comes, max_distance_km=5) == []
    assert exchanged(plants=comes, bbox=[11, 55.6, 11.2, 55.8]) == []
    assert exchanged(plants=comes, bbox=[11, 55.6, 11.6, 55.8]) == pytest.approx([500])
    ring = [[11, 55.6], [11.2, 55.6], [11.2, 55.8], [11, 55.8], [11, 55.6]]
    assert exchanged(plants=comes, area={"type": "Polygon", "coordinates": [ring]}) == []

    for organization, longitude, mg, fields in (
        (alices_organization, 11.1, 150, {}),
        (charlies_organization, 11.12, 100, {"direction": "input", "current_cost_per_unit": 9}),
    ):
        flow = ResourceFlowFactory.build(
            site=SiteFactory(organization=organization, location=f"POINT({longitude} 55.68)"),
            type_code="water.process", amount=100_000, **fields,
        )  # fmt: skip
        organizations.save_flow(flow, contaminants={"chloride": mg})
    mixed = {"is_blended": True, "has_fixed_costs": False}
    assert len(exchanged(**mixed)) == 1
    assert exchanged(**mixed, max_distance_km=1) == []


def test_organizations_invest_what_the_plan_does(
    facilitator, alice, charlie, street, planned  # noqa: F811
):  # fmt: skip
    def invested(plan: dict) -> float:
        return sum(row["investment_eur"] for row in plan["shares"])

    plan = planned(facilitator)
    assert plan["trench_saving_eur_per_year"] > 10_000
    assert invested(plan) == pytest.approx(plan["investment_eur"])
    gains = sum(row["proportional_gain"] for row in plan["shares"])
    assert gains == pytest.approx(plan["value"])
    needed = Match.objects.get(input__organization=charlie.organizations.get()).input
    proposal = Proposal.objects.create(
        from_organization=charlie.organizations.get(), to_organization=street.organization,
        resource=street, counterpart=needed, message="Heat?", quantity=3000, created_by=charlie,
    )  # fmt: skip
    put(proposal, "contracted")
    reservations.renew([street, needed])
    matching.rematch_flow(flow_id=street.pk)
    plan = planned(facilitator)
    assert invested(plan) == pytest.approx(plan["investment_eur"])
    shares = {row["name"]: row for row in plan["shares"]}
    # All that Charlie needs is under contract: nothing is gained anew.
    assert shares["Charlie Works"]["avoided_eur_per_year"] == pytest.approx(3000 * 60)
    assert shares["Charlie Works"]["investment_eur"] > 0
    assert shares["Charlie Works"]["proportional_gain"] == 0
