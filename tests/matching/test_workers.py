"""Matching with real worker processes: edits in a burst, and workers that die."""

import os
import signal
import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from matching import services
from matching.models import Match, MatchingRun, MatchingRunPartition, PartnerList, StagedList
from organizations.models import ResourceFlow, ResourceType
from tests.factories import ResourceFlowFactory
from tests.matching.region import Region, full_run, rows
from tests.processes import is_at_rest, running, wait_for, worker

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def taken():
    """Counts how often workers have taken a flow to match it, whoever they are."""
    with connection.cursor() as cursor:
        cursor.execute(
            """CREATE TABLE taken (flow_id uuid, at timestamptz DEFAULT clock_timestamp());
            CREATE FUNCTION note_taken() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN INSERT INTO taken (flow_id) VALUES (new.flow_id); RETURN NULL; END $$;
            CREATE TRIGGER note_taken AFTER UPDATE OF attempts ON matching_rematchrequest
            FOR EACH ROW WHEN (new.attempts > old.attempts) EXECUTE FUNCTION note_taken()"""
        )

    def count(flow_id) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM taken WHERE flow_id = %s", [flow_id])
            return cursor.fetchone()[0]

    yield count
    with connection.cursor() as cursor:
        cursor.execute(
            """DROP TRIGGER note_taken ON matching_rematchrequest;
            DROP FUNCTION note_taken(); DROP TABLE taken"""
        )


def test_twenty_edits_in_a_second_cost_one_rematch(api_as, alice, alices_organization, taken):
    flow = ResourceFlowFactory(site__organization=alices_organization)
    ResourceFlowFactory(direction="input", type_code="heat", amount=10_000)
    client = api_as(alice)
    with worker():
        wait_for(is_at_rest)
        assert Match.objects.for_display().get().quantity_per_year == 1000
        before = taken(flow.pk)
        started = time.monotonic()
        for amount in range(101, 121):
            answer = client.patch(
                f"/api/v1/resource-flows/{flow.pk}", {"quantity": {"amount": amount}}
            )
            assert answer.status_code == 200
        seconds = time.monotonic() - started
        wait_for(is_at_rest)
        # Where the machine is busy the edits take longer, and each second has its rematch.
        assert taken(flow.pk) - before <= 1 + int(seconds)
    assert Match.objects.for_display().get().quantity_per_year == 120


def test_a_run_outlives_a_killed_worker(sleep):
    Region(31, flow_count=120)
    full_run()
    expected = rows()
    PartnerList.objects.all().delete()
    run = services.request_run()
    services.plan_run(run.pk)
    partitions = MatchingRunPartition.objects.filter(run=run)
    sleep.begin(run)
    with worker() as cluster:
        wait_for(lambda: partitions.filter(number=3, status="running").exists())
        wait_for(lambda: partitions.filter(status="done").exists())
        os.killpg(cluster.pid, signal.SIGKILL)
    sleep.end()
    left = partitions.open().count()
    assert 0 < left < partitions.count()
    assert StagedList.objects.exists()
    # A minute later, when a schedule looks after what has gone silent.
    partitions.open().update(updated_at=timezone.now() - timedelta(minutes=2))
    services.sweep_runs(timezone.now())
    with worker():
        wait_for(lambda: not type(run).objects.unfinished().exists())
    run.refresh_from_db()
    assert (run.status, run.error) == ("finished", "")
    assert rows() == expected
    assert not StagedList.objects.exists()


@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_result_is_the_same_for_any_number_of_workers(count, monkeypatch):
    monkeypatch.setattr("matching.services.partitions.FLOWS_ONE_BY_ONE", 5)
    Region(32, flow_count=50)
    full_run()
    expected = rows()
    everywhere = (-180, -90, 180, 90)
    heat = ResourceType.objects.get(code="heat")
    with worker(WORKERS=str(count)):
        wait_for(is_at_rest)
        for scope in ({}, {"resource_type": heat}, {"bbox": everywhere}):
            lost = PartnerList.objects.all()
            if "resource_type" in scope:
                lost = lost.filter(flow__in=ResourceFlow.objects.of_type("heat"))
            gone = sum(lost.filter(is_output=True).values_list("match_count", flat=True))
            lost.delete()
            run = services.request_run(**scope, in_background=False)
            services.plan_run(run.pk)
            wait_for(lambda: not MatchingRun.objects.unfinished().exists())
            run.refresh_from_db()
            assert (run.status, run.error) == ("finished", "")
            assert run.found_count == gone > 0
            assert run.partitions.count() > (0 if "resource_type" in scope else 3)
            assert set(run.partitions.values_list("attempts", flat=True)) == {1}
            assert rows() == expected
    assert not StagedList.objects.exists()


class Sleep:
    """Whoever works on the third partition of a run falls asleep in its midst."""

    def begin(self, run: MatchingRun) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"""CREATE FUNCTION fall_asleep() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN PERFORM pg_sleep(300); RETURN new; END $$;
                CREATE TRIGGER fall_asleep
                BEFORE UPDATE OF done_count ON matching_matchingrunpartition FOR EACH ROW
                WHEN (new.run_id = '{run.pk}' AND new.number = 3 AND new.done_count > 0)
                EXECUTE FUNCTION fall_asleep()"""
            )

    def end(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event = 'PgSleep'"""
            )
            cursor.execute(
                """DROP TRIGGER IF EXISTS fall_asleep ON matching_matchingrunpartition;
                DROP FUNCTION IF EXISTS fall_asleep()"""
            )


@pytest.fixture
def sleep():
    sleep = Sleep()
    yield sleep
    sleep.end()


def test_a_run_of_the_terminal_goes_on_after_it_was_killed(sleep):
    Region(33, flow_count=60)
    full_run()
    expected = rows()
    PartnerList.objects.all().delete()
    run = services.request_run(in_background=False)
    services.plan_run(run.pk, in_background=False)
    sleep.begin(run)
    partitions = MatchingRunPartition.objects.filter(run=run)
    with running("match", "manage.py", "match", "--resume", str(run.pk)) as terminal:
        # The third is taken, and neither done nor given back.
        wait_for(lambda: partitions.filter(number=3, status="running").exists())
        wait_for(lambda: partitions.filter(status="done").count() == 2)
        os.killpg(terminal.pid, signal.SIGKILL)
    sleep.end()
    before = list(partitions.filter(status="done").values("number", "attempts", "finished_at"))
    assert len(before) == 2
    assert partitions.get(number=3).status == "running"
    # A minute later.
    partitions.open().update(updated_at=timezone.now() - timedelta(minutes=2))
    call_command("match", "--resume", str(run.pk), verbosity=0)
    run.refresh_from_db()
    assert (run.status, run.error, run.resumed_at) == ("finished", "", None)
    again = partitions.filter(number__in=[1, 2]).values("number", "attempts", "finished_at")
    assert list(again) == before
    assert partitions.get(number=3).attempts == 2
    assert rows() == expected


def test_threads_of_one_process_find_the_same(settings):
    settings.MATCHING_THREADS = 3
    Region(34, flow_count=60)
    full_run()
    expected = rows()
    PartnerList.objects.all().delete()
    call_command("match", verbosity=0)
    run = MatchingRun.objects.latest("created_at")
    assert (run.status, run.found_count) == ("finished", len(expected))
    assert set(run.partitions.values_list("attempts", flat=True)) == {1}
    assert rows() == expected
