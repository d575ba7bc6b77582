"""Looking after events: the admin's page, the command, and Prometheus see the same."""

from datetime import timedelta
from uuid import uuid4

import pytest
import redis
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone
from django_q.models import OrmQ
from django_q.status import Stat
from prometheus_client.parser import text_string_to_metric_families

from tests.processes import wait_for, worker
from turash.events.models import DomainEvent, EventDelivery
from turash.events.status import read_status

STATUS = "/admin/events/eventdelivery/status/"


def delivery(handler: str, event_type: str = "site_created", **fields) -> EventDelivery:
    event = DomainEvent.objects.create(
        type=event_type,
        payload={"site_id": str(uuid4()), "organization_id": str(uuid4())},
        occurred_at=timezone.now(),
    )
    return EventDelivery.objects.create(event=event, handler=handler, **fields)


@pytest.fixture
def troubles(db) -> None:
    """Three dead letters of two kinds, one that waits, one that waits for its next attempt."""
    now = timezone.now()
    for handler in ("a.first", "a.first", "a.second"):
        delivery(handler, dead_at=now, attempts=8, last_error="Out of luck.")
    delivery("a.first", next_attempt_at=now - timedelta(seconds=90))
    delivery("a.first", next_attempt_at=now + timedelta(hours=1), attempts=1)


def test_the_status_tells_what_waits_and_what_was_given_up(troubles):
    status = read_status()
    assert (status.open_deliveries, status.due_deliveries, status.dead_count) == (2, 1, 3)
    assert 90 <= status.oldest_due_s < 120
    assert [(kind.handler, kind.count) for kind in status.dead_letters] == [
        ("a.first", 2),
        ("a.second", 1),
    ]


def test_the_admin_shows_the_status(troubles, client_as, facilitator):
    page = client_as(facilitator).get(STATUS).content.decode()
    assert "a.second" in page
    assert "publishing is refused at 100000" in page.replace("\xa0", "").replace(",", "")
    listing = client_as(facilitator).get("/admin/events/eventdelivery/").content.decode()
    assert STATUS in listing


def test_all_of_a_kind_are_retried_with_one_button(troubles, client_as, facilitator):
    answer = client_as(facilitator).post(
        f"{STATUS}retry/", {"handler": "a.first", "event_type": "site_created"}, follow=True
    )
    assert "2 dead letters will be delivered again" in answer.content.decode()
    assert [row.handler for row in EventDelivery.objects.dead()] == ["a.second"]
    assert OrmQ.objects.count() == 1


@pytest.mark.parametrize("path", [STATUS, f"{STATUS}retry/"])
def test_others_do_not_look_after_events(path, troubles, client_as, alice):
    for staff in (False, True):
        alice.is_staff = staff
        alice.save()
        answer = client_as(alice).post(path, {"handler": "a.first"})
        assert answer.status_code in (302, 403)
    assert EventDelivery.objects.dead().count() == 3


def test_the_command_shows_the_status(troubles, capsys):
    call_command("events", "status")
    lines = capsys.readouterr().out.splitlines()
    assert "Open deliveries          2 (bound 100000)" in lines
    assert "Dead letters             3" in lines
    assert "  site_created           2 × a.first" in lines


def test_the_command_retries_and_hands_out(troubles, capsys):
    call_command("events", "retry", "--handler", "a.second", "--type", "site_created")
    assert "1 dead letters" in capsys.readouterr().out
    call_command("events", "sweep")
    # The retried one is due as well.
    assert "2 events handed out" in capsys.readouterr().out
    call_command("events", "retry")
    assert not EventDelivery.objects.dead().exists()


def test_prometheus_reads_the_same(troubles, client, settings):
    settings.METRICS_TOKEN = "s3cret"
    answer = client.get("/metrics", headers={"Authorization": "Bearer s3cret"})
    assert answer.status_code == 200
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }
    assert samples[("turash_event_deliveries_open",)] == 2
    assert samples[("turash_event_dead_letters", "a.first", "site_created")] == 2
    assert samples[("turash_event_oldest_due_seconds",)] >= 90


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic s3cret", "Bearer é"])
@pytest.mark.parametrize("token", ["", "s3cret"])
def test_metrics_are_not_for_everybody(header, token, db, client, settings):
    settings.METRICS_TOKEN = token
    headers = {"Authorization": header} if header else {}
    assert client.get("/metrics", headers=headers).status_code == 401


def test_a_facilitator_may_look_at_the_metrics(db, client_as, facilitator, alice):
    assert client_as(facilitator).get("/metrics").status_code == 200
    assert client_as(alice).get("/metrics").status_code == 401


def test_without_redis_the_rest_is_still_shown(troubles, client_as, facilitator, monkeypatch):
    def is_away():
        raise redis.ConnectionError

    monkeypatch.setattr(Stat, "get_all", is_away)
    assert read_status().clusters is None
    page = client_as(facilitator).get(STATUS).content.decode()
    assert "Redis does not answer" in page
    assert "a.second" in page


def test_the_status_costs_the_same_however_much_waits(db, django_assert_max_num_queries):
    for count in (1, 30):
        for _ in range(count):
            delivery("a.first", dead_at=timezone.now())
        with django_assert_max_num_queries(7):
            read_status()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_clusters_are_seen_while_they_live():
    def workers_of(pid: int) -> int:
        return sum(one.worker_count for one in read_status().clusters if one.pid == pid)

    with worker() as process:
        wait_for(lambda: workers_of(process.pid) == 2)
    wait_for(lambda: process.pid not in {one.pid for one in read_status().clusters}, seconds=10)


def test_without_a_database_the_command_says_what_to_do(db, monkeypatch):
    def is_away():
        raise OperationalError("connection refused")

    monkeypatch.setattr("turash.management.commands.events.read_status", is_away)
    with pytest.raises(CommandError, match="services start"):
        call_command("events", "status")
