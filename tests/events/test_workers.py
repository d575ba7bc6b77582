"""With real workers: what is committed is handled once, whoever dies or is told to stop."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django_q.models import OrmQ

from matching.models import Match
from tests.factories import MembershipFactory, ResourceFlowFactory, SiteFactory
from tests.processes import is_at_rest, wait_for, worker
from turash.events import sweeper
from turash.events.models import EventDelivery
from turash.local import processes
from turash.realtime.models import Notification

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def told_about(event_type: str) -> Counter:
    """How often each subject was told about."""
    return Counter(
        Notification.objects.filter(type=event_type).values_list("subject_id", flat=True)
    )


def processes_of(group: int) -> list[int]:
    """The processes of a cluster, its leader not among them."""
    members = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.getpgid(int(entry.name)) == group:
                members.append(int(entry.name))
        except ProcessLookupError:
            continue
    return [pid for pid in members if pid != group]


def is_complete(cluster: subprocess.Popen) -> bool:
    """Whether a guard, two workers, the pusher and the monitor run."""
    return len(processes_of(cluster.pid)) == 5


def test_two_clusters_handle_every_event_once():
    owners = MembershipFactory.create_batch(4)
    with worker() as one, worker() as other:
        wait_for(lambda: is_complete(one) and is_complete(other))
        for number in range(40):
            ResourceFlowFactory(
                site__organization=owners[number % 4].organization,
                direction="output" if number % 2 else "input",
            )
        wait_for(is_at_rest)
        assert Match.objects.exists()

    assert not EventDelivery.objects.dead().exists()
    told = told_about("resource_flow_created")
    assert set(told.values()) == {1}
    assert len(told) == 40
    # One for each side.
    assert set(told_about("match_found").values()) == {2}


def test_a_killed_cluster_leaves_nobody_behind_and_nothing_undone():
    owner = MembershipFactory()
    with worker() as cluster:
        SiteFactory(organization=owner.organization)
        wait_for(is_at_rest)
        assert is_complete(cluster)
        cluster.kill()
        wait_for(lambda: not processes_of(cluster.pid), seconds=10)

    SiteFactory(organization=owner.organization)
    assert not is_at_rest()
    with worker():
        wait_for(is_at_rest)
    assert list(told_about("site_created").values()) == [1, 1]


def guard_of(cluster: subprocess.Popen) -> int:
    """The one child of the leader; all others are children of it."""
    return next(pid for pid in processes_of(cluster.pid) if parent_of(pid) == cluster.pid)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def all_are_gone(pids: list[int]) -> bool:
    return not any(processes.is_alive(pid) for pid in pids)


def test_whichever_idle_process_is_killed_the_cluster_goes_on():
    owner = MembershipFactory()
    with worker() as cluster:
        for number in range(4):
            wait_for(lambda: is_complete(cluster))
            guard = guard_of(cluster)
            # At rest each waits for something, with a lock in its hands.
            SiteFactory(organization=owner.organization)
            wait_for(lambda: is_at_rest() and not OrmQ.objects.exists())
            old = sorted(pid for pid in processes_of(cluster.pid) if parent_of(pid) == guard)
            os.kill(old[number], signal.SIGKILL)
            wait_for(partial(all_are_gone, old))
            assert guard_of(cluster) == guard
        SiteFactory(organization=owner.organization)
        wait_for(lambda: is_at_rest() and not OrmQ.objects.exists())
    assert list(told_about("site_created").values()) == [1] * 5


def test_a_cluster_without_its_guard_ends_with_an_error():
    with worker() as cluster:
        wait_for(lambda: is_complete(cluster))
        os.kill(guard_of(cluster), signal.SIGKILL)
        assert cluster.wait(10) == 1
        wait_for(lambda: not processes_of(cluster.pid), seconds=10)


@contextmanager
def handlers_held_up() -> Iterator[None]:
    """Let handlers wait in the midst of their work: nobody can write a notification."""
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("LOCK TABLE realtime_notification IN ACCESS EXCLUSIVE MODE")
        yield


def somebody_is_held_up() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks"
            " WHERE NOT granted AND relation = 'realtime_notification'::regclass"
        )
        return cursor.fetchone()[0] > 0


def finish() -> None:
    """Let a new worker do what is left."""
    with worker():

        def swept_and_done() -> bool:
            sweeper.sweep(grace=sweeper.NO_GRACE)
            return is_at_rest()

        wait_for(swept_and_done)


def test_a_worker_killed_in_the_midst_of_its_work_costs_an_attempt_and_nothing_else():
    owner = MembershipFactory()
    with worker(EVENT_HANDLER_LIMIT_S="2") as cluster, handlers_held_up():
        SiteFactory(organization=owner.organization)
        wait_for(somebody_is_held_up)
        cluster.kill()
        wait_for(lambda: not processes_of(cluster.pid), seconds=10)
    finish()
    assert list(told_about("site_created").values()) == [1]
    deliveries = EventDelivery.objects.filter(event__type="site_created")
    assert [row.attempts for row in deliveries] == [2]


def test_told_to_stop_a_cluster_finishes_what_it_has_begun():
    owner = MembershipFactory()
    with worker() as cluster:
        with handlers_held_up():
            SiteFactory(organization=owner.organization)
            wait_for(somebody_is_held_up)
            cluster.terminate()
            time.sleep(1)
            assert cluster.poll() is None
        assert cluster.wait(20) == 0
    assert is_at_rest()
    assert [row.attempts for row in EventDelivery.objects.filter(handler__contains="site")] == [1]


@pytest.mark.parametrize("reason", ["limit", "second signal"])
def test_a_cluster_that_does_not_finish_is_ended_and_nothing_is_lost(reason):
    owner = MembershipFactory()
    options = ["--stop-after", "2"] if reason == "limit" else []
    with worker(*options, EVENT_HANDLER_LIMIT_S="2") as cluster, handlers_held_up():
        wait_for(lambda: is_complete(cluster))
        SiteFactory(organization=owner.organization)
        wait_for(somebody_is_held_up)
        cluster.terminate()
        started = time.monotonic()
        if reason == "second signal":
            time.sleep(0.3)
            cluster.send_signal(signal.SIGINT)
        assert cluster.wait(10) == 1
        assert time.monotonic() - started < 5
        wait_for(lambda: not processes_of(cluster.pid), seconds=10)
    finish()
    assert list(told_about("site_created").values()) == [1]


def test_told_to_stop_under_load_nothing_is_lost_or_done_twice():
    owner = MembershipFactory()
    with worker() as cluster:
        SiteFactory(organization=owner.organization)
        wait_for(is_at_rest)
        for _ in range(300):
            SiteFactory(organization=owner.organization)
        cluster.terminate()
        assert cluster.wait(30) == 0
    finish()
    told = told_about("site_created")
    assert len(told) == 301
    assert set(told.values()) == {1}
    assert not EventDelivery.objects.dead().exists()
