"""What is under contract cannot be matched or given away again, until the exchange ends."""

from decimal import Decimal

import pytest

from matching.models import Match
from organizations import services as organization_services
from organizations.models import ResourceFlow
from proposals import services
from tests.factories import MembershipFactory, ResourceFlowFactory, SiteFactory
from tests.matching.region import full_run, rows
from turash.events.models import DomainEvent

pytestmark = pytest.mark.django_db


def steps(proposal, *way):
    for user, status in way:
        proposal = services.move_proposal(proposal_id=proposal.pk, actor=user, status=status)
    return proposal


@pytest.fixture
def contract(proposal, alice, charlie):
    """Half of Alice's heat goes to Charlie, who needs no more."""
    return steps(
        proposal,
        (alice, "accepted"),
        (alice, "negotiating"),
        (charlie, "contracted"),
        (alice, "contracted"),
    )


def reserved(*flows) -> list[float]:
    for flow in flows:
        flow.refresh_from_db()
    return [flow.reserved_per_year for flow in flows]


@pytest.mark.parametrize(
    ("way", "left"),
    [
        ([], [500, 500]),
        (["live"], [500, 500]),
        (["failed"], [0, 0]),
        (["live", "failed"], [0, 0]),
        (["live", "completed"], [0, 0]),
    ],
)
def test_a_quantity_is_reserved_while_the_contract_lasts(contract, alice, pair, way, left):
    steps(contract, *((alice, status) for status in way))
    assert reserved(pair.output, pair.input) == left


@pytest.mark.parametrize("way", [["rejected"], ["accepted", "failed"], ["accepted", "negotiating"]])
def test_talking_reserves_nothing(proposal, alice, pair, way):
    steps(proposal, *((alice, status) for status in way))
    assert reserved(pair.output, pair.input) == [0, 0]


def test_the_engine_matches_what_is_left(contract, alice, pair, run_events):
    other = ResourceFlowFactory(
        site=SiteFactory(location="POINT(11.1 55.68)"),
        direction="input",
        type_code="heat",
        amount=2000,
        temperature_celsius_min=70,
    )
    run_events()
    # Charlie needs no more; of Alice's there are 500 left for somebody else.
    match = Match.objects.for_display().get()
    assert (match.output_id, match.input_id) == (pair.output.pk, other.pk)
    assert match.quantity_per_year == 500
    incremental = rows()
    full_run()
    assert rows() == incremental

    steps(contract, (alice, "live"), (alice, "failed"))
    run_events()
    quantities = {match.input_id: match.quantity_per_year for match in Match.objects.for_display()}
    assert quantities == {other.pk: 1000, pair.input.pk: 500}


def test_a_contract_has_both_flows_matched_again(contract, pair):
    told = DomainEvent.objects.filter(type="resource_flow_updated")
    assert {event.payload["flow_id"] for event in told} == {
        str(pair.output.pk),
        str(pair.input.pk),
    }


@pytest.fixture
def second(contract, alices_organization, pair):
    """Dora asks for 600 where 500 are left."""
    dora = MembershipFactory()
    second = services.create_proposal(
        actor=dora.user,
        from_organization=dora.organization,
        to_organization=alices_organization,
        resource=pair.output,
        direction="output",
        message="And we?",
        quantity=600,
    )
    second.dora = dora.user
    return second


def test_accepting_more_than_is_left_says_what_is_left(api_as, alice, second, pair):
    answer = api_as(alice).post(f"/api/v1/proposals/{second.pk}/status", {"status": "accepted"})
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["type"] == "urn:turash:problem:not_enough_left"
    assert problem["detail"] == "Of “Surplus heat” only 500 MWh a year are left."
    assert problem["resource_id"] == str(pair.output.pk)
    assert (problem["left_per_year"], problem["unit"]) == (500, "MWh")
    second.refresh_from_db()
    assert second.status == "pending"


def test_a_contract_needs_what_is_left_by_then(api_as, alice, contract, second, pair):
    """The quantity can change while people talk; so can what is left."""
    steps(contract, (alice, "failed"))
    steps(second, (alice, "accepted"), (alice, "negotiating"))
    api = api_as(second.dora)
    url = f"/api/v1/proposals/{second.pk}/terms"
    assert api.post(url, {"based_on": 1, "quantity": 1000.5}).status_code == 201
    refused = api.post(f"{url}/2/confirm")
    assert (refused.status_code, refused.json()["left_per_year"]) == (409, 1000)
    assert api.post(url, {"based_on": 2, "quantity": 1000}).status_code == 201
    assert api.post(f"{url}/3/confirm").status_code == 200
    assert api_as(alice).post(f"{url}/3/confirm").json()["status"] == "contracted"
    assert reserved(pair.output) == [1000]


