"""A run split into partitions: the same result, whoever does which part and however it goes."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from matching import bulk, services, staging
from matching.lists import Changes
from matching.models import (
    Match,
    MatchingRun,
    MatchingRunPartition,
    PartnerList,
    RematchRequest,
    StagedList,
)
from matching.services import partitions
from organizations import services as organization_services
from organizations.models import ResourceFlow, ResourceType
from tests.factories import OrganizationFactory, ResourceFlowFactory
from tests.matching.region import Region, full_run, lists, rows
from tests.matching.steps import Status, finished_events, planned, queued, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def region(request) -> Region:
    return Region(11, flow_count=40)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_result_is_the_same_as_flow_by_flow_in_any_order(seed, monkeypatch):
    for module in ("matching.bulk", "matching.fits", "matching.services.rematch"):
        monkeypatch.setattr(f"{module}.BEST_PER_FLOW", 3)
    region = Region(seed, flow_count=50)
    for flow in region.flows:
        services.rematch_flow(flow_id=flow.pk)
    one_by_one, kept = rows(), lists()
    assert any(row[0] and row[1] for row in one_by_one.values())
    PartnerList.objects.all().delete()

    run = planned()
    numbers = list(run.partitions.values_list("number", flat=True))
    assert len(numbers) > 1
    region.random.shuffle(numbers)
    for number in numbers:
        work(run, number=number)
    services.finish_run(run.pk)
    assert rows() == one_by_one
    assert lists() == kept
    run.refresh_from_db()
    assert (run.status, run.found_count) == ("finished", len(one_by_one))
    assert run.match_count == len(one_by_one)
    assert run.done_count == run.total_count == ResourceFlow.objects.active().count()
    assert not StagedList.objects.exists()


def test_a_second_run_changes_no_row(region):
    full_run()
    before = lists()
    run = planned()
    work(run)
    services.finish_run(run.pk)
    assert lists() == before


def test_small_chunks_change_nothing(region, monkeypatch):
    full_run()
    expected = rows()
    PartnerList.objects.all().delete()
    monkeypatch.setattr(bulk, "CHUNK", 3)
    monkeypatch.setattr(staging, "LISTS_PER_CHUNK", 5)
    full_run()
    assert rows() == expected


def test_readers_see_nothing_before_the_final_step(region):
    run = planned()
    work(run)
    assert StagedList.objects.exists()
    assert not Match.objects.exists()
    run.refresh_from_db()
    assert run.status == "running"
    assert queued("finish_run") == 1


def test_the_final_step_waits_for_every_partition(region):
    run = planned()
    last = run.partitions.last()
    work(run, number__lt=last.number)
    assert queued("finish_run") == 0
    services.finish_run(run.pk)
    assert not Match.objects.exists()
    work(run)
    assert queued("finish_run") == 1


def test_the_final_step_counts_once(region):
    run = planned()
    work(run)
    for _ in range(3):
        services.finish_run(run.pk)
    assert finished_events() == 1
    assert MatchingRun.objects.get().finish_attempts == 1


def fail_in(monkeypatch, number: int, times: int) -> list:
    """Let a partition fail so often when its rows are written."""
    failures = []
    real = staging.stage

    def stage(partition_id, *args):
        real(partition_id, *args)
        partition = MatchingRunPartition.objects.get(pk=partition_id)
        if partition.number == number and len(failures) < times:
            failures.append(partition.attempts)
            raise OSError("The disk is full.")

    monkeypatch.setattr(staging, "stage", stage)
    return failures


def test_a_partition_that_fails_twice_is_retried_alone(region, monkeypatch):
    full_run()
    expected = rows()
    PartnerList.objects.all().delete()
    run = planned()
    number = run.partitions.first().number
    failures = fail_in(monkeypatch, number, times=2)
    OrmQ.objects.all().delete()
    work(run)
    bad = run.partitions.get(number=number)
    assert (bad.status, bad.attempts) == ("queued", 1)
    assert "The disk is full." in bad.error
    others = run.partitions.exclude(number=number)
    assert set(others.values_list("status", "attempts")) == {("done", 1)}
    (retry,) = OrmQ.objects.all()
    assert retry.func() == "matching.tasks.work_partition"
    assert retry.lock > timezone.now() + timedelta(seconds=8)
    work(run)
    work(run)
    bad.refresh_from_db()
    assert (bad.status, bad.attempts, bad.error) == ("done", 3, "")
    assert failures == [1, 2]
    services.finish_run(run.pk)
    assert rows() == expected


def test_a_partition_that_fails_for_good_fails_the_run(region, monkeypatch):
    full_run()
    before = rows()
    run = planned()
    failures = fail_in(monkeypatch, run.partitions.first().number, times=99)
    while run.partitions.filter(number=1, status=Status.QUEUED).exists():
        work(run, number=1)
    run.refresh_from_db()
    assert failures == [1, 2, 3]
    assert (run.status, run.error) == ("failed", "OSError: The disk is full.")
    assert run.finished_at
    assert run.partitions.count_by_status() == {
        "queued": 0, "running": 0, "done": 0, "failed": 1,
        "cancelled": run.partitions.count() - 1,
    }  # fmt: skip
    assert rows() == before
    assert not StagedList.objects.exists()
    # It keeps nobody out.
    services.request_run()


def test_a_final_step_that_fails_is_tried_again_and_then_fails_the_run(region, monkeypatch):
    def no(run):
        raise OSError("No.")

    monkeypatch.setattr(staging, "swap_in", no)
    run = planned()
    work(run)
    OrmQ.objects.all().delete()
    services.finish_run(run.pk)
    services.finish_run(run.pk)
    run.refresh_from_db()
    assert run.status == "running"
    assert queued("finish_run") == 2
    services.finish_run(run.pk)
    run.refresh_from_db()
    assert (run.status, run.error) == ("failed", "OSError: No.")


def test_cancelled_half_way_nothing_has_changed(region):
    full_run()
    region.edit()
    before = lists()
    assert before
    run = planned()
    work(run, number__lte=3)
    services.cancel_run(actor=None, run_id=run.pk)
    work(run)
    services.finish_run(run.pk)
    run.refresh_from_db()
    assert run.status == "cancelled"
    assert run.partitions.count_by_status()["done"] == 3
    assert 0 < run.done_count < run.total_count
    assert lists() == before
    assert not StagedList.objects.exists()
    with pytest.raises(services.RunIsOver):
        services.cancel_run(actor=None, run_id=run.pk)


@pytest.mark.parametrize("when", ["computing", "writing", "completing"])
def test_a_worker_stops_when_its_run_is_cancelled(region, monkeypatch, when):
    run = planned()

    def cancelling(real):
        def wrapped(*args, **kwargs):
            result = real(*args, **kwargs)
            if run.partitions.open().exists():
                services.cancel_run(actor=None, run_id=run.pk)
            return result

        return wrapped

    owner, name = {
        "computing": (bulk, "grid_of"),
        "writing": (staging, "chunks"),
        "completing": (staging, "stage"),
    }[when]
    monkeypatch.setattr(owner, name, cancelling(getattr(owner, name)))
    services.work_partition(run.partitions.first().pk)
    assert run.partitions.first().status == "cancelled"
    assert run.partitions.first().error == ""
    assert not StagedList.objects.exists()


def test_who_was_thought_dead_cannot_write_any_more(region, monkeypatch):
    run = planned()
    partition = run.partitions.first()
    late = partitions._Attempt.begin(partition.pk, None)
    MatchingRunPartition.objects.filter(pk=partition.pk).update(
        updated_at=timezone.now() - timedelta(minutes=2)
    )
    services.sweep_runs(timezone.now())
    again = partitions._Attempt.begin(partition.pk, None)
    again.beat()
    for call in (late.beat, lambda: late.complete(in_background=True)):
        with pytest.raises(partitions.Superseded):
            call()
    late.fail("Too late.", in_background=True)
    partition.refresh_from_db()
    assert (partition.status, partition.attempts, partition.error) == ("running", 2, "")


def test_a_partition_is_taken_once(region):
    partition = planned().partitions.first()
    assert partitions._Attempt.begin(partition.pk, None)
    assert partitions._Attempt.begin(partition.pk, None) is None
    assert partitions._Attempt.begin(0, None) is None


def test_flows_may_be_deleted_added_and_changed_during_a_run(run_events):
    region = Region(21, flow_count=40)
    full_run()
    run = planned()
    for partition in run.partitions.all():
        region.change_without_rematch()
        services.work_partition(partition.pk)
        region.change_without_rematch()
    assert ResourceFlow.objects.count() != 40
    run_events()
    run.refresh_from_db()
    assert run.status == "finished"
    assert not RematchRequest.objects.exists()
    after = rows()
    second = full_run()
    assert (second.found_count, second.lost_count) == (0, 0)
    assert rows() == after


def test_a_partner_of_a_deleted_flow_is_matched_again(monkeypatch):
    monkeypatch.setattr(bulk, "BEST_PER_FLOW", 1)
    input_ = ResourceFlowFactory(direction="input", type_code="heat")
    ResourceFlowFactory.create_batch(3)
    run = planned()
    work(run)
    (best,) = StagedList.objects.get(flow_id=input_.pk).partners
    ResourceFlow.objects.get(number=best).delete()
    RematchRequest.objects.all().delete()
    services.finish_run(run.pk)
    assert best not in PartnerList.objects.get(flow=input_).partners
    assert input_.pk in RematchRequest.objects.values_list("pk", flat=True)


def test_a_run_of_one_organization_goes_flow_by_flow(region, monkeypatch):
    monkeypatch.setattr(partitions, "FLOWS_ONE_BY_ONE", 2)
    full_run()
    expected = rows()
    organization = region.flows[0].organization
    for flow in organization.resource_flows.all():
        changes = Changes()
        changes.forget(flow.number)
        changes.save()
    gone = len(expected) - Match.objects.count()
    run = planned(organization=organization)
    work(run)
    services.finish_run(run.pk)
    run.refresh_from_db()
    flow_count = ResourceFlow.objects.active().filter(organization=organization).count()
    assert run.partitions.count() == -(-flow_count // 2) > 1
    assert (run.done_count, run.total_count) == (flow_count, flow_count)
    assert (run.status, run.found_count, run.match_count) == ("finished", gone, gone)
    assert rows() == expected


def test_a_run_without_flows_finishes(run_events):
    for organization in (None, OrganizationFactory()):
        run = services.request_run(organization=organization)
        run_events()
        run.refresh_from_db()
        assert (run.status, run.match_count) == ("finished", 0)


def test_progress_grows_to_the_end(region):
    seen = []
    run = services.request_run(in_background=False)
    services.execute_run(run.pk, progress=lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1][0] == seen[-1][1] == ResourceFlow.objects.active().count()


def test_a_flow_that_changes_its_type_during_a_run_is_in_no_wrong_list(run_events):
    heat, cold = (
        ResourceFlowFactory(direction="input", type_code=code) for code in ("heat", "cooling")
    )
    flow = ResourceFlowFactory(type_code="heat.hot_water")
    ResourceFlowFactory(type_code="cooling")
    run = planned()
    first, second = run.partitions.order_by("number")
    work(run, number=first.number)
    # Now it is in one tree, and then in another: both partitions find it.
    code = "cooling" if first.root_type.code == "heat" else "heat.hot_water"
    flow.resource_type = ResourceType.objects.get(code=code)
    organization_services.save_flow(flow)
    work(run, number=second.number)
    services.finish_run(run.pk)
    run_events()
    after = rows()
    assert {key[1] for key in after if key[0] == flow.pk} <= {heat.pk, cold.pk}
    second_run = full_run()
    assert (second_run.found_count, second_run.lost_count) == (0, 0)
    assert rows() == after
