"""Full run, incremental rematch and the plain reference agree, whatever happened before."""

import pytest
from django.contrib.gis.db.models.functions import Distance
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching import services, weights
from matching.models import Match, MatchDismissal
from organizations.models import ResourceFlow
from tests.matching import reference
from tests.matching.evidence import evidence
from tests.matching.reference import expected_match
from tests.matching.region import Region, full_run, lists, rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def best_per_flow(monkeypatch, request):
    """Short lists, so that places in them are fought over."""
    for module in ("matching.bulk", "matching.fits", "matching.services.rematch"):
        monkeypatch.setattr(f"{module}.BEST_PER_FLOW", request.param)
    return request.param


@pytest.mark.parametrize(
    ("seed", "best_per_flow"), [(1, 1), (2, 3), (3, 5), (4, 20)], indirect=["best_per_flow"]
)
def test_incremental_changes_lead_to_the_rows_of_a_full_run(seed, best_per_flow):
    region = Region(seed)
    full_run()
    for _ in range(40):
        region.change()
    incremental, kept = rows(), lists()
    run = full_run()
    assert rows() == incremental
    assert lists() == kept
    assert (run.found_count, run.lost_count) == (0, 0)


@pytest.mark.parametrize("seed", [8, 9])
def test_all_agree_with_weights_that_were_learned(seed, settings, monkeypatch):
    settings.MATCHING_LEARNS = True
    evidence(30, "trust")
    region = Region(seed)
    full_run()
    monkeypatch.setattr(reference, "WEIGHTS", weights.by_factor())
    assert weights.latest().shifts["trust"] > 0.05
    for _ in range(40):
        region.change()
    incremental = rows()
    assert assert_matches_are_what_the_documentation_says()
    run = full_run()
    assert rows() == incremental
    assert (run.found_count, run.lost_count) == (0, 0)


def test_a_rematch_of_an_unchanged_flow_changes_nothing():
    region = Region(5)
    full_run()
    before = rows()
    for flow in region.flows[:20]:
        changes = services.rematch_flow(flow_id=flow.pk)
        assert (changes.found, changes.lost) == ([], [])
    assert rows() == before


def assert_matches_are_what_the_documentation_says(**among) -> int:
    """Compare every pair of flows, or of some, with the reference; return how many match."""
    chosen = ResourceFlow.objects.filter(**among)
    flows = list(
        chosen.select_related("site", "organization", "resource_type", "currency").prefetch_related(
            "contaminants"
        )
    )
    found = {(match.output_id, match.input_id): match for match in Match.objects.for_display()}
    compared = 0
    for output in flows:
        if output.direction != "output":
            continue
        distances = dict(
            chosen.annotate(distance=Distance("location", output.location)).values_list(
                "pk", "distance"
            )
        )
        for input_ in flows:
            distance_m = distances[input_.pk].m
            expected = expected_match(output, input_, distance_m)
            match = found.get((output.pk, input_.pk))
            assert (expected is None) == (match is None), (output.pk, input_.pk)
            if match is None:
                continue
            compared += 1
            assert match.distance_m == pytest.approx(distance_m, abs=1e-3)
            assert match.factors == pytest.approx(expected.factors, abs=1e-6)
            assert match.score == pytest.approx(expected.score, abs=1e-6)
            assert match.quantity_per_year == pytest.approx(expected.quantity)
            assert float(match.investment_eur) == pytest.approx(
                expected.investment, rel=1e-5, abs=1
            )
            assert float(match.savings_eur_per_year) == pytest.approx(
                expected.savings, rel=1e-5, abs=1
            )
            assert match.co2_avoided_t_per_year == pytest.approx(expected.co2, rel=1e-5, abs=1e-3)
    return compared


@pytest.mark.parametrize("seed", [6, 7])
def test_every_match_is_what_the_documentation_says(seed):
    Region(seed, flow_count=140)
    full_run()
    assert assert_matches_are_what_the_documentation_says() > 20


@pytest.mark.parametrize("first_seed", range(0, 200, 10))
def test_two_hundred_small_regions_agree_three_times(first_seed):
    """Ten at a time, each on its own, out of reach of the others."""
    regions = [
        Region(1000 + first_seed + place, flow_count=14, east_by=10 * place) for place in range(10)
    ]
    full_run()
    for region in regions:
        for _ in range(5):
            region.change()
    incremental, kept = rows(), lists()
    compared = sum(
        assert_matches_are_what_the_documentation_says(site__in=region.sites) for region in regions
    )
    # And none between regions.
    assert compared == len(incremental) > 0
    full_run()
    assert rows() == incremental
    assert lists() == kept


@given(
    st.integers(0, 10_000),
    st.lists(st.sampled_from(["edit", "add", "delete", "move", "pause", "dismiss"]), max_size=10),
)
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_sequence_of_changes_leads_to_the_rows_of_a_full_run(seed, kinds):
    Region.clear()
    region = Region(seed, flow_count=12)
    full_run()
    for kind in kinds:
        region.change(kind)
    dismissals = MatchDismissal.objects.count()
    incremental, kept = rows(), lists()
    assert_matches_are_what_the_documentation_says()
    full_run()
    assert rows() == incremental
    assert lists() == kept
    assert MatchDismissal.objects.count() == dismissals
