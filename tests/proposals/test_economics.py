"""What terms mean to each side: the kernel's figures, and nobody's own costs to the other side."""

import re

import pytest
from django.utils import timezone

from matching import services as matching_services
from matching.engine.arrays import COLUMNS
from matching.models import Match
from matching.valuation import valuer_of
from organizations import services as organization_services
from organizations.models import ResourceFlow
from proposals import services
from tests.matching.region import Region

pytestmark = pytest.mark.django_db
# Unlike any other figure of the example, whatever it is multiplied with below.
DISPOSAL, PURCHASE = 7.31, 61.27


@pytest.fixture
def negotiated(proposal, alice, charlie, pair):
    """500 of Alice's MWh at 20 EUR; Charlie pays 60 % of the pipe."""
    for flow, cost in ((pair.output, DISPOSAL), (pair.input, PURCHASE)):
        flow.refresh_from_db()
        flow.current_cost_per_unit = str(cost)
        organization_services.save_flow(flow)
    for status in ("accepted", "negotiating"):
        services.move_proposal(proposal_id=proposal.pk, actor=alice, status=status)
    services.offer_terms(
        proposal_id=proposal.pk,
        actor=charlie,
        based_on=1,
        price_per_unit=20,
        connection_recipient_pct=60,
        start_date=timezone.now().date(),
        duration_months=120,
    )
    proposal.refresh_from_db()
    return proposal


def economics(client, proposal) -> dict:
    return client.get(f"/api/v1/proposals/{proposal.pk}/terms").json()[0]["economics"]


def test_a_pair_at_its_own_quantity_is_valued_as_its_match():
    """Whatever the flows: the same formulas, by another way in."""
    Region(7)
    flows = list(ResourceFlow.objects.active().filter(direction="output")[:30])
    compared = 0
    for flow in flows:
        matching_services.rematch_flow(flow_id=flow.pk)
        for match in Match.seen.of_flow(flow.pk).for_display():
            valuer = valuer_of(output_id=match.output_id, input_id=match.input_id)
            value = valuer.at(match.quantity_per_year)
            for name in value.__dataclass_fields__:
                assert name in COLUMNS
                assert getattr(value, name) == pytest.approx(float(getattr(match, name)), abs=0.006)
            compared += 1
    assert compared > 10


def test_each_side_is_told_its_own_share(
    api_as, alice, charlie, negotiated, pair, alices_organization, charlies_organization
):
    value = valuer_of(output_id=pair.output.pk, input_id=pair.input.pk).at(500)
    connection = value.connection_eur_per_year
    assert connection > 0
    seller, buyer = economics(api_as(alice), negotiated), economics(api_as(charlie), negotiated)
    (sellers,), (buyers,) = seller.pop("shares"), buyer.pop("shares")
    assert seller == buyer
    assert seller["connection_eur_per_year"] == pytest.approx(connection, abs=0.01)
    assert sellers == {
        "organization_id": str(alices_organization.pk),
        "role": "supplier",
        "avoided_eur_per_year": 500 * DISPOSAL,
        "payment_eur_per_year": 10_000,
        "connection_eur_per_year": pytest.approx(-0.4 * connection, abs=0.01),
        "investment_eur": pytest.approx(0.4 * value.investment_eur, abs=0.01),
        "gain_eur_per_year": pytest.approx(500 * DISPOSAL + 10_000 - 0.4 * connection, abs=0.01),
    }
    assert buyers == {
        "organization_id": str(charlies_organization.pk),
        "role": "recipient",
        "avoided_eur_per_year": 500 * PURCHASE,
        "payment_eur_per_year": -10_000,
        "connection_eur_per_year": pytest.approx(-0.6 * connection, abs=0.01),
        "investment_eur": pytest.approx(0.6 * value.investment_eur, abs=0.01),
        "gain_eur_per_year": pytest.approx(500 * PURCHASE - 10_000 - 0.6 * connection, abs=0.01),
    }
    # Together they gain what the exchange saves: nothing is lost or counted twice.
    both = sellers["gain_eur_per_year"] + buyers["gain_eur_per_year"]
    assert both == pytest.approx(value.savings_eur_per_year, abs=0.02)


def figures(text: str) -> set[int]:
    """All numbers of a text, rounded: with or without separators, and inside of JSON."""
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+", "", text)
    return {
        round(abs(float(number)))
        for number in re.findall(
            r"\d+(?:\.\d+)?", re.sub(r"(?<=\d)[,\u00a0\u202f](?=\d{3})", "", text)
        )
    }


def test_nobody_is_told_the_others_costs(
    api_as, client_as, alice, charlie, facilitator, negotiated, pair
):
    """Neither the costs nor a figure from which they could be computed, by API and page."""
    value = valuer_of(output_id=pair.output.pk, input_id=pair.input.pk).at(500)
    page = f"/proposals/{negotiated.pk}"

    def told(user) -> tuple[set[int], list[set[int]]]:
        """All figures, and those of each place where the terms are told."""
        api, browser = api_as(user), client_as(user)
        answers = [
            api.get(f"/api/v1{page}/terms"),
            browser.get(page),
            browser.get(f"{page}/terms"),
            api.get(f"/api/v1{page}"),
            browser.get(f"{page}/timeline"),
            browser.get(f"{page}/terms/new", follow=True),
        ]
        places = [figures(answer.content.decode()) for answer in answers]
        return set().union(*places), places[:3]

    connection = value.connection_eur_per_year
    alices = {500 * DISPOSAL, 500 * DISPOSAL + 10_000 - 0.4 * connection}
    charlies = {500 * PURCHASE, 500 * PURCHASE - 10_000 - 0.6 * connection}
    both = {value.savings_eur_per_year, value.savings_eur_per_year + value.annuity_eur_per_year}
    alices, charlies, both = ({round(abs(f)) for f in one} for one in (alices, charlies, both))
    for user, own, others in ((alice, alices, charlies), (charlie, charlies, alices)):
        seen, places = told(user)
        assert all(own <= place for place in places)
        assert not seen & (others | both)
    # Facilitators, who are no side, read what each gains.
    _, places = told(facilitator)
    assert all(alices | charlies <= place for place in places)


def test_what_is_open_is_told_as_open(api_as, alice, negotiated):
    services.offer_terms(
        proposal_id=negotiated.pk, actor=alice, based_on=2, connection_recipient_pct=None
    )
    (share,) = economics(api_as(alice), negotiated)["shares"]
    assert share["payment_eur_per_year"] == 10_000
    for name in ("connection_eur_per_year", "investment_eur", "gain_eur_per_year"):
        assert share[name] is None
    services.offer_terms(proposal_id=negotiated.pk, actor=alice, based_on=3, quantity=None)
    assert economics(api_as(alice), negotiated) is None


def test_a_paused_flow_is_valued_all_the_same(api_as, alice, negotiated, pair):
    before = economics(api_as(alice), negotiated)
    ResourceFlow.objects.filter(pk=pair.output.pk).update(status="paused")
    assert economics(api_as(alice), negotiated) == before


def test_without_a_flow_of_the_sender_nothing_is_said(
    api_as, alice, charlie, alices_organization, charlies_organization, pair
):
    proposal = services.create_proposal(
        actor=charlie,
        from_organization=charlies_organization,
        to_organization=alices_organization,
        resource=pair.output,
        direction="output",
        message="May we?",
        quantity=5,
    )
    assert economics(api_as(alice), proposal) is None
