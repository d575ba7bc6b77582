"""Dispatch: each handler once, tried again, given up; and what a crash leaves."""

import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from tests.factories import OrganizationFactory
from turash.events import claims, dispatch, registry
from turash.events.catalogue import OrganizationCreated
from turash.events.models import DomainEvent, EventDelivery
from turash.events.publishers import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def handlers(monkeypatch):
    """Handlers of `organization_created` for this test alone; returns what they did."""
    done: list[str] = []
    fail = {"times": 0}

    def counts(event):
        done.append("counted")

    def fails(event):
        OrganizationFactory(name="Half written")
        if fail["times"] > 0:
            fail["times"] -= 1
            raise RuntimeError("no luck today")
        done.append("succeeded")

    handle_by(monkeypatch, counts=counts, fails=fails)
    return done, fail


def handle_by(monkeypatch, **handlers) -> None:
    monkeypatch.setattr(registry, "_handlers", {"organization_created": handlers})


def publish_one() -> DomainEvent:
    publish(OrganizationCreated(organization_id=uuid4()))
    return DomainEvent.objects.latest("pk")


def deliver(*events: DomainEvent) -> None:
    dispatch.deliver([event.pk for event in events], others=0)


def make_due(event: DomainEvent) -> None:
    event.deliveries.update(next_attempt_at=timezone.now())


def test_event_deliveries_and_task_are_written_together(handlers):
    event = publish_one()
    assert set(event.deliveries.values_list("handler", flat=True)) == {"counts", "fails"}
    assert OrmQ.objects.get().func() == "turash.events.tasks.dispatch"


def test_a_delivery_that_is_done_is_not_done_again(handlers):
    done, _ = handlers
    event = publish_one()
    deliver(event)
    make_due(event)
    deliver(event)
    assert sorted(done) == ["counted", "succeeded"]
    assert not event.deliveries.filter(done_at=None).exists()
    assert all(row.duration_ms > 0 and row.attempts == 1 for row in event.deliveries.all())


def test_a_failing_handler_leaves_nothing_behind_and_does_not_stop_the_others(handlers):
    done, fail = handlers
    fail["times"] = 1
    event = publish_one()
    OrmQ.objects.all().delete()
    deliver(event)
    delivery = event.deliveries.get(handler="fails")
    assert done == ["counted"]
    assert (delivery.attempts, delivery.done_at, delivery.dead_at) == (1, None, None)
    assert "no luck today" in delivery.last_error
    assert not DomainEvent.objects.filter(type="organization_created").exclude(pk=event.pk)
    # The next try is on the queue, put aside until then.
    assert delivery.next_attempt_at > timezone.now()
    task = OrmQ.objects.get()
    assert task.task["kwargs"] == {"event_ids": [event.pk]}
    assert task.lock >= delivery.next_attempt_at


def test_before_its_time_nothing_is_tried_again(handlers):
    done, fail = handlers
    fail["times"] = 1
    event = publish_one()
    deliver(event)
    deliver(event)
    assert done == ["counted"]
    make_due(event)
    deliver(event)
    assert done == ["counted", "succeeded"]


def test_after_the_last_attempt_a_delivery_is_a_dead_letter(handlers):
    _, fail = handlers
    fail["times"] = 100
    event = publish_one()
    for _ in range(dispatch.MAX_ATTEMPTS + 3):
        deliver(event)
        make_due(event)
    dead = event.deliveries.get(handler="fails")
    assert dead.dead_at is not None
    assert dead.attempts == dispatch.MAX_ATTEMPTS == 100 - fail["times"]
    assert "no luck today" in dead.last_error


def test_one_that_fails_in_a_batch_fails_alone(monkeypatch):
    done = []

    def picky(event):
        OrganizationFactory()
        if event.organization_id == bad:
            raise RuntimeError("not this one")
        done.append(event.organization_id)

    handle_by(monkeypatch, picky=picky)
    ids = [uuid4() for _ in range(10)]
    bad = ids[4]
    publish(*(OrganizationCreated(organization_id=key) for key in ids))
    events = list(DomainEvent.objects.order_by("-pk")[:10])
    deliver(*events)
    open_ones = EventDelivery.objects.filter(event__in=events, done_at=None)
    assert [row.event.payload["organization_id"] for row in open_ones] == [str(bad)]
    # What the batch had written before it failed was rolled back, and written once afterwards.
    assert DomainEvent.objects.filter(type="organization_created").count() == 10 + 9


def test_a_batch_shares_one_transaction(monkeypatch, django_assert_max_num_queries):
    handle_by(monkeypatch, nothing=lambda event: None)
    publish(*(OrganizationCreated(organization_id=uuid4()) for _ in range(25)))
    keys = list(DomainEvent.objects.values_list("pk", flat=True))
    # claim; savepoint, limits, lock, done, release; those that nobody knows.
    with django_assert_max_num_queries(7):
        assert dispatch.deliver(keys, others=0) == 25
    assert not EventDelivery.objects.open().exists()


def test_a_worker_clears_what_waits_beside_what_it_was_asked_for(handlers):
    done, _ = handlers
    first, second = publish_one(), publish_one()
    dispatch.deliver([second.pk])
    assert not EventDelivery.objects.filter(event__in=[first, second], done_at=None).exists()
    assert len(done) == 4


def test_the_handler_is_stopped_at_its_deadline(monkeypatch, settings):
    settings.EVENT_HANDLER_LIMIT = timedelta(seconds=0.3)

    def dawdles(event):
        time.sleep(20)

    def waits_for_the_database(event):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(20)")

    handle_by(monkeypatch, dawdles=dawdles, waits=waits_for_the_database)
    event = publish_one()
    started = time.monotonic()
    for _ in range(2):
        deliver(event)
    assert time.monotonic() - started < 5
    errors = {row.handler: row.last_error for row in event.deliveries.all()}
    assert "Stopped after 1.3 s" in errors["dawdles"]
    assert "statement timeout" in errors["waits"]


