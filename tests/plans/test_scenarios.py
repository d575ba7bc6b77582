"""Plants that come and close, drawn areas, uncertain amounts and mixes, as the API shows them."""

import pytest

from matching import services as matching
from organizations import services as organizations
from plans.models import Plan
from proposals.models import Proposal
from proposals.services import reservations
from tests.exchanges.conftest import put
from tests.factories import ResourceFlowFactory, SiteFactory
from tests.plans.test_plans import API, planned  # noqa: F401

pytestmark = pytest.mark.django_db
KILN = {
    "name": "Kiln",
    "location": {"type": "Point", "coordinates": [11.2, 55.66]},
    "flows": [
        {
            "direction": "input", "resource_type": "mineral.fly_ash", "quantity_per_year": 500,
            "cost_eur_per_unit": 60,
        },
    ],
}  # fmt: skip


def test_a_plant_comes_and_another_closes(
    api_as,
    facilitator,
    alice,
    charlie,
    charlies_organization,
    region,
    planned,  # noqa: F811
):
    client = api_as(facilitator)
    base = planned(facilitator)
    with_kiln = planned(facilitator, scenario_of_id=base["id"], plants=[KILN])
    # It pays most: what is left goes to Charlie.
    assert with_kiln["quantities"] == pytest.approx({"Coal fly ash": 500, "Charlie": 500})
    assert with_kiln["value"] > base["value"]
    assert (with_kiln["plants"], base["plants"]) == (["Kiln"], [])
    share = next(row for row in with_kiln["shares"] if row["name"] == "Kiln")
    assert share["organization_id"] is None
    assert share["avoided_eur_per_year"] == pytest.approx(500 * 60)
    url = f"{API}/{with_kiln['id']}"
    row = client.get(f"{url}/exchanges").json()[0]
    assert (row["is_supposed"], row["match_id"]) == (True, None)
    assert (row["input"]["organization"], row["input"]["site"]) == ("Kiln", "Kiln")
    # The figures of the kernel: of a flow that is really declared there they would be the same.
    asked = client.post(
        "/api/v1/matching/query",
        {
            "resource": {
                "resource_type": "mineral.fly_ash", "direction": "input",
                "quantity": {"amount": 500, "precision_level": "rough"},
                "pricing": {"current_cost_per_unit": 60},
            },
            "location": KILN["location"],
        },
    ).json()  # fmt: skip
    assert row["savings_eur_per_year"] == pytest.approx(asked[0]["savings_eur_per_year"], abs=0.01)
    assert row["distance_m"] == pytest.approx(asked[0]["distance_m"])
    for path in ("exchanges?format=geojson", "exchanges?format=xlsx", "flows"):
        assert client.get(f"{url}/{path}").status_code == 200
    # Nobody answers for it.
    body = {"from_org_id": str(region.output.organization_id), "match_ids": []}
    assert api_as(alice).post(f"{url}/proposals", body).status_code == 404
    assert (
        not Plan.objects.get(pk=with_kiln["id"])
        .exchanges.proposable_by([region.output.organization_id])
        .filter(supposed_input__isnull=False)
    )

    # A scenario of the scenario keeps the kiln; Charlie, who has a contract, closes.
    match = region.match(region.dear)
    proposal = Proposal.objects.create(
        from_organization=charlies_organization, to_organization=region.output.organization,
        resource=match.output, counterpart=match.input, message="Ash?", quantity=400,
        created_by=charlie,
    )  # fmt: skip
    put(proposal, "contracted")
    reservations.renew([match.output, match.input])
    matching.rematch_flow(flow_id=region.output.pk)
    closed = planned(
        facilitator, scenario_of_id=with_kiln["id"], closed=[str(charlies_organization.pk)]
    )
    assert closed["closed"] == [str(charlies_organization.pk)]
    # The contract is gone with him, and what it took is there again.
    assert closed["quantities"] == pytest.approx({"Coal fly ash": 500, "Dora": 500})

    nobody = "0190a1b2-0000-7000-8000-000000000000"
    flow = KILN["flows"][0]
    for body, field in (
        ({"closed": [nobody]}, "closed"),
        ({"plants": [KILN | {"flows": []}]}, "plants"),
        ({"plants": [KILN | {"flows": [flow | {"resource_type": "mineral"}]}]}, "plants"),
        ({"plants": [KILN | {"flows": [flow | {"quantity_per_year": 0}]}]}, "plants"),
        ({"sample_count": 5}, "sample_count"),
    ):
        answer = client.post(API, {"name": "x"} | body)
        assert answer.status_code == 400, body
        names = list(answer.json()["errors"])
        assert names[0].startswith(field), names


