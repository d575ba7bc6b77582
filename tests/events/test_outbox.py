"""Publishing: all or nothing, of the catalogue alone, and into a buffer with a bound."""

import threading
import time
from dataclasses import dataclass
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django_q.models import OrmQ

from organizations.models import Organization
from tests.factories import ResourceFlowFactory
from turash.events import outbox
from turash.events.catalogue import Event, OrganizationCreated
from turash.events.models import DomainEvent, EventDelivery
from turash.events.publishers import MemoryPublisher, publish


@pytest.fixture
def full(settings):
    """A buffer that has room for nothing."""
    settings.EVENT_QUEUE_LIMIT = 0
    settings.EVENT_PUBLISH_DEADLINE_S = 0.2


@pytest.mark.django_db
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


@pytest.mark.django_db
def test_publishing_costs_the_same_however_many_events(django_assert_num_queries):
    # savepoint, events, savepoint, deliveries, release, task, release; and the count of what waits.
    outbox._depth.counted_at = float("-inf")
    for count in (1, 50):
        events = [OrganizationCreated(organization_id=uuid4()) for _ in range(count)]
        outbox._depth.counted_at = float("-inf")
        with django_assert_num_queries(8):
            publish(*events)


@pytest.mark.django_db
def test_what_is_not_of_the_catalogue_is_refused():
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Impostor(Event):
        type = "organization_created"

    for stranger in (Impostor(), "organization_created"):
        with pytest.raises(TypeError, match="catalogue"):
            publish(stranger)


@pytest.mark.django_db
def test_a_full_buffer_is_told_at_the_deadline(full):
    started = time.monotonic()
    with pytest.raises(outbox.QueueFull):
        publish(OrganizationCreated(organization_id=uuid4()))
    assert 0.2 <= time.monotonic() - started < 2
    with pytest.raises(outbox.QueueFull):
        publish(OrganizationCreated(organization_id=uuid4()), deadline_s=0)
    assert not DomainEvent.objects.exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_who_waits_goes_on_when_there_is_room(settings):
    publish(OrganizationCreated(organization_id=uuid4()))
    settings.EVENT_QUEUE_LIMIT = 1
    settings.EVENT_PUBLISH_DEADLINE_S = 20

    def make_room() -> None:
        time.sleep(0.3)
        EventDelivery.objects.all().delete()
        connection.close()

    helper = threading.Thread(target=make_room)
    helper.start()
    started = time.monotonic()
    publish(OrganizationCreated(organization_id=uuid4()))
    helper.join()
    assert 0.2 < time.monotonic() - started < 10
    assert DomainEvent.objects.count() == 2


@pytest.mark.django_db
def test_handlers_may_always_publish(full):
    with outbox.handling():
        publish(OrganizationCreated(organization_id=uuid4()))
    assert DomainEvent.objects.count() == 1


@pytest.mark.django_db
def test_the_api_answers_503_and_changes_nothing(alice, api_as, full):
    answer = api_as(alice).post("/api/v1/organizations", {"name": "Late", "subtype": "business"})
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:turash:problem:queue_full"
    assert int(answer["Retry-After"]) > 0
    assert not Organization.objects.filter(name="Late").exists()


@pytest.mark.django_db
def test_a_page_answers_503_and_changes_nothing(alice, client_as, full):
    answer = client_as(alice).post(
        "/organizations/new", {"name": "Late", "subtype": "business", "visibility": "public"}
    )
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "waiting" in answer.content.decode()
    assert not Organization.objects.filter(name="Late").exists()


def test_in_memory_events_are_kept_in_a_list():
    memory = MemoryPublisher()
    event = OrganizationCreated(organization_id=uuid4())
    memory.publish([event])
    assert memory.events == [event]
