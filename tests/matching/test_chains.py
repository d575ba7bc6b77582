"""Chains over a processor: small examples by hand, who takes part, and who may look."""

import pytest
from django.urls import reverse

from matching.chains import find_chains
from organizations.hours import HoursOfWeek
from organizations.models import Conversion, ResourceFlow, Visibility
from tests.factories import ConversionFactory, ResourceFlowFactory, SiteFactory

pytestmark = pytest.mark.django_db

API = "/api/v1"
# About 1.1 km north of where everything else is.
NORTH = "POINT(11.09 55.69)"


@pytest.fixture
def manure(alices_organization) -> ResourceFlow:
    """Alice has 1,000 t of manure, and pays 5 EUR/t to get rid of it."""
    return ResourceFlowFactory(
        site=SiteFactory(organization=alices_organization), type_code="organic.manure",
        name="Manure", current_cost_per_unit=5,
    )  # fmt: skip


@pytest.fixture
def plant() -> Conversion:
    """A plant makes 0.2 MWh of biogas of a tonne, at 3 EUR."""
    return ConversionFactory(name="Digester", cost_eur_per_unit=3)


@pytest.fixture
def kiln(charlies_organization) -> ResourceFlow:
    """Charlie needs 500 MWh of biogas, and pays 60 EUR/MWh for other gas."""
    return ResourceFlowFactory(
        site=SiteFactory(organization=charlies_organization), direction="input",
        type_code="gas.biogas", name="Kiln", amount=500, current_cost_per_unit=60,
    )  # fmt: skip


def change(row, **fields) -> None:
    type(row).objects.filter(pk=row.pk).update(**fields)


def only_chain(flow, viewer):
    (chain,) = find_chains(flow, viewer=viewer)[:10]
    return chain


class TestChain:
    def test_brings_what_both_legs_bring_less_the_conversion(self, manure, plant, kiln, alice):
        chain = only_chain(manure, alice)

        assert (chain.output, chain.conversion, chain.input) == (manure, plant, kiln)
        assert chain.first.outcome.quantity_per_year == pytest.approx(1000)
        assert chain.second.outcome.quantity_per_year == pytest.approx(200)
        whole = chain.whole
        assert whole.quantity_per_year == pytest.approx(200)
        assert chain.conversion_eur_per_year == pytest.approx(3000)
        # 200 MWh that Charlie does not buy, 1,000 t that Alice does not dispose of; no way to go.
        assert whole.avoided_purchase_eur_per_year == pytest.approx(12_000)
        assert whole.avoided_disposal_eur_per_year == pytest.approx(5_000)
        assert whole.savings_eur_per_year == pytest.approx(14_000)
        assert whole.factors["economic"] == pytest.approx(14 / 17)
        assert whole.factors["quantity"] == pytest.approx(200 / 500)
        assert round(whole.score, 2) == 0.72
        factor = kiln.resource_type.co2_t_per_unit
        assert whole.co2_avoided_t_per_year == pytest.approx(200 * factor)
        years = (1 - 1.03**-30) / 0.03
        assert whole.net_present_value_eur == pytest.approx(14_000 * years)

    def test_is_found_from_either_end(self, manure, plant, kiln, alice, charlie):
        assert only_chain(kiln, charlie) == only_chain(manure, alice)

    def test_takes_no_more_than_the_processor_can(self, manure, plant, kiln, alice):
        change(plant, capacity_per_year=600)
        chain = only_chain(manure, alice)
        assert chain.first.outcome.quantity_per_year == pytest.approx(600)
        assert chain.whole.quantity_per_year == pytest.approx(120)
        # Of the 200 MWh that could be made of it, and the 500 that are needed.
        assert chain.whole.factors["quantity"] == pytest.approx(120 / 500)

    def test_takes_no_more_than_the_product_is_needed(self, manure, plant, kiln, alice):
        change(kiln, quantity_per_year=100)
        chain = only_chain(manure, alice)
        assert chain.first.outcome.quantity_per_year == pytest.approx(500)
        assert chain.whole.quantity_per_year == pytest.approx(100)
        assert chain.conversion_eur_per_year == pytest.approx(1500)
        assert chain.whole.factors["quantity"] == pytest.approx(100 / 200)

    def test_is_as_good_as_its_weaker_leg(self, manure, plant, kiln, alice):
        change(kiln.site, location=NORTH)
        change(kiln, location=NORTH)
        chain = only_chain(manure, alice)
        legs = chain.first.outcome.factors, chain.second.outcome.factors
        assert legs[0]["spatial"] == 1 > legs[1]["spatial"] == chain.whole.factors["spatial"]
        assert chain.first.distance_m == 0
        assert chain.second.distance_m == pytest.approx(1113, abs=1)
        for name in ("quality", "temporal", "trust", "regulatory"):
            assert chain.whole.factors[name] == min(leg[name] for leg in legs)

    def test_the_lots_of_both_ends_hold(self, manure, plant, kiln, alice):
        for row, lot in ((kiln, 201), (manure, 1001)):
            change(row, min_quantity_per_year=lot)
            assert not len(find_chains(manure, viewer=alice))
            change(row, min_quantity_per_year=0)
        # 500 t are taken of lots of 600.
        change(kiln, quantity_per_year=100)
        change(manure, min_quantity_per_year=600)
        assert not len(find_chains(manure, viewer=alice))

    def test_the_product_leaves_when_the_material_comes(self, manure, plant, kiln, alice):
        change(manure, hours_of_week=HoursOfWeek.parse("Mon-Fri"))
        change(kiln, hours_of_week=HoursOfWeek.parse("Fri-Sun"))
        chain = only_chain(manure, alice)
        assert chain.first.outcome.quantity_per_year == pytest.approx(200)
        change(kiln, hours_of_week=HoursOfWeek.parse("Sat-Sun"))
        assert not len(find_chains(manure, viewer=alice))

    def test_the_best_comes_first(self, manure, plant, kiln, alice):
        far = ConversionFactory(site=SiteFactory(location=NORTH), name="Far")
        chains = find_chains(manure, viewer=alice)
        assert [chain.conversion for chain in chains[:10]] == [plant, far]
        assert [chain.conversion for chain in chains[1:]] == [far]

    def test_another_type_is_not_converted(self, manure, kiln, alice):
        ConversionFactory(from_code="organic.biogas_feedstock.food_waste")
        assert not len(find_chains(manure, viewer=alice))

    def test_what_is_below_the_type_taken_is_converted(self, kiln, alice, alices_organization):
        waste = ResourceFlowFactory(
            site=SiteFactory(organization=alices_organization),
            type_code="organic.biogas_feedstock.food_waste",
        )
        ConversionFactory(from_code="organic.biogas_feedstock")
        assert only_chain(waste, alice).input == kiln

    def test_beyond_the_limits_there_is_none(self, manure, plant, kiln, alice):
        change(plant.site, location=NORTH)
        change(manure, max_distance_km=1)
        assert not len(find_chains(manure, viewer=alice))
        change(manure, max_distance_km=None)
        change(kiln, max_distance_km=1)
        assert not len(find_chains(manure, viewer=alice))
        change(kiln, max_distance_km=2)
        assert only_chain(manure, alice)


