"""Bundles and splits: small examples by hand, who takes part, and who may look."""

import pytest
from django.urls import reverse

from matching import services
from matching.models import Match, MatchDismissal
from matching.outcome import FIGURES
from matching.together import find_combination
from organizations.hours import HoursOfWeek
from organizations.models import ResourceFlow, Visibility
from tests.factories import OrganizationFactory, ResourceFlowFactory, SiteFactory
from tests.matching.region import Region, full_run

pytestmark = pytest.mark.django_db

API = "/api/v1"


@pytest.fixture
def need(alices_organization):
    """Alice needs 1,000 t of fly ash, in lots of at least 500."""
    return ResourceFlowFactory(
        site=SiteFactory(organization=alices_organization),
        direction="input",
        type_code="mineral.fly_ash",
        min_amount=500,
        current_cost_per_unit=50,
    )


def offer(amount: float, **fields) -> ResourceFlow:
    return ResourceFlowFactory(type_code="mineral.fly_ash", amount=amount, **fields)


def parts_of(flow, viewer) -> dict[str, float]:
    found = find_combination(flow, viewer=viewer)
    return {part.flow.name: part.outcome.quantity_per_year for part in found.parts}


class TestBundle:
    def test_small_outputs_reach_the_smallest_lot_together(self, need, alice):
        offer(300, name="North", current_cost_per_unit=20)
        offer(400, name="South", current_cost_per_unit=10)
        full_run()
        assert not Match.objects.exists()

        found = find_combination(need, viewer=alice)

        assert (found.kind, found.unit) == ("bundle", "t")
        assert [part.flow.name for part in found.parts] == ["North", "South"]
        assert [part.outcome.quantity_per_year for part in found.parts] == [300, 400]
        assert [part.share_of_flow for part in found.parts] == [0.3, 0.4]
        assert found.covered == pytest.approx(0.7)
        # 700 t that Alice does not buy, and what both pay for disposal; nobody drives anywhere.
        assert found.whole.savings_eur_per_year == pytest.approx(700 * 50 + 300 * 20 + 400 * 10)
        assert found.whole.factors["quantity"] == pytest.approx(0.7)

    def test_the_one_that_saves_less_gives_only_what_is_left(self, need, alice):
        offer(600, name="Dear", current_cost_per_unit=10)
        offer(700, name="Cheap", current_cost_per_unit=20)
        assert parts_of(need, alice) == pytest.approx({"Cheap": 700, "Dear": 300})

    def test_who_would_give_less_than_a_lot_of_their_own_stays_out(self, need, alice):
        offer(700, name="Cheap", current_cost_per_unit=20)
        offer(600, name="Proud", current_cost_per_unit=15, min_amount=400)
        offer(200, name="Humble", current_cost_per_unit=10)
        assert parts_of(need, alice) == pytest.approx({"Cheap": 700, "Humble": 200})

    def test_too_little_even_together(self, need, alice):
        offer(200)
        offer(250)
        assert find_combination(need, viewer=alice) is None

    def test_one_partner_that_does_it_alone_needs_no_other(self, need, alice):
        offer(1000, current_cost_per_unit=20)
        offer(300, current_cost_per_unit=10)
        assert find_combination(need, viewer=alice) is None

    def test_those_of_other_hours_do_not_take_from_each_other(self, need, alice):
        # The need is 1,000 t around the clock: 5/7 of it on weekdays, 2/7 at weekends.
        for name, week in (("Days", "Mon-Fri"), ("Ends", "Sat-Sun"), ("Late", "Mon-Fri")):
            disposal = {"Days": 30, "Ends": 20, "Late": 10}[name]
            hours = HoursOfWeek.parse(week)
            offer(900, name=name, hours_of_week=hours, current_cost_per_unit=disposal)
        found = parts_of(need, alice)
        assert found == pytest.approx({"Days": 1000 * 5 / 7, "Ends": 1000 * 2 / 7})

    def test_those_that_never_exist_at_once_are_not_together(self, need, alice):
        offer(300, valid_to="2026-12-31")
        offer(300, valid_from="2027-01-01")
        assert find_combination(need, viewer=alice) is None

    def test_a_part_that_is_all_of_a_match_has_the_figures_of_the_match(self, alice):
        """Pipes, too: 400 of 1,000 MWh from each of two."""
        needed = ResourceFlowFactory(
            site=SiteFactory(organization=alice.organizations.get()),
            direction="input", type_code="heat", current_cost_per_unit=60,
        )  # fmt: skip
        for place in ("POINT(11.091 55.68)", "POINT(11.09 55.681)"):
            ResourceFlowFactory(site=SiteFactory(location=place), amount=400)
        services.rematch_flow(flow_id=needed.pk)

        found = find_combination(needed, viewer=alice)

        matches = {match.output_id: match for match in Match.objects.for_display()}
        assert len(found.parts) == len(matches) == 2
        for part in found.parts:
            match = matches[part.flow.pk]
            assert part.outcome.score == match.score
            assert part.distance_m == match.distance_m
            for name in FIGURES:
                assert getattr(part.outcome, name) == pytest.approx(
                    float(getattr(match, name)), abs=0.005
                )
        for name in FIGURES:
            whole = sum(float(getattr(match, name)) for match in matches.values())
            assert getattr(found.whole, name) == pytest.approx(whole, abs=0.01)

    def test_a_pipe_carries_what_flows_at_once(self, alice):
        """Who gives only at weekends has a pipe for the weekends, not one for the week."""
        needed = ResourceFlowFactory(
            site=SiteFactory(organization=alice.organizations.get()), direction="input",
            type_code="heat", amount=8760, current_cost_per_unit=60,
        )  # fmt: skip
        near = SiteFactory(location="POINT(11.0901 55.68)")
        weekdays = HoursOfWeek.parse("Mon-Fri")
        ResourceFlowFactory(
            site=near, amount=100_000, hours_of_week=weekdays, current_cost_per_unit=30
        )
        other = SiteFactory(location="POINT(11.09 55.6801)")
        ResourceFlowFactory(site=other, amount=8760)

        last = find_combination(needed, viewer=alice).parts[-1].outcome

        # 1 MW at weekends: 240 EUR/m, and exchangers for 1 MW.
        assert last.quantity_per_year == pytest.approx(8760 * 2 / 7)
        assert last.investment_eur > 115_000


