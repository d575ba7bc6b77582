"""With real worker processes: what is committed is handled once, also by two clusters at once."""

import os
import signal
from collections import Counter

import pytest

from matching.models import Match, RematchRequest
from tests.factories import MembershipFactory, ResourceFlowFactory
from tests.processes import wait_for, worker
from turash.events.models import EventDelivery
from turash.realtime.models import Notification

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def all_is_done() -> bool:
    # Asked in this order: a rematch publishes its events before its request is struck out.
    return not (RematchRequest.objects.exists() or EventDelivery.objects.open().exists())


def test_two_clusters_handle_every_event_once():
    owners = MembershipFactory.create_batch(4)
    with worker(), worker():
        for number in range(40):
            ResourceFlowFactory(
                site__organization=owners[number % 4].organization,
                direction="output" if number % 2 else "input",
            )
        wait_for(all_is_done)

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


def test_what_a_killed_worker_left_is_done_by_the_next():
    owner = MembershipFactory()
    with worker() as cluster:
        ResourceFlowFactory(site__organization=owner.organization)
        wait_for(all_is_done)
        os.killpg(cluster.pid, signal.SIGKILL)

    ResourceFlowFactory(site__organization=owner.organization)
    assert not all_is_done()
    with worker():
        wait_for(all_is_done)
    assert Notification.objects.filter(type="resource_flow_created").count() == 2
