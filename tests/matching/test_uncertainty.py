"""How far figures may be off: what the kernel itself says of the least and of the most amounts."""

import pytest
from django.urls import reverse

from matching import services
from matching.engine.arrays import PRECISION_LEVELS
from matching.engine.parameters import PRECISION_SHARES
from matching.models import Match
from matching.uncertainty import UNCERTAIN, Range, ranges_of
from organizations.models import ResourceFlow, Site
from tests.factories import ResourceFlowFactory, SiteFactory
from tests.matching.region import Region, full_run

pytestmark = pytest.mark.django_db


def match_of(site: Site | None = None, **both) -> Match:
    """A match of 1,000 MWh that are there, at a site, and needed."""
    output = ResourceFlowFactory(site=site or SiteFactory(), **both)
    ResourceFlowFactory(direction="input", type_code="heat", current_cost_per_unit=60, **both)
    services.rematch_flow(flow_id=output.pk)
    return Match.objects.for_display().get()


@pytest.mark.parametrize(
    ("level", "low", "high"),
    [("measured", 950, 1050), ("estimated", 800, 1200), ("rough", 500, 1500)],
)
def test_the_amount_is_off_by_its_precision(level, low, high):
    match = match_of(precision_level=level)
    amount = ranges_of([match])[match.pk]["quantity_per_year"]
    assert (amount.low, amount.high) == (pytest.approx(low), pytest.approx(high))


def test_amounts_that_may_be_too_small_may_bring_nothing():
    match = match_of(precision_level="estimated", min_amount=900)
    ranges = ranges_of([match])[match.pk]
    assert [ranges[name].low for name in UNCERTAIN] == [0.0] * len(UNCERTAIN)
    assert ranges["quantity_per_year"].high == pytest.approx(1200)


def test_a_match_about_to_be_lost_has_its_own_figures():
    match = match_of()
    ResourceFlow.objects.filter(pk=match.output_id).update(status="paused")
    ranges = ranges_of([match])[match.pk]
    assert ranges["quantity_per_year"] == Range(1000, 1000)
    savings = float(match.savings_eur_per_year)
    assert ranges["savings_eur_per_year"] == Range(savings, savings)


def set_amounts(amounts: dict, direction: int) -> None:
    """Move the amounts of all flows to an end of what they may be."""
    shares = dict(zip(PRECISION_LEVELS, PRECISION_SHARES, strict=True))
    for flow in ResourceFlow.objects.all():
        moved = amounts[flow.pk] * (1 + direction * shares[flow.precision_level])
        ResourceFlow.objects.filter(pk=flow.pk).update(quantity_per_year=moved)


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_ends_are_what_matching_says_of_such_amounts(seed):
    Region(seed, flow_count=60)
    full_run()
    before = {(match.output_id, match.input_id): match for match in Match.objects.for_display()}
    found = ranges_of(list(before.values()))
    amounts = dict(ResourceFlow.objects.values_list("pk", "quantity_per_year"))
    compared = 0
    for direction in (0, -1, 1):
        set_amounts(amounts, direction)
        full_run()
        for match in Match.objects.for_display():
            if old := before.get((match.output_id, match.input_id)):
                compared += 1
                for name, ends in found[old.pk].items():
                    value = float(getattr(match, name))
                    assert ends.low - 0.01 <= value <= ends.high + 0.01, name
    assert compared > len(before)


@pytest.mark.parametrize("size", [1, 20])
def test_it_takes_the_same_queries_for_any_number(size, django_assert_num_queries):
    ResourceFlowFactory.create_batch(size)
    ResourceFlowFactory.create_batch(size, direction="input", type_code="heat")
    full_run()
    matches = list(Match.objects.for_display())
    assert len(matches) == size**2
    # The types; flows come by COPY, uncounted.
    with django_assert_num_queries(1):
        ranges_of(matches)


def test_the_pages_and_the_api_show_them(client_as, api_as, alice, alices_organization):
    site = SiteFactory(organization=alices_organization)
    match = match_of(site, precision_level="rough")
    amount = "500\u202f…\u202f1,500"
    for url in (
        reverse("matching:panel", args=[match.output_id]),
        reverse("matching:match-detail", args=[match.pk]),
    ):
        assert amount in client_as(alice).get(url).content.decode()
    shown = api_as(alice).get(f"/api/v1/matches/{match.pk}").json()["ranges"]
    assert set(shown) == set(UNCERTAIN)
    assert shown["quantity_per_year"] == {"low": 500, "high": 1500}
