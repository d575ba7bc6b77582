"""Runs that go on where they were left, and those that must not."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from matching import bulk, services, staging, weights
from matching.models import Match, MatchingRun, MatchingWeights, PartnerList, StagedList
from matching.services import partitions, runs
from organizations.models import ResourceType
from tests.matching.evidence import evidence
from tests.matching.region import Region, full_run, rows
from tests.matching.steps import Status, planned, queued, work
from turash.events.models import DomainEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def region():
    return Region(11, flow_count=40)


def fail(run: MatchingRun, monkeypatch, number: int = 3) -> None:
    """Let a run do some of its partitions, and fail at another."""
    work(run, number__lt=number)
    with monkeypatch.context() as broken:
        broken.setattr(partitions, "_match_in_bulk", lambda *_: 1 / 0)
        broken.setattr(partitions, "_match_one_by_one", lambda *_: 1 / 0)
        while run.partitions.get(number=number).status == Status.QUEUED:
            work(run, number=number)
    run.refresh_from_db()
    assert run.status == "failed"
    OrmQ.objects.all().delete()


def done_times(run: MatchingRun, number: int = 3) -> list:
    done = run.partitions.filter(number__lt=number)
    return list(done.values_list("attempts", "status", "finished_at"))


@pytest.mark.parametrize("scope", ["all", "organization", "box"])
def test_what_is_done_is_not_done_again(region, monkeypatch, scope):
    monkeypatch.setattr(partitions, "FLOWS_ONE_BY_ONE", 2)
    full_run()
    expected = rows()
    PartnerList.objects.all().delete()
    wanted = {
        "all": {},
        "organization": {"organization": region.flows[0].organization},
        "box": {"bbox": (11.0, 55.6, 11.3, 55.8)},
    }[scope]
    run = planned(**wanted)
    fail(run, monkeypatch)
    before = done_times(run)
    failed = run.partitions.get(number=3)
    assert (failed.status, failed.attempts) == ("failed", 3)

    services.resume_run(run_id=run.pk, in_background=False)
    run.refresh_from_db()
    assert (run.status, run.error, run.finished_at) == ("running", "", None)
    assert not OrmQ.objects.exists()
    services.execute_run(run.pk)
    run.refresh_from_db()
    assert (run.status, run.done_count) == ("finished", run.total_count)
    assert done_times(run) == before
    failed.refresh_from_db()
    assert (failed.status, failed.attempts, failed.error) == ("done", 4, "")
    if scope in ("all", "box"):
        assert rows() == expected
    else:
        assert set(rows()) == set(expected) & set(rows())
    assert run.match_count == len(rows())
    assert not StagedList.objects.exists()


def test_workers_go_on_with_it(region, monkeypatch, run_events):
    full_run()
    expected = rows()
    PartnerList.objects.all().delete()
    run = planned()
    fail(run, monkeypatch)
    services.resume_run(run_id=run.pk)
    assert queued("work_partition") == run.partitions.count() - 2
    run_events()
    run.refresh_from_db()
    assert run.status == "finished"
    assert rows() == expected


def test_after_a_failure_it_has_as_many_attempts_as_a_new_one(region, monkeypatch):
    run = planned()
    fail(run, monkeypatch)
    services.resume_run(run_id=run.pk)
    with monkeypatch.context() as broken:
        broken.setattr(bulk, "find_best", lambda *_: 1 / 0)
        for attempt in (4, 5, 6):
            assert run.partitions.get(number=3).status == "queued"
            work(run, number=3)
            assert run.partitions.get(number=3).attempts == attempt
    run.refresh_from_db()
    assert run.status == "failed"
    services.resume_run(run_id=run.pk, in_background=False)
    assert services.execute_run(run.pk).status == "finished"


def test_who_worked_on_it_before_cannot_write_any_more(region, monkeypatch):
    run = planned()
    late = partitions._Attempt.begin(run.partitions.get(number=1).pk, None)
    work(run, number=2)
    fail(run, monkeypatch)
    services.resume_run(run_id=run.pk)
    again = partitions._Attempt.begin(run.partitions.get(number=1).pk, None)
    again.beat()
    with pytest.raises(partitions.Superseded):
        late.beat()


def test_changes_in_between_are_not_lost(region, monkeypatch, run_events):
    full_run()
    run_events()
    run = planned()
    fail(run, monkeypatch)
    for _ in range(15):
        region.change_without_rematch()
        run_events()
    assert run.partitions.filter(status="done").count() == 2
    services.resume_run(run_id=run.pk)
    run_events()
    run.refresh_from_db()
    assert run.status == "finished"
    after = rows()
    second = full_run()
    assert (second.found_count, second.lost_count) == (0, 0)
    assert rows() == after


def test_changes_long_before_are_not_matched_again(region, monkeypatch, run_events):
    run_events()
    DomainEvent.objects.update(occurred_at=timezone.now() - timedelta(hours=1))
    run = planned()
    fail(run, monkeypatch)
    changed = region.edit()
    run_events()
    services.resume_run(run_id=run.pk)
    work(run)
    OrmQ.objects.all().delete()
    asked = []
    monkeypatch.setattr(
        "matching.services.run_endings.request_rematches", lambda ids: asked.extend(ids)
    )
    services.finish_run(run.pk)
    assert asked == [changed.pk]


def test_it_keeps_its_weights(region, monkeypatch, settings):
    settings.MATCHING_LEARNS = True
    evidence()
    run = planned()
    brought = MatchingWeights.objects.get()
    fail(run, monkeypatch)
    evidence(60, "trust")
    services.resume_run(run_id=run.pk, in_background=False)
    services.execute_run(run.pk)
    assert weights.latest() == brought
    expected = rows()
    assert expected
    for match in Match.objects.for_display():
        score = sum(brought.by_factor[name] * value for name, value in match.factors.items())
        assert match.score == pytest.approx(score, abs=1e-12)


def test_a_failed_final_step_alone_is_done_again(region, monkeypatch):
    run = planned()
    work(run)
    with monkeypatch.context() as broken:
        broken.setattr(staging, "swap_in", lambda run: 1 / 0)
        for _ in range(3):
            services.finish_run(run.pk)
    OrmQ.objects.all().delete()
    services.resume_run(run_id=run.pk)
    assert [row.func() for row in OrmQ.objects.all()] == ["matching.tasks.finish_run"]
    services.finish_run(run.pk)
    run.refresh_from_db()
    assert run.status == "finished"
    assert Match.objects.exists()


def test_a_failed_plan_is_made_again(region, monkeypatch):
    run = services.request_run()
    with monkeypatch.context() as broken:
        broken.setattr(partitions, "_parts_of_trees", lambda _: 1 / 0)
        for _ in range(3):
            services.plan_run(run.pk)
    OrmQ.objects.all().delete()
    services.resume_run(run_id=run.pk)
    assert queued("plan_run") == 1
    assert services.execute_run(run.pk).status == "finished"


@pytest.mark.parametrize("newer", ["all", "tree", "a day"])
def test_findings_that_are_out_of_date_are_forgotten(region, monkeypatch, newer, run_events):
    full_run()
    expected = rows()
    run = planned()
    fail(run, monkeypatch)
    assert StagedList.objects.exists()
    if newer == "a day":
        MatchingRun.objects.filter(pk=run.pk).update(
            finished_at=timezone.now() - runs.RESUMABLE_FOR - timedelta(minutes=1)
        )
        services.sweep_runs(timezone.now())
    else:
        heat = ResourceType.objects.get(code="heat")
        other = services.request_run(resource_type=heat if newer == "tree" else None)
        services.execute_run(other.pk)
    assert not StagedList.objects.exists()
    assert set(run.partitions.values_list("status", flat=True)) == {"cancelled", "failed"}
    # It begins anew.
    services.resume_run(run_id=run.pk)
    assert not run.partitions.exists()
    run_events()
    run.refresh_from_db()
    assert (run.status, run.lost_count, run.resumed_at) == ("finished", 0, None)
    assert rows() == expected


def test_a_day_is_not_over_too_soon(region, monkeypatch):
    run = planned()
    fail(run, monkeypatch)
    services.sweep_runs(timezone.now())
    assert StagedList.objects.exists()


@pytest.mark.parametrize("other", ["all", "heat"])
def test_not_while_another_does_the_same(region, monkeypatch, other):
    run = planned()
    fail(run, monkeypatch)
    heat = ResourceType.objects.get(code="heat")
    services.request_run(resource_type=heat if other == "heat" else None)
    with pytest.raises(services.RunInProgress):
        services.resume_run(run_id=run.pk)
    run.refresh_from_db()
    assert run.status == "failed"


def test_not_of_one_organization_twice(region, monkeypatch):
    organization = region.flows[0].organization
    run = planned(organization=organization)
    fail(run, monkeypatch, number=1)
    services.request_run(organization=organization)
    with pytest.raises(services.RunInProgress):
        services.resume_run(run_id=run.pk)


@pytest.mark.parametrize("end", ["finished", "cancelled"])
def test_not_what_is_over(region, end):
    run = planned()
    if end == "cancelled":
        services.cancel_run(actor=None, run_id=run.pk)
    else:
        work(run)
        services.finish_run(run.pk)
    with pytest.raises(services.RunIsOver):
        services.resume_run(run_id=run.pk)


def test_facilitators_do_it_in_the_admin(region, monkeypatch, client_as, facilitator, alice):
    run = planned()
    fail(run, monkeypatch)
    with pytest.raises(PermissionDenied):
        services.resume_run(actor=alice, run_id=run.pk)
    url = reverse("admin:matching_matchingrun_changelist")
    data = {"action": "resume", "_selected_action": [str(run.pk)]}
    browser = client_as(facilitator)
    told = [str(one) for one in browser.post(url, data, follow=True).context["messages"]]
    assert told == ["1 run goes on."]
    services.cancel_run(actor=None, run_id=run.pk)
    (told,) = [str(one) for one in browser.post(url, data, follow=True).context["messages"]]
    assert "The run is over already." in told


def test_the_terminal_takes_over_from_who_has_died(region, monkeypatch):
    monkeypatch.setattr(runs, "PAUSE_BETWEEN_LOOKS_S", 0)
    run = planned()
    work(run, number__gt=1)
    assert partitions._Attempt.begin(run.partitions.get(number=1).pk, None)
    run.partitions.update(updated_at=timezone.now() - timedelta(minutes=2))
    assert services.execute_run(run.pk).status == "finished"
    assert run.partitions.get(number=1).attempts == 2
