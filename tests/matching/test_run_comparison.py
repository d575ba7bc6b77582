"""What has appeared and vanished between two runs of all, and why."""

import pytest

from matching import services
from matching.models import Match, RunSnapshot
from matching.run_comparison import compare
from matching.services import snapshots
from organizations import services as organization_services
from organizations.models import ResourceType
from tests.factories import ResourceFlowFactory, SiteFactory
from tests.matching.region import full_run
from turash.history.cause import caused_by

pytestmark = pytest.mark.django_db
PAGE = "/admin/matching/matchingrun/compare/"


def ids(side) -> set:
    return {(pair.output, pair.input) for pair in side.pairs}


def test_each_pair_is_told_with_what_is_on_record(
    facilitator, client_as, monkeypatch, django_assert_max_num_queries
):
    steam = ResourceFlowFactory(name="Steam")
    house, bath, school = (
        ResourceFlowFactory(
            name=name, site=SiteFactory(location="POINT(11.1 55.68)"), direction="input",
            type_code="heat",
        )
        for name in ("House", "Bath", "School")
    )  # fmt: skip
    first = full_run().snapshot
    assert first.match_count == Match.objects.count() == 3
    page = client_as(facilitator).get(PAGE)
    assert page.context["comparison"] is None

    with caused_by(facilitator.pk, "admin"):
        house.status = "paused"
        organization_services.save_flow(house)
        gone = bath.number
        bath.delete()
        new = ResourceFlowFactory(
            name="Pool", site=school.site, direction="input", type_code="heat"
        )
        school.temperature_celsius_min = 300
        organization_services.save_flow(school)
        steam.temperature_celsius_min = steam.temperature_celsius_max = 90
        organization_services.save_flow(steam)
    second = full_run().snapshot
    found = compare(first, second)
    assert found.for_all == []
    assert (found.kept_count, found.appeared.count, found.vanished.count) == (0, 1, 3)
    assert ids(found.appeared) == {(steam, new)}
    assert found.appeared.pairs[0].reasons == ["flow was edited", "flow is new"]
    reasons = {str(pair.input): pair.reasons for pair in found.vanished.pairs}
    assert reasons == {
        "House": ["flow was edited", "flow was paused or archived"],
        str(gone): ["flow was edited", "flow was deleted"],
        "School": ["flow was edited"],
    }
    assert dict(found.vanished.reasons)["flow was edited"] == 3

    # What concerns all pairs is told of once, and where nothing else is on record.
    ResourceType.objects.filter(code="heat").update(max_distance_km=0.1)
    weighed = services.choose_weights(
        actor=facilitator, weights=dict.fromkeys(services.choosing.FACTORS, 1), reason="Test"
    )
    services.execute_run(weighed.run.pk)
    monkeypatch.setattr("matching.engine._STATE", "another")
    third = full_run().snapshot
    found = compare(second, third)
    assert found.for_all == [
        "the weights of the score", "the engine or its parameters", "resource types",
    ]  # fmt: skip

    browser = client_as(facilitator)
    page = browser.get(PAGE, {"before": third.pk, "after": first.pk})
    shown = page.context["comparison"]
    assert (shown.before, shown.after) == (first, third)
    assert str(gone) in page.content.decode()
    # However many pairs there are.
    with django_assert_max_num_queries(36):
        browser.get(PAGE, {"before": third.pk, "after": first.pk})


def test_pairs_are_kept_of_few_runs_and_of_small_regions(monkeypatch):
    ResourceFlowFactory()
    ResourceFlowFactory(direction="input")
    monkeypatch.setattr(snapshots, "KEPT", 2)
    kept = [full_run().snapshot for _ in range(3)]
    is_kept = dict(RunSnapshot.objects.values_list("pk", "pairs"))
    assert [is_kept[one.pk] is not None for one in kept] == [False, True, True]
    found = compare(kept[1], kept[2])
    assert (found.kept_count, found.appeared.count, found.vanished.count) == (1, 0, 0)
    monkeypatch.setattr(snapshots, "MOST_FLOWS", 1)
    large = full_run().snapshot
    assert (large.pairs, large.match_count) == (None, 1)
    assert compare(kept[2], large).appeared is None
