"""Redis Streams: entries after the commit, acknowledged after handling, claimed from the dead."""

import json
import signal
import time
from datetime import timedelta
from uuid import uuid4

import pytest
import redis
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ

from tests.factories import MembershipFactory, SiteFactory
from tests.processes import consumer, wait_for
from turash.events import claims, consumers, registry, streams, sweeper
from turash.events.catalogue import OrganizationCreated
from turash.events.consumers import Consumer
from turash.events.models import DomainEvent, EventDelivery
from turash.events.publishers import publish
from turash.events.status import read_status
from turash.realtime.models import Notification

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def stream(settings, monkeypatch):
    """A stream for this test alone; the client."""
    settings.EVENT_PUBLISHER = "turash.events.streams.StreamsPublisher"
    settings.REDIS_PREFIX = f"test-{uuid4().hex[:8]}"
    monkeypatch.setattr(streams, "STREAM", f"{settings.REDIS_PREFIX}:events")
    monkeypatch.setattr(streams, "CONSUMERS", f"{settings.REDIS_PREFIX}:consumers")
    monkeypatch.setattr(consumers, "BLOCK_MS", 10)
    client = streams.client(timeout_s=10)
    yield client
    client.delete(streams.STREAM, streams.CONSUMERS)


@pytest.fixture
def handled(monkeypatch) -> list:
    """What the one handler of `organization_created` has handled."""
    seen: list = []
    monkeypatch.setattr(
        registry,
        "_handlers",
        {"organization_created": {"sees": lambda event: seen.append(event.organization_id)}},
    )
    return seen


def publish_some(count: int) -> list:
    ids = [uuid4() for _ in range(count)]
    publish(*(OrganizationCreated(organization_id=key) for key in ids))
    return ids


def turns(one: Consumer, count: int = 3) -> None:
    """Let a consumer work; the outbox must not do the stream's work meanwhile."""
    for _ in range(count):
        one._looked_for_overdue = time.monotonic()
        one._turn()


def test_entries_carry_the_event_and_appear_after_the_commit(stream, handled):
    with transaction.atomic():
        (organization_id,) = publish_some(1)
        assert stream.xlen(streams.STREAM) == 0
    ((_, fields),) = stream.xrange(streams.STREAM)
    row = DomainEvent.objects.get()
    assert fields["event_id"] == str(row.pk)
    assert (fields["type"], fields["version"]) == ("organization_created", "1")
    assert json.loads(fields["payload"]) == {"organization_id": str(organization_id)}
    assert fields["occurred_at"] == row.occurred_at.isoformat()
    assert not OrmQ.objects.exists()


def test_a_rolled_back_change_adds_no_entry(stream, handled):
    with transaction.atomic():
        publish_some(1)
        transaction.set_rollback(True)
    assert stream.xlen(streams.STREAM) == 0
    assert not DomainEvent.objects.exists()


def test_what_is_handled_is_acknowledged(stream, handled):
    ids = publish_some(5)
    turns(Consumer("one"))
    assert handled == ids
    assert stream.xpending(streams.STREAM, streams.GROUP)["pending"] == 0
    assert not EventDelivery.objects.open().exists()


def test_consumers_of_the_group_share_the_events(stream, handled, monkeypatch):
    monkeypatch.setattr(consumers, "ENTRIES_AT_A_TIME", 3)
    one, other = Consumer("one"), Consumer("other")
    turns(one)
    ids = publish_some(6)
    turns(one, 1)
    assert handled == ids[:3]
    turns(other)
    assert handled == ids


def test_what_a_dead_consumer_has_read_is_claimed(stream, handled, settings, monkeypatch):
    settings.EVENT_HANDLER_LIMIT = timedelta(seconds=0.05)
    monkeypatch.setattr(claims, "SPARE", timedelta(0))
    ids = publish_some(2)
    dead = Consumer("dead")
    turns(dead, 1)  # makes the group
    assert len(dead._read()) == 2
    heir = Consumer("heir")
    turns(heir, 1)
    assert handled == []
    time.sleep(0.2)
    heir._looked_for_abandoned = float("-inf")
    turns(heir, 1)
    assert handled == ids
    assert stream.xpending(streams.STREAM, streams.GROUP)["pending"] == 0