def test_amounts_of_the_same_size_are_the_same_size(alice, charlie, proposal, pair):
    """A thirtieth of a GWh is no round number of MWh."""
    pair.output.refresh_from_db()
    pair.output.amount, pair.output.unit = Decimal("0.033333"), "GWh"
    organization_services.save_flow(pair.output)
    steps(proposal, (alice, "rejected"))
    again = services.create_proposal(
        actor=charlie,
        from_organization=proposal.from_organization,
        to_organization=proposal.to_organization,
        resource=pair.output,
        direction="output",
        message="All of it",
        quantity=Decimal("33.333"),
    )
    way = [(alice, "accepted"), (alice, "negotiating"), (alice, "contracted")]
    assert steps(again, *way, (charlie, "contracted")).status == "contracted"
    pair.output.refresh_from_db()
    assert pair.output.reserved_per_year == pytest.approx(33.333)
    assert pair.output.available_per_year >= 0


def test_an_open_quantity_reserves_nothing(alice, charlie, proposal, pair):
    steps(proposal, (alice, "accepted"), (alice, "negotiating"))
    services.offer_terms(proposal_id=proposal.pk, actor=alice, based_on=1, quantity=None)
    steps(proposal, (charlie, "contracted"), (alice, "contracted"))
    assert reserved(pair.output, pair.input) == [0, 0]


@pytest.mark.parametrize("amount", [499.9, 500, 2000])
def test_a_flow_is_not_lowered_below_what_is_under_contract(
    api_as, client_as, alice, contract, pair, amount
):
    url = f"/api/v1/resource-flows/{pair.output.pk}"
    answer = api_as(alice).patch(url, {"quantity": {"amount": amount}})
    if amount >= 500:
        assert answer.status_code == 200
        assert answer.json()["quantity"]["canonical"]["reserved_per_year"] == 500
        return
    assert answer.status_code == 400
    assert answer.json()["errors"] == {
        "quantity.amount": ["500 MWh a year of this flow are under contract; it cannot be less."]
    }
    pair.output.refresh_from_db()
    assert pair.output.quantity_per_year == 1000


def test_a_flow_under_contract_stays_what_it_is(api_as, alice, contract, pair):
    url = f"/api/v1/resource-flows/{pair.output.pk}"
    for field, value in (("direction", "input"), ("resource_type", "heat.steam")):
        answer = api_as(alice).patch(url, {field: value})
        assert answer.status_code == 400
        assert "under contract" in answer.json()["errors"][field][0]
    assert api_as(alice).patch(url, {"status": "paused"}).status_code == 200
    assert reserved(pair.output) == [500]


def test_what_is_reserved_is_for_the_owner_to_see(
    api, api_as, client, client_as, alice, charlie, facilitator, contract, pair
):
    url = f"/api/v1/resource-flows/{pair.output.pk}"
    seen = [
        caller.get(url).json()["quantity"]["canonical"]["reserved_per_year"]
        for caller in (api_as(alice), api_as(facilitator), api_as(charlie), api)
    ]
    assert seen == [500, 500, None, None]
    pages = [
        "500 MWh/a of it under contract" in browser.get(f"/flows/{pair.output.pk}").content.decode()
        for browser in (client_as(alice), client_as(charlie), client)
    ]
    assert pages == [True, False, False]


def test_who_read_the_flow_before_the_contract_does_not_undo_it(proposal, alice, charlie, pair):
    early = ResourceFlow.objects.get(pk=pair.output.pk)
    way = [(alice, "accepted"), (alice, "negotiating"), (alice, "contracted")]
    steps(proposal, *way, (charlie, "contracted"))
    early.name = "Renamed"
    organization_services.save_flow(early)
    assert reserved(pair.output) == [500]
    assert pair.output.name == "Renamed"


def test_the_flow_of_the_sender_is_kept_as_well(api_as, charlie, contract, pair):
    answer = api_as(charlie).delete(f"/api/v1/resource-flows/{pair.input.pk}")
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:turash:problem:still_in_use"


def test_partners_together_share_what_is_left(api_as, alice, charlie, contract, pair, run_events):
    """500 are left; two that need 300 each cover all of that."""
    for number in range(2):
        ResourceFlowFactory(
            site=SiteFactory(location="POINT(11.1 55.68)", name=f"House {number}"),
            direction="input",
            type_code="heat",
            amount=300,
            temperature_celsius_min=70,
        )
    run_events()
    (split,) = api_as(alice).get(f"/api/v1/resource-flows/{pair.output.pk}/combinations").json()
    assert split["kind"] == "split"
    assert split["whole"]["quantity"] == pytest.approx(500)
    assert split["covered"] == pytest.approx(1)
    shares = sorted(part["share_of_flow"] for part in split["parts"])
    assert shares == [pytest.approx(0.4), pytest.approx(0.6)]
    assert sorted(part["share_of_partner"] for part in split["parts"])[1] == pytest.approx(1)
    page = f"/api/v1/resource-flows/{pair.input.pk}"
    # Charlie needs no more: nobody fits, nearly fits or is put together.
    for kind in ("matches", "near-misses", "combinations", "chains"):
        assert api_as(charlie).get(f"{page}/{kind}").json() == []
