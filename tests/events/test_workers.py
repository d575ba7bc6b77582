"""With real worker processes: what is committed is handled once, also by two clusters at once."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from django.conf import settings
from django.db import connection, connections

from matching.models import Match
from tests.factories import MembershipFactory, ResourceFlowFactory
from turash.events.models import EventDelivery
from turash.realtime.models import Notification

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def clusters():
    """Start worker clusters on the test database; stop what is left at the end."""
    started = []

    def start() -> subprocess.Popen:
        environment = os.environ | {"DATABASE_URL": url_of_test_database()}
        process = subprocess.Popen(
            [sys.executable, "manage.py", "qcluster"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in started:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    connections.close_all()


def url_of_test_database() -> str:
    parts = connection.settings_dict
    host = parts["HOST"].replace("/", "%2F")
    return f"postgis://{parts['USER']}@{host}:{parts['PORT'] or 5432}/{parts['NAME']}"


def wait_for(condition, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "The workers did not get there in time."
        time.sleep(0.05)


def test_two_clusters_handle_every_event_once(clusters):
    owners = MembershipFactory.create_batch(4)
    for _ in range(2):
        clusters()
    for number in range(40):
        ResourceFlowFactory(
            site__organization=owners[number % 4].organization,
            direction="output" if number % 2 else "input",
        )
    wait_for(lambda: not EventDelivery.objects.open().exists())

    assert not EventDelivery.objects.dead().exists()
    assert Match.objects.exists()
    told = Counter(
        Notification.objects.filter(type="resource_flow_created").values_list(
            "subject_id", flat=True
        )
    )
    assert set(told.values()) == {1}
    assert len(told) == 40
    found = Counter(
        Notification.objects.filter(type="match_found").values_list("subject_id", flat=True)
    )
    # One for each side.
    assert set(found.values()) == {2}


def test_what_a_killed_worker_left_is_done_by_the_next(clusters):
    owner = MembershipFactory()
    cluster = clusters()
    ResourceFlowFactory(site__organization=owner.organization)
    wait_for(lambda: not EventDelivery.objects.open().exists())
    os.killpg(cluster.pid, signal.SIGKILL)
    cluster.wait()

    ResourceFlowFactory(site__organization=owner.organization)
    assert EventDelivery.objects.open().exists()
    clusters()
    wait_for(lambda: not EventDelivery.objects.open().exists())
    assert Notification.objects.filter(type="resource_flow_created").count() == 2