class TestSplit:
    def test_an_output_is_split_over_those_who_need_little(self, alice, alices_organization):
        output = offer(1000, site=SiteFactory(organization=alices_organization), min_amount=500)
        for amount, price in ((300, 40), (400, 50), (600, 30)):
            ResourceFlowFactory(
                direction="input", type_code="mineral.fly_ash", name=f"Kiln {price}",
                amount=amount, current_cost_per_unit=price,
            )  # fmt: skip
        found = find_combination(output, viewer=alice)
        quantities = {part.flow.name: part.outcome.quantity_per_year for part in found.parts}
        assert found.kind == "split"
        assert quantities == pytest.approx({"Kiln 50": 400, "Kiln 40": 300, "Kiln 30": 300})
        assert found.covered == pytest.approx(1)
        assert found.parts[-1].share_of_partner == pytest.approx(0.5)


@pytest.mark.parametrize("seed", [1, 2, 3, 5, 6])
def test_nobody_gives_or_takes_more_than_there_is(seed, facilitator):
    Region(seed, flow_count=80)
    found = 0
    for flow in ResourceFlow.objects.active().select_related("resource_type"):
        combination = find_combination(flow, viewer=facilitator)
        if combination is None:
            continue
        found += 1
        partners = [part.flow for part in combination.parts]
        assert len(set(partners)) == len(partners) >= 2
        assert all(partner.organization_id != flow.organization_id for partner in partners)
        for part in combination.parts:
            quantity = part.outcome.quantity_per_year * (1 + 1e-9)
            assert part.flow.min_quantity_per_year <= quantity
            assert part.share_of_partner <= 1 + 1e-9
        total = combination.whole.quantity_per_year
        assert flow.min_quantity_per_year <= total * (1 + 1e-9)
        assert total <= flow.quantity_per_year * (1 + 1e-9)
        assert 0 <= combination.whole.score <= 1
    assert found


class TestWhoTakesPart:
    @pytest.fixture(autouse=True)
    def _two(self, need):
        self.near, self.other = offer(300), offer(300)

    def test_flows_that_the_viewer_may_not_see_do_not(self, need, alice):
        assert find_combination(need, viewer=alice)
        ResourceFlow.objects.filter(pk=self.near.pk).update(visibility=Visibility.PRIVATE)
        assert find_combination(need, viewer=alice) is None

    def test_dismissed_pairs_do_not(self, need, alice, alices_organization):
        MatchDismissal.objects.create(
            output=self.near, input=need, organization=alices_organization, reason="No road."
        )
        assert find_combination(need, viewer=alice) is None

    @pytest.mark.parametrize("status", ["paused", "draft", "archived"])
    def test_only_active_flows_do(self, need, alice, status):
        ResourceFlow.objects.filter(pk=self.near.pk).update(status=status)
        assert find_combination(need, viewer=alice) is None
        ResourceFlow.objects.filter(pk=self.near.pk).update(status="active")
        ResourceFlow.objects.filter(pk=need.pk).update(status=status)
        assert find_combination(need, viewer=alice) is None


@pytest.mark.parametrize("size", [2, 40])
def test_it_takes_the_same_queries_for_any_number(need, alice, size, django_assert_num_queries):
    for number in range(size):
        offer(250 + number)
    # Types, two for what one may see, candidates, weights, the partners; flows come by COPY,
    # uncounted.
    # Four more say whose figures are exact.
    with django_assert_num_queries(9):
        assert find_combination(need, viewer=alice)