def test_a_drawn_area(api_as, facilitator, region, planned):  # noqa: F811
    def area(*ring: tuple[float, float]) -> dict:
        return {"type": "Polygon", "coordinates": [[list(corner) for corner in ring]]}

    around = area((11.0, 55.6), (11.2, 55.6), (11.2, 55.8), (11.0, 55.8), (11.0, 55.6))
    plan = planned(facilitator, area=around)
    assert plan["quantities"] == pytest.approx({"Charlie": 700})
    assert plan["area"]["type"] == "MultiPolygon"
    # Only what lies in the box and in the area.
    assert planned(facilitator, area=around, bbox=[11.15, 55, 12, 56])["quantities"] == {}
    corners = [(11 + n / 1e5, 55.6) for n in range(1001)]
    for wrong in (
        area((11, 55), (12, 56), (12, 55), (11, 56), (11, 55)),  # its sides cross
        area((-60, 0), (60, 0), (60, 60), (-60, 60), (-60, 0)),  # half a continent too much
        area((11, 55), (12, 55), (200, 56), (11, 55)),  # not on Earth
        area((11, 55), (12, 55), (11, 55)),
        area(*corners, (11.005, 55.7), corners[0]),
        {"type": "Point", "coordinates": [11, 55]},
        {"type": "Polygon", "coordinates": [[["a", "b"]]]},
    ):
        answer = api_as(facilitator).post(API, {"name": "x", "area": wrong})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["area"]), wrong


def test_what_is_measured_is_preferred_to_what_is_guessed(
    facilitator,
    alices_organization,
    charlies_organization,
    membership_of_dora,
    planned,  # noqa: F811
):
    needed = ResourceFlowFactory(
        site=SiteFactory(organization=membership_of_dora.organization), direction="input",
        temperature_celsius_min=60, amount=3000, current_cost_per_unit=60,
        precision_level="measured",
    )  # fmt: skip
    for organization, longitude, precision in (
        (alices_organization, 11.108, "rough"),
        (charlies_organization, 11.1085, "measured"),
    ):
        ResourceFlowFactory(
            site=SiteFactory(organization=organization, location=f"POINT({longitude} 55.68)"),
            temperature_celsius_min=90, amount=3000, precision_level=precision,
        )  # fmt: skip
    matching.rematch_flow(flow_id=needed.pk)

    def supplier(plan: dict) -> str:
        rows = Plan.objects.get(pk=plan["id"]).exchanges.chosen()
        return "+".join(row.output.organization.name for row in rows)

    as_stated = planned(facilitator)
    assert supplier(as_stated) == "Alice Works"
    assert (as_stated["sampled_count"], as_stated["expected_value"]) == (None, None)
    robust = planned(facilitator, sample_count=20)
    assert supplier(robust) == "Charlie Works"
    assert robust["sampled_count"] == 20
    assert robust["value"] <= as_stated["value"] == pytest.approx(robust["bound"], rel=1e-3)
    assert robust["worst_value"] <= robust["expected_value"] <= robust["expected_bound"]
    shares = [row.chosen_share for row in Plan.objects.get(pk=robust["id"]).exchanges.all()]
    assert all(0 <= share <= 1 for share in shares)
    assert 1 <= sum(shares) <= 2


def test_what_is_too_dirty_alone_is_taken_in_a_mix(
    api_as,
    facilitator,
    alices_organization,
    charlies_organization,
    membership_of_dora,
    planned,  # noqa: F811
):
    def water(organization, amount, mg_per_kg, **fields):
        flow = ResourceFlowFactory.build(
            site=SiteFactory(organization=organization), type_code="water.process", amount=amount,
            **fields,
        )  # fmt: skip
        return organizations.save_flow(flow, contaminants={"cod": mg_per_kg})

    needed = water(
        membership_of_dora.organization, 1000, 50, direction="input", current_cost_per_unit=5
    )
    water(alices_organization, 400, 10)
    dirty = water(charlies_organization, 900, 200)
    matching.rematch_flow(flow_id=needed.pk)
    apart = planned(facilitator, has_fixed_costs=False)
    quantities = {row.output.organization.name: row.quantity_per_year
                  for row in Plan.objects.get(pk=apart["id"]).exchanges.chosen()}  # fmt: skip
    assert quantities == pytest.approx({"Alice Works": 400})
    mixed = planned(facilitator, has_fixed_costs=False, is_blended=True)
    rows = {row.output_id: row for row in Plan.objects.get(pk=mixed["id"]).exchanges.chosen()}
    # 1,000 m³ bear 50,000; of which 4,000 come with the clean water.
    assert rows[dirty.pk].quantity_per_year == pytest.approx(46_000 / 200)
    assert rows[dirty.pk].is_mixed
    assert sum(row.quantity_per_year for row in rows.values()) == pytest.approx(630)
    body = {
        "from_org_id": str(charlies_organization.pk),
        "match_ids": [str(rows[dirty.pk].match_id)],
    }
    refused = api_as(facilitator).post(f"{API}/{mixed['id']}/proposals", body)
    assert refused.status_code in (400, 403)
