"""Many changes of a flow cost one rematch, and nothing that was asked for is forgotten."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from matching import services, tasks
from matching.models import Match, MatchingRun, RematchRequest
from matching.services import rematch_requests, run_endings
from organizations.models import ResourceFlow
from organizations.services import save_flow
from tests.factories import ResourceFlowFactory, SiteFactory
from tests.matching.threads import at_once
from turash.events.catalogue import ResourceFlowUpdated
from turash.events.registry import handlers_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(run_events) -> tuple[ResourceFlow, ResourceFlow]:
    output = ResourceFlowFactory()
    input_ = ResourceFlowFactory(direction="input", type_code="heat")
    run_events()
    assert Match.objects.exists()
    return output, input_


@pytest.fixture
def worked(monkeypatch) -> list:
    """The flows that are matched, in their order."""
    flow_ids = []
    real = rematch_requests.rematch_flow

    def rematch_flow(*, flow_id):
        flow_ids.append(flow_id)
        return real(flow_id=flow_id)

    monkeypatch.setattr(rematch_requests, "rematch_flow", rematch_flow)
    return flow_ids


def rematch_tasks() -> list[dict]:
    return [row for row in OrmQ.objects.all() if row.func() == "matching.tasks.rematch_due"]


def test_twenty_changes_cost_one_rematch_of_the_last_state(pair, worked, run_events):
    output, _ = pair
    for amount in range(101, 121):
        output.amount = amount
        save_flow(output)
    run_events()
    assert worked == [output.pk]
    assert Match.objects.for_display().get().quantity_per_year == 120
    assert not RematchRequest.objects.exists()


def test_a_new_flow_is_due_at_once_and_a_changed_one_after_a_pause(pair, settings):
    output, _ = pair
    OrmQ.objects.all().delete()
    now = timezone.now()
    services.request_rematches([output.pk], delay=timedelta(seconds=1))
    first = RematchRequest.objects.get()
    assert timedelta(seconds=0.9) < first.due_at - now < timedelta(seconds=1.5)
    (task,) = rematch_tasks()
    assert task.lock >= first.due_at

    services.request_rematches([output.pk], delay=timedelta(seconds=1))
    later = RematchRequest.objects.get()
    assert (later.version, later.due_at) == (2, first.due_at)
    assert len(rematch_tasks()) == 1

    # Sooner than what stands there: a task for the new time.
    services.request_rematches([output.pk])
    assert RematchRequest.objects.get().due_at < first.due_at
    assert len(rematch_tasks()) == 2


def test_what_is_not_due_is_left_alone(pair, worked):
    services.request_rematches([pair[0].pk], delay=timedelta(seconds=30))
    services.rematch_due()
    assert worked == []
    assert RematchRequest.objects.exists()


def test_the_handler_only_asks(pair, worked):
    handler = handlers_of("resource_flow_updated")["matching.handlers.rematch"]
    handler(ResourceFlowUpdated(flow_id=pair[0].pk, organization_id=pair[0].organization_id))
    assert worked == []
    assert RematchRequest.objects.get().pk == pair[0].pk


def test_a_change_during_the_rematch_is_matched_again(pair, worked, monkeypatch):
    output, _ = pair
    real = rematch_requests.rematch_flow

    def changed_meanwhile(*, flow_id):
        changes = real(flow_id=flow_id)
        if len(worked) == 1:
            services.request_rematches([flow_id])
        return changes

    monkeypatch.setattr(rematch_requests, "rematch_flow", changed_meanwhile)
    services.request_rematches([output.pk])
    services.rematch_due()
    assert worked == [output.pk, output.pk]
    assert not RematchRequest.objects.exists()


def test_a_failing_flow_stops_no_other_and_is_tried_again(pair, monkeypatch):
    bad, good = pair
    done = []

    def rematch_flow(*, flow_id):
        if flow_id == bad.pk:
            raise ZeroDivisionError("The kernel does not like it.")
        done.append(flow_id)

    monkeypatch.setattr(rematch_requests, "rematch_flow", rematch_flow)
    services.request_rematches([bad.pk])
    services.request_rematches([good.pk])
    services.rematch_due()
    assert done == [good.pk]
    request = RematchRequest.objects.failing().get()
    assert (request.pk, request.attempts) == (bad.pk, 1)
    assert "does not like it" in request.last_error
    waits = request.due_at - timezone.now()
    assert timedelta(seconds=3) < waits <= timedelta(seconds=5)
    (*_, retry) = rematch_tasks()
    assert retry.lock >= request.due_at

    services.retry_rematches([bad.pk])
    services.rematch_due()
    request.refresh_from_db()
    assert request.attempts == 2
    assert request.due_at - timezone.now() > timedelta(seconds=8)


def test_pauses_after_failures_grow_up_to_an_hour():
    pauses = [rematch_requests._backoff(attempts) for attempts in (1, 2, 3, 11, 30_000)]
    assert pauses == [timedelta(seconds=s) for s in (5, 10, 20, 3600, 3600)]


def test_a_task_ends_after_a_batch_and_enqueues_the_next(pair, worked, monkeypatch):
    monkeypatch.setattr(rematch_requests, "BATCH", 1)
    OrmQ.objects.all().delete()
    services.request_rematches([flow.pk for flow in pair])
    OrmQ.objects.all().delete()
    services.rematch_due()
    assert len(worked) == 1
    assert len(rematch_tasks()) == 1


def test_what_a_killed_worker_has_taken_is_taken_up_by_the_sweep(pair, worked, run_events):
    output, _ = pair
    services.request_rematches([output.pk])
    OrmQ.objects.all().delete()
    # As after the statement that takes it, when the worker was killed.
    RematchRequest.objects.update(attempts=1, due_at=timezone.now() + rematch_requests.LEASE)
    tasks.sweep()
    run_events()
    assert worked == []
    RematchRequest.objects.update(due_at=timezone.now())
    tasks.sweep()
    run_events()
    assert worked == [output.pk]


def finish(run):
    services.execute_run(run.pk)


def cancel(run):
    services.cancel_run(actor=None, run_id=run.pk)


def fail(run):
    run_endings.fail_run(run.pk, "No")


@pytest.mark.parametrize("end", [finish, cancel, fail])
def test_requests_wait_for_the_end_of_a_run_of_all(pair, worked, run_events, end):
    run = services.request_run(in_background=False)
    output, _ = pair
    output.amount = 77
    save_flow(output)
    run_events()
    tasks.sweep()
    assert worked == []
    assert RematchRequest.objects.get().attempts == 0
    OrmQ.objects.all().delete()
    end(run)
    assert len(rematch_tasks()) == 1
    run_events()
    assert worked == [output.pk]
    assert Match.objects.for_display().get().quantity_per_year == 77


def test_a_run_that_begins_while_a_request_is_taken_sends_it_back(pair, worked, monkeypatch):
    answers = iter([False, True, True])
    monkeypatch.setattr(rematch_requests, "_all_are_recomputed", lambda: next(answers))
    services.request_rematches([pair[0].pk])
    services.rematch_due()
    request = RematchRequest.objects.get()
    assert worked == []
    assert request.attempts == 0
    assert request.due_at <= timezone.now()


def test_a_run_of_one_organization_holds_nothing_up(pair, worked):
    MatchingRun.objects.create(organization=pair[0].organization, status="running")
    services.request_rematches([pair[0].pk])
    services.rematch_due()
    assert worked == [pair[0].pk]


def test_a_deleted_flow_leaves_a_request_of_its_partners(pair, run_events):
    output, input_ = pair
    output.delete()
    assert set(RematchRequest.objects.values_list("pk", flat=True)) == {input_.pk}


def test_the_admin_shows_what_fails_and_retries(pair, facilitator, client_as):
    services.request_rematches([pair[0].pk], delay=timedelta(hours=1))
    RematchRequest.objects.update(last_error="Traceback\n  …\nZeroDivisionError: no\n", attempts=4)
    browser = client_as(facilitator)
    url = "/admin/matching/rematchrequest/"
    html = browser.get(f"{url}?state=failing").content.decode()
    assert "ZeroDivisionError: no" in html
    OrmQ.objects.all().delete()
    data = {"action": "retry", "_selected_action": [str(pair[0].pk)]}
    assert "1 flow will be matched." in browser.post(url, data, follow=True).content.decode()
    assert len(rematch_tasks()) == 1
    assert RematchRequest.objects.get().due_at <= timezone.now()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_workers_at_once_match_each_flow_once(worked):
    site, other = SiteFactory(), SiteFactory()
    flows = ResourceFlowFactory.create_batch(6, site=site)
    flows += ResourceFlowFactory.create_batch(6, site=other, direction="input", type_code="heat")
    services.request_rematches([flow.pk for flow in flows])
    assert at_once(*[services.rematch_due] * 3) == []
    assert sorted(worked) == sorted(flow.pk for flow in flows)
    assert Match.objects.count() == 36
    assert not RematchRequest.objects.exists()