class TestPageAndApi:
    @pytest.fixture(autouse=True)
    def _bundle(self, need):
        offer(300, name="North", current_cost_per_unit=20)
        offer(400, name="South", current_cost_per_unit=10)
        self.url = f"{API}/resource-flows/{need.pk}/combinations"
        self.page = reverse("matching:together", args=[need.pk])

    def test_the_page_says_who_gives_how_much(self, client_as, vera, need):
        html = client_as(vera).get(self.page).content.decode()
        assert "2 providers together" in html
        assert "They cover 70\u202f% of the 1,000 t that are needed a year." in html
        assert "Gives 300 of its 300 t a year: 30\u202f% of what is needed." in html
        assert "Brings 21,000 EUR" in html
        assert self.page in client_as(vera).get(f"/flows/{need.pk}").content.decode()

    def test_the_page_of_a_split_says_who_takes_how_much(self, client_as, facilitator, need):
        north = ResourceFlow.objects.get(name="North")
        ResourceFlowFactory(
            direction="input", type_code="mineral.fly_ash", amount=100, current_cost_per_unit=70,
        )  # fmt: skip
        ResourceFlow.objects.filter(pk=need.pk).update(min_quantity_per_year=0)
        url = reverse("matching:together", args=[north.pk])
        html = client_as(facilitator).get(url).content.decode()
        assert "2 takers together" in html
        assert "They take 100\u202f% of the 300 t that leave a year." in html
        assert "Takes 200 of the 1,000 t that it needs a year" in html

    def test_nothing_together_is_said(self, client_as, alice):
        ResourceFlow.objects.filter(name="North").delete()
        assert "Nothing to gain together" in client_as(alice).get(self.page).content.decode()

    def test_the_api_tells_the_same(self, api_as, vera):
        (found,) = api_as(vera).get(self.url).json()
        assert set(found) == {"kind", "unit", "covered", "whole", "parts"}
        assert (found["kind"], found["unit"]) == ("bundle", "t")
        assert found["covered"] == pytest.approx(0.7)
        assert [part["flow"]["name"] for part in found["parts"]] == ["North", "South"]
        assert found["parts"][0]["outcome"]["quantity"] == pytest.approx(300)
        assert found["whole"]["savings_eur_per_year"] == pytest.approx(45_000)
        assert set(found["whole"]["factors"]) == {
            "quality", "temporal", "quantity", "economic", "spatial", "trust", "regulatory",
        }  # fmt: skip

    def test_members_and_facilitators_alone_see_it(
        self, api, api_as, client, client_as, charlie, facilitator
    ):
        assert api.get(self.url).status_code == 401
        assert api_as(charlie).get(self.url).status_code == 403
        assert api_as(facilitator).get(self.url).status_code == 200
        assert client_as(charlie).get(self.page).status_code == 403
        assert client.get(self.page).status_code == 302

    def test_a_flow_that_one_may_not_see_is_unknown(self, api_as, client_as, charlie, need):
        ResourceFlow.objects.filter(pk=need.pk).update(visibility=Visibility.PRIVATE)
        assert api_as(charlie).get(self.url).status_code == 404
        assert client_as(charlie).get(self.page).status_code == 404


def test_the_example_of_the_documentation(alice, alices_organization):
    """docs/matching.md, "More than two"."""
    needed = ResourceFlowFactory(
        site=SiteFactory(organization=alices_organization), direction="input",
        type_code="mineral.fly_ash", amount=1000, min_amount=800, current_cost_per_unit=50,
    )  # fmt: skip
    for name, amount, disposal in (("A", 500, 20), ("B", 300, 10), ("C", 400, 0)):
        offer(
            amount, name=name, current_cost_per_unit=disposal,
            site=SiteFactory(organization=OrganizationFactory(), location="POINT(11.1 55.68)"),
        )  # fmt: skip
    found = find_combination(needed, viewer=alice)
    assert [
        (
            part.flow.name,
            round(part.outcome.quantity_per_year),
            round(part.outcome.transport_eur_per_year),
            round(part.outcome.savings_eur_per_year),
        )
        for part in found.parts
    ] == [("A", 500, 49, 34_951), ("B", 300, 29, 17_971), ("C", 200, 20, 9_980)]
    assert found.parts[0].distance_m == pytest.approx(629.1, abs=0.1)
    assert round(found.whole.savings_eur_per_year) == 62_902
    assert found.covered == pytest.approx(1)
    assert found.whole.factors["quantity"] == pytest.approx(1000 / 1200)
    assert found.whole.factors["economic"] == pytest.approx(62_902 / 63_000, abs=1e-4)
    assert round(found.whole.score, 2) == 0.82
