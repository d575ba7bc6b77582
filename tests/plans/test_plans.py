"""Plans from the request to the result and on to proposals, as the API shows them."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone

from matching import services as matching
from matching.models import Match
from plans import services
from plans.models import Plan, PlannedFlow, PlanPart
from proposals.models import Proposal
from proposals.services import reservations
from tests.exchanges.conftest import put
from tests.factories import ResourceFlowFactory, SiteFactory
from turash.events.models import DomainEvent

pytestmark = pytest.mark.django_db
API = "/api/v1/plans"


@pytest.fixture
def planned(api_as, run_events):
    """Ask for a plan and let workers compute it; returns the plan as the caller sees it."""

    def plan(user, **body) -> dict:
        client = api_as(user)
        asked = client.post(API, {"name": "Ash"} | body)
        assert asked.status_code == 202, asked.json()
        assert asked.json()["status"] == "queued"
        run_events()
        found = client.get(f"{API}/{asked.json()['id']}").json()
        found["quantities"] = {
            row["input"]["name"].removeprefix("Ash for ").removesuffix(" Works"): row["quantity"]
            for row in client.get(f"{API}/{found['id']}/exchanges").json()
        }
        return found

    return plan


def per_unit(match: Match) -> float:
    return float(match.savings_eur_per_year) / match.quantity_per_year


def test_a_plan_of_all_gives_each_what_is_worth_most(api_as, facilitator, region, planned):
    plan = planned(facilitator)
    assert (plan["status"], plan["done_count"], plan["total_count"]) == ("finished", 2, 2)
    # Charlie pays more for what he does without, so that Dora gets what is left.
    assert plan["quantities"] == pytest.approx({"Charlie": 700, "Dora": 300})
    dear, cheap = per_unit(region.match(region.dear)), per_unit(region.match(region.cheap))
    value = 700 * dear + 300 * cheap
    assert plan["value"] == pytest.approx(value, abs=0.1)
    assert plan["bound"] == pytest.approx(plan["value"], rel=1e-9)
    assert plan["gap"] == pytest.approx(0, abs=1e-9)
    assert plan["savings_eur_per_year"] == pytest.approx(value, abs=0.1)
    assert (plan["unit"], plan["investment_eur"]) == ("EUR", 0)
    assert plan["exchange_count"] == 2

    flows = {
        row["name"]: row for row in api_as(facilitator).get(f"{API}/{plan['id']}/flows").json()
    }
    ash, more, less = flows["Ash"], flows["Ash for Charlie Works"], flows["Ash for Dora Works"]
    # One more tonne goes to Dora; one that Charlie needs more is taken from her.
    assert ash["price"] == pytest.approx(cheap, abs=1e-3)
    assert more["price"] == pytest.approx(dear - cheap, abs=1e-3)
    assert (less["price"], less["left_per_year"], less["used_share"]) == (0, 300, 0.5)
    assert (ash["used_per_year"], ash["direction"], ash["unit"]) == (1000, "output", "t")

    shares = {row["name"]: row for row in plan["shares"]}
    assert shares["Charlie Works"]["avoided_eur_per_year"] == pytest.approx(28_000)
    assert shares["Alice Works"]["proportional_gain"] == pytest.approx(value / 2, abs=0.1)
    # Worked out by hand: with Alice alone each of the two can have all they need.
    with_dear, with_cheap = 700 * dear, 600 * cheap
    fair = with_dear / 6 + with_cheap / 6 + value / 3
    assert shares["Alice Works"]["fair_gain"] == pytest.approx(fair, abs=0.1)
    fair = with_dear / 6 + (value - with_cheap) / 3
    assert shares["Charlie Works"]["fair_gain"] == pytest.approx(fair, abs=0.1)
    assert {row["standard_error"] for row in plan["shares"]} == {0}
    assert DomainEvent.objects.get(type="plan_finished").payload == {"plan_id": plan["id"]}


def test_who_plans_and_who_sees(
    api, api_as, facilitator, alice, bob, vera, charlie, region, planned, run_events
):
    organization = str(region.output.organization_id)
    assert api.post(API, {"name": "All"}).status_code == 401
    assert api_as(alice).post(API, {"name": "All"}).status_code == 403
    for user in (vera, charlie):
        refused = api_as(user).post(API, {"name": "Mine", "organization_id": organization})
        assert refused.status_code == 403
    of_all = planned(facilitator)
    ours = planned(bob, organization_id=organization)
    assert ours["quantities"] == pytest.approx({"Charlie": 700, "Dora": 300})
    theirs = planned(charlie, organization_id=str(region.dear.organization_id))
    assert theirs["quantities"] == pytest.approx({"Charlie": 700})
    for user, seen in ((alice, [ours]), (vera, [ours]), (charlie, [theirs])):
        client = api_as(user)
        assert [row["id"] for row in client.get(API).json()] == [plan["id"] for plan in seen]
        assert client.get(f"{API}/{of_all['id']}").status_code == 404
        assert client.get(f"{API}/{of_all['id']}/exchanges").status_code == 404
    assert len(api_as(facilitator).get(API).json()) == 3
    # What a partner avoids is the partner's own affair.
    known = {row["name"]: row["avoided_eur_per_year"] for row in ours["shares"]}
    assert known == {"Alice Works": 0, "Charlie Works": None, "Dora Works": None}
    known = {row["name"]: row["avoided_eur_per_year"] for row in theirs["shares"]}
    assert known == {"Alice Works": None, "Charlie Works": pytest.approx(28_000)}
    rows = {row["name"]: row for row in api_as(alice).get(f"{API}/{ours['id']}/flows").json()}
    assert (rows["Ash"]["left_per_year"], rows["Ash"]["used_share"]) == (0, 1)
    other = rows["Ash for Dora Works"]
    assert (other["available_per_year"], other["left_per_year"], other["used_share"]) == (None,) * 3
    told = [
        row for row in api_as(alice).get("/api/v1/notifications").json()
        if row["type"] == "plan_finished"
    ]  # fmt: skip
    assert [row["subject"]["url"] for row in told] == [f"/plans/{ours['id']}"]


def test_what_is_asked_for_is_kept_to(facilitator, region, planned):
    def quantities(**body) -> dict:
        plan = planned(facilitator, **body)
        assert plan["status"] == "finished", plan["error"]
        return plan["quantities"]

    dear, cheap = (str(region.match(flow).pk) for flow in (region.dear, region.cheap))
    assert quantities(cities=["Kalundborg"]) == pytest.approx({"Charlie": 700})
    assert quantities(cities=["Slagelse"]) == {}
    assert quantities(bbox=[11.0, 55.6, 11.2, 55.8]) == pytest.approx({"Charlie": 700})
    assert quantities(max_distance_km=5) == pytest.approx({"Charlie": 700})
    assert quantities(resource_type="heat") == {}
    assert quantities(resource_type="mineral") == pytest.approx({"Charlie": 700, "Dora": 300})
    # 300 t are half of what Dora could take.
    assert quantities(min_share_pct=60) == pytest.approx({"Charlie": 640, "Dora": 360})
    assert quantities(never=[cheap]) == pytest.approx({"Charlie": 700})
    assert quantities(must=[cheap]) == pytest.approx({"Charlie": 400, "Dora": 600})
    # Trucks emit by the kilometre; whoever is nearer avoids more.
    assert quantities(objective="co2") == pytest.approx({"Charlie": 700, "Dora": 300})
    mixed = planned(facilitator, objective="mix", co2_price_eur_per_t=10)
    co2, savings = mixed["co2_avoided_t_per_year"], mixed["savings_eur_per_year"]
    assert mixed["value"] == pytest.approx(savings + 10 * co2, rel=1e-6)
    impossible = planned(facilitator, must=[dear, cheap])
    assert impossible["status"] == "failed"
    assert "Ash → Ash for Charlie Works" in impossible["error"]


def test_wrong_parameters_are_named(api_as, facilitator, region):
    client = api_as(facilitator)
    match = str(region.match(region.dear).pk)
    nobody = "0190a1b2-0000-7000-8000-000000000000"
    for body, field in (
        ({}, "name"),
        ({"bbox": [1, 2, 3]}, "bbox"),
        ({"bbox": [11, 56, 12, 55]}, "bbox"),
        ({"resource_type": "unobtainium"}, "resource_type"),
        ({"organization_id": nobody}, "organization_id"),
        ({"scenario_of_id": nobody}, "scenario_of_id"),
        ({"must": [nobody]}, "must"),
        ({"must": [match], "never": [match]}, "never"),
        ({"objective": "fame"}, "objective"),
        ({"budget_eur": -1}, "budget_eur"),
        ({"colour": 1}, "colour"),
    ):
        answer = client.post(API, body if field == "name" else {"name": "x"} | body)
        assert answer.status_code == 400, body
        assert list(answer.json()["errors"]) == [field], answer.json()
    assert not Plan.objects.exists()


def test_contracts_are_fixed_and_what_they_take_is_gone(
    facilitator, alice, charlie, region, planned
):
    match = region.match(region.dear)
    proposal = Proposal.objects.create(
        from_organization=charlie.organizations.get(),
        to_organization=alice.organizations.get(),
        resource=match.output,
        counterpart=match.input,
        message="Ash?",
        quantity=500,
        created_by=charlie,
    )
    put(proposal, "contracted")
    reservations.renew([match.output, match.input])
    matching.rematch_flow(flow_id=region.output.pk)
    plan = planned(facilitator)
    rows = {row.input_id: row for row in Plan.objects.get().exchanges.filter(is_contracted=True)}
    assert rows[region.dear.pk].quantity_per_year == 500
    assert rows[region.dear.pk].proposal_id == proposal.pk
    # Of 1,000 t 500 are left: 200 for the rest of Charlie's need, 300 for Dora.
    chosen = Plan.objects.get().exchanges.chosen().filter(is_contracted=False)
    assert {row.input_id: row.quantity_per_year for row in chosen} == pytest.approx(
        {region.dear.pk: 200, region.cheap.pk: 300}
    )
    assert plan["exchange_count"] == 3


class TestPipes:
    def test_a_shared_trench_is_paid_once(self, facilitator, street, planned):
        shared = planned(facilitator)
        alone = planned(facilitator, shares_trenches=False)
        assert alone["trench_saving_eur_per_year"] == 0
        assert shared["trench_saving_eur_per_year"] > 10_000
        assert shared["value"] >= alone["value"]
        # What the engine says of the quantities is what was planned with, trenches included.
        assert shared["savings_eur_per_year"] == pytest.approx(shared["value"], rel=1e-6)
        rows = Plan.objects.get(pk=shared["id"]).exchanges.chosen()
        invested = sum(row.investment_eur for row in rows)
        assert shared["investment_eur"] < invested

    def test_a_budget_and_dearer_energy(self, facilitator, street, planned):
        free = planned(facilitator)
        half = planned(facilitator, budget_eur=round(free["investment_eur"] / 2, 2))
        assert half["investment_eur"] <= free["investment_eur"] / 2 + 0.01
        assert 0 < half["value"] < free["value"]
        none = planned(facilitator, budget_eur=0)
        assert (none["value"], none["exchange_count"], none["investment_eur"]) == (0, 0, 0)
        dear = planned(facilitator, energy_price_pct=150)
        needed = 7000 * 60 * 0.5
        assert dear["savings_eur_per_year"] == pytest.approx(
            free["savings_eur_per_year"] + needed, rel=1e-6
        )

    def test_costs_in_proportion_need_no_switch(self, facilitator, street, planned):
        plan = planned(facilitator, has_fixed_costs=False)
        savings = sum(float(match.savings_eur_per_year) for match in Match.objects.for_display())
        assert plan["value"] == pytest.approx(savings, abs=0.1)
        assert plan["trench_saving_eur_per_year"] == 0


class TestWorkers:
    def ask(self, api_as, facilitator) -> Plan:
        api_as(facilitator).post(API, {"name": "Ash"})
        return Plan.objects.get()

    def test_a_part_that_fails_is_tried_again_and_then_the_plan_fails(
        self, api_as, facilitator, region, run_events
    ):
        plan = self.ask(api_as, facilitator)
        services.plan_parts(plan.pk)
        PlannedFlow.objects.filter(plan=plan).delete()
        run_events()
        plan.refresh_from_db()
        part = plan.parts.get()
        assert (plan.status, part.status, part.attempts) == ("failed", "failed", 3)
        assert "KeyError" in plan.error
        assert not DomainEvent.objects.filter(type="plan_finished").exists()

    def test_what_a_crash_leaves_behind_is_taken_up(self, api_as, facilitator, region, run_events):
        plan = self.ask(api_as, facilitator)
        services.plan_parts(plan.pk)
        part = plan.parts.get()
        long_ago = timezone.now() - timedelta(minutes=12)
        PlanPart.objects.update(status="running", attempts=1, updated_at=long_ago)
        services.work_part(part.pk)
        part.refresh_from_db()
        assert part.status == "running"  # somebody else may be at it
        services.sweep_plans(timezone.now())
        run_events()
        plan.refresh_from_db()
        assert (plan.status, plan.parts.get().attempts) == ("finished", 2)
        # Tasks come more than once.
        services.work_part(part.pk)
        services.plan_parts(plan.pk)
        assert plan.exchanges.chosen().count() == 2
        assert DomainEvent.objects.filter(type="plan_finished").count() == 1

    def test_one_that_ends_its_workers_fails(self, api_as, facilitator, region):
        plan = self.ask(api_as, facilitator)
        services.plan_parts(plan.pk)
        long_ago = timezone.now() - timedelta(minutes=12)
        PlanPart.objects.update(status="running", attempts=3, updated_at=long_ago)
        services.sweep_plans(timezone.now())
        plan.refresh_from_db()
        assert (plan.status, plan.parts.get().status) == ("failed", "cancelled")

    def test_cancelled_work_is_not_done(self, api_as, alice, facilitator, region, run_events):
        plan = self.ask(api_as, facilitator)
        services.plan_parts(plan.pk)
        url = f"{API}/{plan.pk}/cancel"
        assert api_as(alice).post(url).status_code == 404
        assert api_as(facilitator).post(url).json()["status"] == "cancelled"
        assert api_as(facilitator).post(url).status_code == 409
        run_events()
        plan.refresh_from_db()
        assert (plan.status, plan.exchanges.chosen().count()) == ("cancelled", 0)
        old = timezone.now() + timedelta(days=1)
        assert services.prune_plans(old) == 1


class TestProposals:
    def test_exchanges_become_proposals_with_the_terms_of_the_plan(
        self, api_as, alice, vera, charlie, region, planned
    ):
        plan = planned(alice, organization_id=str(region.output.organization_id))
        url = f"{API}/{plan['id']}/proposals"
        matches = [str(region.match(flow).pk) for flow in (region.dear, region.cheap)]
        body = {"from_org_id": str(region.output.organization_id), "match_ids": matches}
        assert api_as(vera).post(url, body).status_code == 403
        assert api_as(charlie).post(url, body).status_code == 404
        wrong = body | {"match_ids": ["0190a1b2-0000-7000-8000-000000000000"]}
        assert list(api_as(alice).post(url, wrong).json()["errors"]) == ["match_ids"]
        answer = api_as(alice).post(url, body)
        assert (answer.status_code, answer.json()["refused"]) == (201, [])
        to_charlie, to_dora = Proposal.objects.order_by("created_at")
        assert [str(key.pk) for key in (to_charlie, to_dora)] == answer.json()["proposal_ids"]
        assert (to_charlie.resource, to_charlie.counterpart) == (region.dear, region.output)
        # Both gain alike where the recipient pays half of what it avoids.
        assert (float(to_charlie.quantity), float(to_charlie.price_per_unit)) == (700, 20)
        assert (float(to_dora.quantity), float(to_dora.price_per_unit)) == (300, 15)
        assert "“Ash”" in to_dora.message
        shown = api_as(alice).get(f"{API}/{plan['id']}/exchanges").json()
        assert {row["proposal_id"] for row in shown} == set(answer.json()["proposal_ids"])
        again = api_as(alice).post(url, body).json()
        assert again["proposal_ids"] == []
        assert [row["match_id"] for row in again["refused"]] == matches
        assert "open proposal" in again["refused"][0]["reason"]


def test_exports(api_as, facilitator, region, planned):
    plan = planned(facilitator)
    url = f"{API}/{plan['id']}/exchanges"
    collection = api_as(facilitator).get(f"{url}?format=geojson").json()
    assert [one["geometry"]["type"] for one in collection["features"]] == ["LineString"] * 2
    first = collection["features"][0]
    assert first["geometry"]["coordinates"] == [[11.09, 55.68], [11.1, 55.68]]
    assert first["properties"]["quantity"] == pytest.approx(700)
    answer = api_as(facilitator).get(f"{url}?format=xlsx")
    assert answer["Content-Disposition"] == 'attachment; filename="turash-plan.xlsx"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheets = [book.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (1, 2, 3)]
    assert all("Dora Works" in sheet for sheet in sheets)
    assert [sheet.count("<row>") for sheet in sheets] == [3, 4, 4]


def test_scenarios_begin_with_their_origin(facilitator, region, planned, run_events):
    cheap = str(region.match(region.cheap).pk)
    origin = planned(facilitator, never=[cheap], objective="mix", co2_price_eur_per_t=50)
    other = planned(facilitator, name="Near", scenario_of_id=origin["id"], max_distance_km=9)
    assert other["scenario_of_id"] == origin["id"]
    assert (other["objective"], other["co2_price_eur_per_t"]) == ("mix", 50)
    assert other["quantities"] == pytest.approx({"Charlie": 700})
    scenarios = services.vary_plan(actor=facilitator, plan=Plan.objects.get(pk=origin["id"]))
    run_events()
    computed = Plan.objects.filter(pk__in=[scenario.pk for scenario in scenarios])
    values = dict(computed.values_list("name", "value"))
    assert len(values) == 4 + 3 + 3
    by_price = {name: value for name, value in values.items() if "CO2" in name}
    assert by_price["Ash: CO2 at 25 EUR/t"] < origin["value"] < by_price["Ash: CO2 at 100 EUR/t"]
    # What is never exchanged stays so, and ash is no energy.
    assert values["Ash: energy at 120 %"] == pytest.approx(origin["value"])


@pytest.mark.parametrize("size", [1, 6])
def test_reading_costs_the_same_whatever_the_size(
    api_as, facilitator, alices_organization, charlies_organization, planned, run_events,
    django_assert_max_num_queries, size,
):  # fmt: skip
    for _ in range(size):
        ResourceFlowFactory(
            site=SiteFactory(organization=alices_organization), type_code="mineral.fly_ash"
        )
        ResourceFlowFactory(
            site=SiteFactory(organization=charlies_organization),
            type_code="mineral.fly_ash",
            direction="input",
            current_cost_per_unit=9,
        )
    run_events()
    plan = planned(facilitator)
    assert plan["exchange_count"] == size
    client = api_as(facilitator)
    for path, most in (("", 5), ("/exchanges", 10), ("/flows", 5)):
        with django_assert_max_num_queries(most):
            assert client.get(f"{API}/{plan['id']}{path}").status_code == 200
