"""What a crash has left behind is taken up, and only that."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from matching import services, tasks
from matching.models import MatchingRun, RematchRequest
from matching.services import partitions, rematch_requests, run_endings, runs
from tests.factories import ResourceFlowFactory
from tests.matching.region import Region
from tests.matching.steps import Status, planned, queued, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(db) -> MatchingRun:
    Region(11, flow_count=40)
    run = planned()
    OrmQ.objects.all().delete()
    return run


def age(run, **condition) -> None:
    run.partitions.filter(**condition).update(
        updated_at=timezone.now() - runs.DEAD_AFTER - timedelta(seconds=1)
    )


def test_leaves_alone_what_is_alive(run):
    partitions._Attempt.begin(run.partitions.first().pk, None)
    age(run, status=Status.QUEUED)
    services.sweep_runs(timezone.now())
    assert not OrmQ.objects.exists()


def test_enqueues_a_silent_partition_once(run):
    partition = run.partitions.first()
    partitions._Attempt.begin(partition.pk, None)
    age(run, pk=partition.pk)
    for _ in range(2):
        services.sweep_runs(timezone.now())
    assert queued("work_partition") == 1
    partition.refresh_from_db()
    assert partition.status == "queued"


def test_enqueues_what_waits_while_nobody_works(run):
    age(run)
    services.sweep_runs(timezone.now())
    assert queued("work_partition") == run.partitions.count()


def test_ends_a_run_whose_partition_kills_its_workers(run):
    partition = run.partitions.first()
    for _ in range(run_endings.MAX_ATTEMPTS):
        assert partitions._Attempt.begin(partition.pk, None)
        age(run, pk=partition.pk)
        services.sweep_runs(timezone.now())
    run.refresh_from_db()
    assert (run.status, run.error) == ("failed", "The worker of partition 1 was lost.")


def test_enqueues_a_plan_and_a_final_step_that_were_lost(run):
    work(run)
    OrmQ.objects.all().delete()
    services.sweep_runs(timezone.now())
    assert queued("finish_run") == 0
    run.partitions.update(finished_at=timezone.now() - timedelta(minutes=2))
    services.sweep_runs(timezone.now())
    assert queued("finish_run") == 1
    services.finish_run(run.pk)

    old = timezone.now() - timedelta(minutes=2)
    MatchingRun.objects.create(created_at=old)
    services.sweep_runs(timezone.now())
    assert queued("plan_run") == 1


def test_ends_a_run_whose_final_step_kills_its_workers(run):
    work(run)
    for attempt in range(1, run_endings.MAX_ATTEMPTS + 1):
        # The worker begins, and is gone.
        taken = run_endings.count_attempt(run.pk, "finish_attempts", MatchingRun.Status.RUNNING)
        assert taken == attempt
    services.finish_run(run.pk)
    run.refresh_from_db()
    assert (run.status, run.error) == ("failed", "The worker of this step was lost.")


def test_ends_a_run_that_cannot_be_planned_and_says_why(monkeypatch):
    run = services.request_run()
    monkeypatch.setattr(partitions, "_parts_of_trees", lambda _: 1 / 0)
    for _ in range(run_endings.MAX_ATTEMPTS):
        assert MatchingRun.objects.get().status == "queued"
        OrmQ.objects.all().delete()
        services.plan_run(run.pk)
    assert queued("plan_run") == 0
    run.refresh_from_db()
    assert (run.status, run.error) == ("failed", "ZeroDivisionError: division by zero")


def test_ends_a_run_whose_plan_kills_its_workers():
    run = services.request_run()
    for _ in range(run_endings.MAX_ATTEMPTS):
        run_endings.count_attempt(run.pk, "plan_attempts", MatchingRun.Status.QUEUED)
    services.plan_run(run.pk)
    run.refresh_from_db()
    assert (run.status, run.error) == ("failed", "The worker of this step was lost.")


def test_a_flow_that_kills_its_workers_is_left_alone_for_longer_each_time(monkeypatch):
    def die(**_):
        raise SystemExit

    monkeypatch.setattr(rematch_requests, "rematch_flow", die)
    flow = ResourceFlowFactory()
    services.request_rematches([flow.pk])
    pauses = []
    for _ in range(3):
        RematchRequest.objects.update(due_at=timezone.now())
        with pytest.raises(SystemExit):
            services.rematch_due()
        request = RematchRequest.objects.get()
        pauses.append((request.due_at - timezone.now()).total_seconds())
    assert pauses == [pytest.approx(60 * 2**number, abs=5) for number in range(3)]
    assert RematchRequest.objects.failing().get().last_error == rematch_requests.LOST


def test_old_runs_are_forgotten(settings, run):
    services.cancel_run(actor=None, run_id=run.pk)
    MatchingRun.objects.update(finished_at=timezone.now() - settings.EVENT_RETENTION)
    young = services.request_run()
    tasks.prune()
    assert list(MatchingRun.objects.all()) == [young]