def test_slow_handlers_lose_no_attempt_that_was_not_begun(monkeypatch, settings):
    settings.EVENT_HANDLER_LIMIT = timedelta(seconds=0.5)
    monkeypatch.setattr(dispatch, "TOGETHER_FOR_S", 0.1)
    done = []

    def dawdles(event):
        time.sleep(0.2)
        done.append(event.organization_id)

    handle_by(monkeypatch, dawdles=dawdles)
    publish(*(OrganizationCreated(organization_id=uuid4()) for _ in range(8)))
    OrmQ.objects.all().delete()
    started = time.monotonic()
    keys = list(DomainEvent.objects.order_by("pk").values_list("pk", flat=True)[:8])
    assert dispatch.deliver(keys, others=0) == 8
    assert time.monotonic() - started < 1.5
    left = EventDelivery.objects.open()
    assert 0 < left.count() < 8
    assert len(done) == 8 - left.count()
    # They are as they were, and somebody else is told of them.
    assert set(left.values_list("attempts", flat=True)) == {0}
    assert OrmQ.objects.get().task["kwargs"]["event_ids"] == sorted(
        left.values_list("event_id", flat=True)
    )
    while EventDelivery.objects.open().exists():
        dispatch.deliver(keys, others=0)
    assert len(done) == len(set(done)) == 8
    assert set(EventDelivery.objects.values_list("attempts", flat=True)) == {1}


def test_one_that_hangs_in_a_batch_is_found_and_the_others_go_on(monkeypatch, settings):
    settings.EVENT_HANDLER_LIMIT = timedelta(seconds=0.3)
    monkeypatch.setattr(dispatch, "TOGETHER_FOR_S", 0.1)
    monkeypatch.setattr(dispatch, "ALARM_AFTER_S", 0.1)
    ids = [uuid4() for _ in range(6)]

    def hangs_once(event):
        if event.organization_id == ids[2]:
            time.sleep(20)

    handle_by(monkeypatch, hangs=hangs_once)
    publish(*(OrganizationCreated(organization_id=key) for key in ids))
    keys = list(DomainEvent.objects.values_list("pk", flat=True))
    for _ in range(2):
        dispatch.deliver(keys, others=0)
    bad = EventDelivery.objects.get(done_at=None)
    assert bad.event.payload["organization_id"] == str(ids[2])
    assert bad.attempts == 1
    assert "Stopped after" in bad.last_error


def test_what_somebody_else_has_taken_meanwhile_is_not_given_back(handlers):
    event = publish_one()
    slow = claims.claim([event.pk], others=0)
    make_due(event)
    quick = claims.claim([event.pk], others=0)
    assert claims.give_back(slow) == []
    assert {row.attempts for row in event.deliveries.all()} == {2}
    assert claims.give_back(quick) == quick
    assert {row.attempts for row in event.deliveries.all()} == {1}


def test_an_attempt_that_killed_its_worker_counts(handlers):
    done, _ = handlers
    event = publish_one()
    for attempt in range(1, dispatch.MAX_ATTEMPTS + 1):
        # The worker takes it, and is gone.
        assert {one.attempt for one in claims.claim([event.pk], others=0)} == {attempt}
        make_due(event)
    deliver(event)
    dead = event.deliveries.first()
    assert done == []
    assert dead.dead_at is not None
    assert "The worker died" in dead.last_error


def test_a_lease_that_has_ended_is_no_claim_any_more(handlers):
    event = publish_one()
    slow = claims.claim([event.pk], others=0)
    make_due(event)
    quick = claims.claim([event.pk], others=0)
    assert claims.lock(slow) == []
    assert claims.lock(quick) == quick
    # Nor may the slow one tell of its failure: that attempt is not its own.
    assert not claims.mark_failed(slow[0], "too late", next_attempt_at=None)


@pytest.mark.parametrize(
    ("event_type", "payload"), [("organization_created", {"nonsense": 1}), ("unheard_of", {})]
)
def test_a_malformed_event_is_a_dead_letter_at_once(event_type, payload):
    event = DomainEvent.objects.create(type=event_type, payload=payload, occurred_at=timezone.now())
    delivery = EventDelivery.objects.create(event=event, handler="any")
    deliver(event)
    delivery.refresh_from_db()
    assert delivery.dead_at is not None
    assert delivery.last_error


def test_an_event_that_nobody_could_have_recorded_is_not_dropped():
    event = DomainEvent.objects.create(type="unheard_of", payload={}, occurred_at=timezone.now())
    deliver(event)
    deliver(event)
    assert "Unknown event type" in event.deliveries.get().last_error
    assert event.deliveries.get().dead_at is not None


def test_a_handler_that_is_gone_is_a_dead_letter(handlers):
    event = publish_one()
    delivery = EventDelivery.objects.create(event=event, handler="removed.in.this.version")
    deliver(event)
    delivery.refresh_from_db()
    assert "removed.in.this.version" in delivery.last_error
    assert delivery.dead_at is not None


@pytest.mark.parametrize("attempts", range(1, dispatch.MAX_ATTEMPTS + 1))
def test_pauses_double(attempts):
    pause = dispatch.backoff(attempts).total_seconds()
    assert 0.8 * 5 * 2 ** (attempts - 1) <= pause <= 1.2 * 5 * 2 ** (attempts - 1)