class TestWhoTakesPart:
    def test_what_the_viewer_may_not_see_does_not(self, manure, plant, kiln, alice):
        for row in (plant, kiln, plant.site.organization):
            change(row, visibility=Visibility.PRIVATE)
            assert not len(find_chains(manure, viewer=alice))
            change(row, visibility=Visibility.NETWORK)
            assert len(find_chains(manure, viewer=alice)) == 1

    def test_only_active_flows_do(self, manure, plant, kiln, alice):
        for row in (manure, kiln):
            change(row, status="paused")
            assert not len(find_chains(manure, viewer=alice))
            change(row, status="active")

    def test_three_organizations_do(self, manure, plant, kiln, alice, alices_organization):
        kept = plant.site.organization_id
        change(plant.site, organization=alices_organization)
        assert not len(find_chains(manure, viewer=alice))
        change(plant.site, organization=kiln.organization_id)
        assert not len(find_chains(manure, viewer=alice))
        change(plant.site, organization=kept)
        assert len(find_chains(manure, viewer=alice)) == 1


@pytest.mark.parametrize("size", [1, 10])
def test_it_takes_the_same_queries_for_any_number(
    manure, kiln, alice, size, django_assert_max_num_queries
):
    ConversionFactory.create_batch(size)
    ResourceFlowFactory.create_batch(size, direction="input", type_code="gas.biogas")
    # Types, conversions and flows at the other end, each with what one may see, weights,
    # and the rows that are shown; flows come by COPY, uncounted.
    # Four more say whose figures are exact.
    with django_assert_max_num_queries(12):
        chains = find_chains(manure, viewer=alice)
        assert len(chains[:200]) == len(chains) == size * (size + 1)


class TestPageAndApi:
    def test_the_page_tells_it_step_by_step(self, client_as, vera, manure, plant, kiln):
        url = reverse("matching:together", args=[manure.pk])
        html = client_as(vera).get(url).content.decode()
        assert f"Over {plant.site.organization}" in html
        assert "Alice Works gives 1,000 t a year over 0\u202fm." in html
        assert "makes 200 MWh of it for 3,000 EUR a year" in html
        assert "Data sheet of the plant" in html
        assert "Charlie Works takes it over 0\u202fm." in html
        assert html.count("<meter") == 7
        assert "Nothing to gain together" not in html

    def test_the_api_tells_the_same(self, api_as, vera, manure, plant, kiln):
        response = api_as(vera).get(f"{API}/resource-flows/{manure.pk}/chains?limit=1")
        assert response["X-Total-Count"] == "1"
        (chain,) = response.json()
        assert chain["output"]["id"] == str(manure.pk)
        assert chain["input"]["id"] == str(kiln.pk)
        assert chain["conversion"]["organization"]["name"] == plant.site.organization.name
        assert chain["first"]["outcome"]["quantity"] == pytest.approx(1000)
        assert chain["whole"]["savings_eur_per_year"] == pytest.approx(14_000)

    def test_members_and_facilitators_alone_see_it(self, api, api_as, charlie, facilitator, manure):
        url = f"{API}/resource-flows/{manure.pk}/chains"
        assert api.get(url).status_code == 401
        assert api_as(charlie).get(url).status_code == 403
        assert api_as(facilitator).get(url).status_code == 200
        change(manure, visibility=Visibility.PRIVATE)
        assert api_as(charlie).get(url).status_code == 404
