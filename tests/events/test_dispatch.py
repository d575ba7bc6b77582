"""Publishing and dispatch: all or nothing, once, tried again, given up."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ

from tests.factories import OrganizationFactory, ResourceFlowFactory
from turash.events import dispatch, registry
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

    monkeypatch.setattr(
        registry,
        "_handlers",
        {"organization_created": {"counts": counts, "fails": fails}},
    )
    return done, fail


def publish_one() -> DomainEvent:
    publish(OrganizationCreated(organization_id=uuid4()))
    return DomainEvent.objects.latest("pk")


def test_event_deliveries_and_task_are_written_together(handlers):
    event = publish_one()
    assert set(event.deliveries.values_list("handler", flat=True)) == {"counts", "fails"}
    assert OrmQ.objects.get().func() == "turash.events.tasks.dispatch"


def test_a_rolled_back_change_announces_nothing():
    class Rollback(Exception):
        pass

    def change_of_mind():
        with transaction.atomic():
            ResourceFlowFactory()
            assert DomainEvent.objects.exists()
            raise Rollback

    with pytest.raises(Rollback):
        change_of_mind()
    assert not DomainEvent.objects.exists()
    assert not EventDelivery.objects.exists()
    assert not OrmQ.objects.exists()


def test_a_delivery_that_is_done_is_not_done_again(handlers):
    done, _ = handlers
    event = publish_one()
    dispatch.deliver(event.pk)
    dispatch.deliver(event.pk)
    assert sorted(done) == ["counted", "succeeded"]
    assert not event.deliveries.filter(done_at=None).exists()


def test_a_failing_handler_leaves_nothing_behind_and_does_not_stop_the_others(handlers):
    done, fail = handlers
    fail["times"] = 1
    event = publish_one()
    dispatch.deliver(event.pk)
    delivery = event.deliveries.get(handler="fails")
    assert done == ["counted"]
    assert (delivery.attempts, delivery.done_at) == (1, None)
    assert "no luck today" in delivery.last_error
    assert not DomainEvent.objects.filter(type="organization_created").exclude(pk=event.pk)
    assert delivery.next_attempt_at > timezone.now()


def test_the_sweeper_hands_out_what_is_due_again(handlers):
    done, fail = handlers
    fail["times"] = 1
    event = publish_one()
    dispatch.deliver(event.pk)
    OrmQ.objects.all().delete()
    assert dispatch.sweep(timezone.now()) == 0
    assert dispatch.sweep(timezone.now() + timedelta(seconds=10)) == 1
    assert OrmQ.objects.get().task["kwargs"] == {"event_ids": [event.pk]}
    dispatch.deliver(event.pk)
    assert done == ["counted", "succeeded"]


def test_after_the_last_attempt_a_delivery_is_a_dead_letter_that_can_be_retried(handlers):
    done, fail = handlers
    fail["times"] = dispatch.MAX_ATTEMPTS
    event = publish_one()
    for _ in range(dispatch.MAX_ATTEMPTS + 3):
        dispatch.deliver(event.pk)
    dead = event.deliveries.get(handler="fails")
    assert dead.dead_at is not None
    assert dead.attempts == dispatch.MAX_ATTEMPTS

    OrmQ.objects.all().delete()
    assert dispatch.retry_dead([dead]) == 1
    assert OrmQ.objects.count() == 1
    dispatch.deliver(event.pk)
    assert done == ["counted", "succeeded"]


@pytest.mark.parametrize(
    ("event_type", "payload"), [("organization_created", {"nonsense": 1}), ("unheard_of", {})]
)
def test_a_malformed_event_is_a_dead_letter_at_once(event_type, payload):
    event = DomainEvent.objects.create(type=event_type, payload=payload, occurred_at=timezone.now())
    delivery = EventDelivery.objects.create(
        event=event, handler="any", next_attempt_at=timezone.now()
    )
    dispatch.deliver(event.pk)
    delivery.refresh_from_db()
    assert delivery.dead_at is not None
    assert delivery.last_error


def test_a_handler_that_is_gone_is_a_dead_letter(handlers):
    event = publish_one()
    delivery = EventDelivery.objects.create(
        event=event, handler="removed.in.this.version", next_attempt_at=timezone.now()
    )
    dispatch.deliver(event.pk)
    delivery.refresh_from_db()
    assert "removed.in.this.version" in delivery.last_error
    assert delivery.dead_at is not None


@pytest.mark.parametrize("attempts", range(1, dispatch.MAX_ATTEMPTS + 1))
def test_pauses_double(attempts):
    pause = dispatch.backoff(attempts).total_seconds()
    assert 0.8 * 5 * 2 ** (attempts - 1) <= pause <= 1.2 * 5 * 2 ** (attempts - 1)