def test_an_entry_that_comes_twice_is_handled_once(stream, handled):
    ids = publish_some(1)
    ((_, fields),) = stream.xrange(streams.STREAM)
    stream.xadd(streams.STREAM, fields)
    turns(Consumer("one"))
    assert handled == ids


def test_what_never_became_an_entry_is_found_in_the_outbox(stream, handled, monkeypatch):
    def fail(**_):
        raise redis.ConnectionError("away")

    with monkeypatch.context() as away:
        away.setattr(redis.client.Pipeline, "execute", lambda self: fail())
        ids = publish_some(3)
    assert stream.xlen(streams.STREAM) == 0
    Consumer("one")._turn()
    assert handled == ids


def test_the_sweeper_adds_what_was_lost_again(stream, handled):
    publish_some(1)
    stream.delete(streams.STREAM)
    EventDelivery.objects.update(next_attempt_at=timezone.now() - timedelta(hours=1))
    assert sweeper.sweep() == 1
    assert stream.xlen(streams.STREAM) == 1


def test_a_redis_that_has_lost_everything_is_started_over(stream, handled):
    one = Consumer("one")
    turns(one)
    stream.delete(streams.STREAM)
    ids = publish_some(2)
    turns(one)
    assert handled == ids


def test_the_stream_is_trimmed(stream, handled, monkeypatch):
    monkeypatch.setattr(streams, "LONGEST", 100)
    publish_some(1000)
    assert 100 <= stream.xlen(streams.STREAM) < 300


def test_an_unreadable_entry_is_a_dead_letter_and_read_once(stream, handled):
    for fields in (
        {"hello": "world"},
        {"event_id": "DROP TABLE"},
        {"event_id": "9" * 40},
        {b"event_id": b"\xff\xfe\x00"},
    ):
        stream.xadd(streams.STREAM, fields)
    ids = publish_some(1)
    turns(Consumer("one"))
    assert handled == ids
    dead = EventDelivery.objects.dead().select_related("event")
    assert [row.event.type for row in dead] == [consumers.UNREADABLE] * 4
    assert all("names no event_id" in row.last_error for row in dead)
    assert stream.xpending(streams.STREAM, streams.GROUP)["pending"] == 0


def test_a_consumer_that_stumbles_goes_on(stream, handled, monkeypatch):
    one = Consumer("one")
    failures = iter([RuntimeError("Never seen before.")])

    def turn() -> None:
        for failure in failures:
            raise failure
        one.stop()

    monkeypatch.setattr(consumers, "PAUSE_AFTER_FAILURE_S", 0)
    monkeypatch.setattr(one, "_turn", turn)
    one.run()
    assert one.is_stopping


def test_a_consumer_that_leaves_takes_its_name_with_it(stream, handled):
    one = Consumer("one")
    turns(one)
    one.stop()
    one.run()
    assert stream.xinfo_consumers(streams.STREAM, streams.GROUP) == []
    assert read_status().stream.consumers == []


def test_three_processes_handle_everything_once_and_stop_when_told():
    owner = MembershipFactory()
    with consumer() as one, consumer() as two, consumer() as three:
        wait_for(lambda: len(read_status().stream.consumers) == 3)
        for _ in range(60):
            SiteFactory(organization=owner.organization)
        wait_for(lambda: not EventDelivery.objects.open().exists())
        for process in (one, two, three):
            process.send_signal(signal.SIGTERM)
        assert [process.wait(10) for process in (one, two, three)] == [0, 0, 0]
    told = Notification.objects.filter(type="site_created").values_list("subject_id", flat=True)
    assert len(told) == len(set(told)) == 60
    assert not EventDelivery.objects.filter(attempts__gt=1).exists()
    assert read_status().stream.consumers == []


def test_a_consumer_that_has_been_silent_for_long_is_not_shown(stream, handled):
    turns(Consumer("busy"))
    stream.zadd(streams.CONSUMERS, {"gone": time.time() - streams.SILENT_AFTER.total_seconds() - 1})
    assert read_status().stream.consumers == ["busy"]


def test_without_the_setting_nobody_waits_for_a_stream(settings):
    from django.core.management import CommandError, call_command

    settings.EVENT_PUBLISHER = "turash.events.publishers.QueuePublisher"
    with pytest.raises(CommandError, match="EVENT_PUBLISHER"):
        call_command("consume_events")
