"""The sweeper: what was left behind, dead letters, and forgetting."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from turash.events import dispatch, registry, sweeper
from turash.events.catalogue import OrganizationCreated
from turash.events.models import DomainEvent, EventDelivery
from turash.events.publishers import publish

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_handler(monkeypatch):
    monkeypatch.setattr(registry, "_handlers", {"organization_created": {"any": lambda e: None}})


@pytest.fixture
def event() -> DomainEvent:
    """One whose task was lost."""
    publish(OrganizationCreated(organization_id=uuid4()))
    OrmQ.objects.all().delete()
    return DomainEvent.objects.get()


def let_pass(event: DomainEvent, time: timedelta) -> None:
    for delivery in event.deliveries.all():
        delivery.next_attempt_at -= time
        delivery.save()


def test_what_nobody_took_is_handed_out_again(event):
    assert sweeper.sweep() == 0
    let_pass(event, sweeper.GRACE + timedelta(seconds=1))
    assert sweeper.sweep() == 1
    assert OrmQ.objects.get().task["kwargs"] == {"event_ids": [event.pk]}


def test_what_is_done_or_given_up_is_not_handed_out(event):
    let_pass(event, timedelta(hours=1))
    dispatch.deliver([event.pk])
    assert sweeper.sweep() == 0
    event.deliveries.update(done_at=None, dead_at=timezone.now())
    assert sweeper.sweep() == 0


def test_workers_that_are_behind_get_no_more_to_do(event, monkeypatch):
    let_pass(event, timedelta(hours=1))
    monkeypatch.setattr(sweeper, "SWEEP_LIMIT", 1)
    assert sweeper.sweep() == 1
    assert sweeper.sweep() == 0


def test_a_dead_letter_gets_a_fresh_set_of_attempts(event):
    event.deliveries.update(dead_at=timezone.now(), attempts=dispatch.MAX_ATTEMPTS)
    assert sweeper.retry_dead(EventDelivery.objects.all()) == 1
    assert OrmQ.objects.count() == 1
    dispatch.deliver([event.pk])
    assert event.deliveries.get().done_at is not None
    assert sweeper.retry_dead(EventDelivery.objects.all()) == 0


def test_only_what_is_old_and_settled_is_forgotten(event):
    publish(OrganizationCreated(organization_id=uuid4()))
    fresh = DomainEvent.objects.latest("pk")
    dispatch.deliver([event.pk, fresh.pk])
    DomainEvent.objects.filter(pk=event.pk).update(occurred_at=timezone.now() - timedelta(days=99))
    waiting, dead = (
        DomainEvent.objects.create(
            type="organization_created", payload={}, occurred_at=timezone.now() - timedelta(days=99)
        )
        for _ in range(2)
    )
    EventDelivery.objects.create(event=waiting, handler="any")
    EventDelivery.objects.create(event=dead, handler="any", dead_at=timezone.now())
    assert sweeper.prune() == 1
    assert set(DomainEvent.objects.all()) == {fresh, waiting, dead}
