"""The sweeper: what was left behind, dead letters, and forgetting."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from tests.factories import MembershipFactory
from turash.events import dispatch, registry, sweeper, tasks
from turash.events.catalogue import OrganizationCreated
from turash.events.models import DomainEvent, EventDelivery
from turash.events.publishers import publish
from turash.realtime import services
from turash.realtime import tasks as realtime_tasks
from turash.realtime.models import Notification

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


def test_more_than_fits_into_a_task_is_forgotten_by_the_next(monkeypatch, settings):
    monkeypatch.setattr(sweeper, "PRUNE_LIMIT", 3)
    old = timezone.now() - settings.EVENT_RETENTION - timedelta(days=1)
    for _ in range(4):
        DomainEvent.objects.create(type="site_created", payload={}, occurred_at=old)
    tasks.prune()
    assert DomainEvent.objects.count() == 1
    assert OrmQ.objects.get().func() == "turash.events.tasks.prune"
    OrmQ.objects.all().delete()
    tasks.prune()
    assert not DomainEvent.objects.exists()
    assert not OrmQ.objects.exists()


def test_old_notifications_are_forgotten(monkeypatch, settings):
    monkeypatch.setattr(services, "PRUNE_LIMIT", 2)
    owner = MembershipFactory()
    for days in (1, 1, 1, -1):
        services.notify(
            OrganizationCreated(
                organization_id=owner.organization_id,
                occurred_at=timezone.now() - settings.EVENT_RETENTION - timedelta(days=days),
            ),
            organization_ids=[owner.organization_id],
            kind="organization",
            subject_id=owner.organization_id,
            url="/",
        )
    OrmQ.objects.all().delete()
    realtime_tasks.prune()
    assert Notification.objects.count() == 2
    assert OrmQ.objects.get().func() == "turash.realtime.tasks.prune"
    realtime_tasks.prune()
    assert Notification.objects.count() == 1


def test_any_number_of_dead_letters_is_retried_in_batches(monkeypatch):
    monkeypatch.setattr(sweeper, "RETRY_BATCH", 2)
    now = timezone.now()
    for _ in range(5):
        event = DomainEvent.objects.create(type="site_created", payload={}, occurred_at=now)
        EventDelivery.objects.create(event=event, handler="any", dead_at=now, attempts=8)
    assert sweeper.retry_dead(EventDelivery.objects.all()) == 5
    assert set(EventDelivery.objects.values_list("dead_at", "attempts")) == {(None, 0)}
    assert OrmQ.objects.count() == 3
