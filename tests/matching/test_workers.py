"""Matching with real worker processes: edits in a burst, and workers that die."""

import os
import signal
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from matching import services
from matching.models import Match, MatchingRunPartition, PartnerList, StagedList
from tests.factories import ResourceFlowFactory
from tests.matching.region import Region, full_run, rows
from tests.processes import is_at_rest, wait_for, worker

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


def test_a_run_outlives_a_killed_worker():
    Region(31, flow_count=120)
    full_run()
    expected = rows()
    PartnerList.objects.all().delete()
    run = services.request_run()
    services.plan_run(run.pk)
    partitions = MatchingRunPartition.objects.filter(run=run)
    with worker() as cluster:
        wait_for(lambda: partitions.filter(status="done").count() >= 3)
        os.killpg(cluster.pid, signal.SIGKILL)
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
