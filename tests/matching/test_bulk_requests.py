"""Runs of all that are asked for while one is under way, and what a full queue does to runs."""

import time

import pytest
from django_q.models import OrmQ

from matching import services
from matching.models import Match, MatchingRun, PartnerList
from matching.services import run_endings
from tests.factories import ResourceFlowFactory
from tests.matching.region import Region
from tests.matching.steps import finished_events, planned, queued, work
from turash.events.catalogue import ImportFinished
from turash.events.publishers import publish

pytestmark = pytest.mark.django_db


def finish_imports(count: int) -> None:
    for _ in range(count):
        publish(ImportFinished(source="test", organization_count=0, site_count=0, flow_count=0))


@pytest.mark.parametrize("end", ["finished", "failed", "cancelled"])
def test_imports_during_a_run_cause_one_more(end, run_events, monkeypatch):
    Region(11, flow_count=10)
    run = planned()
    OrmQ.objects.all().delete()
    for _ in range(5):
        services.request_run_of_all()
    assert MatchingRun.objects.count() == 1
    if end == "cancelled":
        services.cancel_run(actor=None, run_id=run.pk)
    elif end == "failed":
        with monkeypatch.context() as broken:
            broken.setattr("matching.bulk.find_best", lambda *_: 1 / 0)
            for _ in range(run_endings.MAX_ATTEMPTS):
                work(run)
    else:
        work(run)
        services.finish_run(run.pk)
    run.refresh_from_db()
    assert run.status == end
    another = MatchingRun.objects.exclude(pk=run.pk).get()
    assert another.status == "queued"
    run_events()
    another.refresh_from_db()
    assert another.status == "finished"
    assert MatchingRun.objects.count() == 2


def test_imports_before_a_run_has_begun_are_seen_by_it(run_events):
    finish_imports(5)
    run_events()
    assert MatchingRun.objects.count() == 1
    assert finished_events() == 1


def test_a_full_queue_does_not_hold_up_what_makes_it_shorter(settings):
    ResourceFlowFactory()
    input_ = ResourceFlowFactory(direction="input", type_code="heat")
    run = planned()
    work(run)
    settings.EVENT_QUEUE_LIMIT = 0
    settings.EVENT_PUBLISH_DEADLINE_S = 30
    started = time.monotonic()
    services.finish_run(run.pk)
    run.refresh_from_db()
    assert (run.status, run.found_count) == ("finished", 1)
    PartnerList.objects.all().delete()
    services.request_rematches([input_.pk])
    services.rematch_due()
    assert Match.objects.exists()
    PartnerList.objects.all().delete()
    run = planned(organization=input_.organization)
    work(run)
    assert Match.objects.exists()
    assert queued("finish_run")
    assert time.monotonic() - started < 20
