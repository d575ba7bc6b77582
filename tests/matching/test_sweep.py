"""What a crash has left behind is taken up, and only that."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from matching import services
from matching.models import MatchingRun
from matching.services import partitions, run_endings, runs
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
