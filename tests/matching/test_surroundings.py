"""What is remembered of a place is what stands in the database, whatever has happened meanwhile."""

import pytest
from django.contrib.gis.geos import Point
from django.db import connection, transaction

from matching import services, surroundings
from matching.models import ListChange, PartnerList
from organizations import services as organization_services
from organizations.models import ResourceFlow
from tests.factories import KALUNDBORG, ResourceFlowFactory, SiteFactory
from tests.matching.region import Region, full_run, lists

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def reads(monkeypatch):
    """Any place is remembered; how often candidates were read, `True` for all around a flow."""
    noted = []
    load = surroundings._load
    monkeypatch.setattr(surroundings, "REMEMBERED_FROM", 1)
    monkeypatch.setattr(
        surroundings,
        "_load",
        lambda *args, only=None: noted.append(only is None) or load(*args, only=only),
    )
    surroundings.forget()
    yield noted
    surroundings.forget()


def test_changes_lead_to_the_lists_of_a_full_run(reads, monkeypatch):
    """With short lists of few types, so that places in them are fought over."""
    for module in ("matching.bulk", "matching.fits", "matching.services.rematch"):
        monkeypatch.setattr(f"{module}.BEST_PER_FLOW", 2)
    monkeypatch.setattr(surroundings, "BEST_PER_FLOW", 2)
    monkeypatch.setattr("tests.matching.region.TYPES", ["heat", "heat.hot_water"])
    region = Region(12)
    full_run()
    for _ in range(80):
        region.change()
    kept = lists()
    # Places were remembered, and some of their candidates read again.
    assert reads.count(False) > 10
    full_run()
    assert lists() == kept
    # Lists have changed in ways that are not told of one by one.
    read_before = reads.count(True)
    flow = ResourceFlow.objects.active().first()
    services.rematch_flow(flow_id=flow.pk)
    assert reads.count(True) == read_before + 1
    services.rematch_flow(flow_id=flow.pk)
    assert reads.count(True) == read_before + 1


def partners_of(flow: ResourceFlow) -> list[int]:
    return PartnerList.objects.get(flow=flow).partners


def at(metres: int, **fields) -> ResourceFlow:
    """A flow so far to the north."""
    place = Point(KALUNDBORG.x, KALUNDBORG.y + metres / 111_320, srid=4326)
    return ResourceFlowFactory(site=SiteFactory(location=place), **fields)


def move(flow: ResourceFlow, metres: int) -> None:
    place = Point(KALUNDBORG.x, KALUNDBORG.y + metres / 111_320, srid=4326)
    flow.site.location = place
    organization_services.save_site(flow.site)


def test_a_list_that_asks_for_less_than_before_is_entered(reads, monkeypatch):
    for module in ("matching.fits", "matching.services.rematch", "matching.surroundings"):
        monkeypatch.setattr(f"{module}.BEST_PER_FLOW", 1)
    taker = at(0, direction="input")
    near, far, farther = at(100), at(900), at(1200)
    for flow in (near, far, farther):
        services.rematch_flow(flow_id=flow.pk)
    assert partners_of(taker) == [near.number]
    near.delete()
    services.rematch_flow(flow_id=taker.pk)
    assert partners_of(taker) == [far.number]
    move(farther, 500)
    reads.clear()
    services.rematch_flow(flow_id=farther.pk)
    assert True not in reads
    assert partners_of(taker) == [farther.number]


def test_what_commits_later_and_what_is_rolled_back(reads):
    flow, first, second = at(0), at(10, direction="input"), at(20, direction="input")
    for one in (flow, flow):
        services.rematch_flow(flow_id=one.pk)
    assert set(partners_of(flow)) == {first.number, second.number}
    late = connection.copy()
    late.set_autocommit(False)
    pause = f"UPDATE {ResourceFlow._meta.db_table} SET status = 'paused' WHERE id = %s"
    try:
        with late.cursor() as cursor:
            cursor.execute(pause, [first.pk])
        # Others commit and are looked at meanwhile.
        for metres in (30, 40):
            third = at(metres, direction="input")
            services.rematch_flow(flow_id=flow.pk)
            assert {first.number, third.number} < set(partners_of(flow))
        late.commit()
    finally:
        late.close()
    services.rematch_flow(flow_id=flow.pk)
    kept = partners_of(flow)
    assert set(kept) > {second.number}
    assert first.number not in kept
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(pause, [second.pk])
        services.rematch_flow(flow_id=flow.pk)
        assert second.number not in partners_of(flow)
        transaction.set_rollback(True)
    services.rematch_flow(flow_id=flow.pk)
    assert partners_of(flow) == kept


def test_only_the_newest_changes_of_lists_are_kept(monkeypatch):
    monkeypatch.setattr("matching.services.rematch.CHANGES_KEPT", 2)
    services.prune_list_changes()
    for number in range(5):
        ListChange.note([number])
    services.prune_list_changes()
    assert list(ListChange.objects.order_by("pk").values_list("numbers", flat=True)) == [[3], [4]]
