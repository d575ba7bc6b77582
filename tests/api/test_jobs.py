"""Matching runs as jobs on the API: progress by partitions, and cancelling."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from matching import services
from matching.models import Match, MatchingRun
from tests.factories import ResourceFlowFactory, SiteFactory

pytestmark = pytest.mark.django_db

API = "/api/v1"


@pytest.fixture
def job(api_as, alice, alices_organization) -> str:
    site = SiteFactory(organization=alices_organization)
    ResourceFlowFactory.create_batch(3, site=site)
    ResourceFlowFactory(direction="input", type_code="heat")
    started = api_as(alice).post(f"{API}/organizations/{alices_organization.pk}/matching/run")
    assert started.status_code == 202
    return f"{API}/jobs/{started.json()['id']}"


def test_partitions_are_counted_by_state(api_as, alice, job, monkeypatch):
    monkeypatch.setattr("matching.services.partitions.FLOWS_ONE_BY_ONE", 1)
    client = api_as(alice)
    none = {"queued": 0, "running": 0, "done": 0, "failed": 0, "cancelled": 0}
    assert client.get(job).json()["partitions"] == none
    run = MatchingRun.objects.get()
    services.plan_run(run.pk)
    services.work_partition(run.partitions.last().pk)
    answer = client.get(job).json()
    assert answer["partitions"] == none | {"queued": 2, "done": 1}
    assert answer["status"] == "running"
    assert answer["done_count"] <= answer["total_count"]


def test_a_job_costs_the_same_however_many_partitions(api_as, alice, job, monkeypatch):
    monkeypatch.setattr("matching.services.partitions.FLOWS_ONE_BY_ONE", 1)
    client = api_as(alice)
    with CaptureQueriesContext(connection) as few:
        client.get(job)
    services.plan_run(MatchingRun.objects.get().pk)
    with CaptureQueriesContext(connection) as many:
        client.get(job)
    assert len(many) == len(few)


def test_a_job_is_cancelled_once(api_as, alice, vera, charlie, job, run_events):
    assert api_as(charlie).post(f"{job}/cancel").status_code == 404
    assert api_as(vera).post(f"{job}/cancel").status_code == 403
    client = api_as(alice)
    answer = client.post(f"{job}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert answer.json()["finished_at"]
    again = client.post(f"{job}/cancel")
    assert again.status_code == 409
    assert again.json()["type"] == "urn:turash:problem:run_is_over"
    run_events()
    assert client.get(job).json()["status"] == "cancelled"
    assert client.post(f"{API}/jobs/00000000-0000-0000-0000-000000000000/cancel").status_code == 404


def test_a_run_of_all_is_the_facilitators(api_as, alice, facilitator, job):
    run = services.request_run()
    url = f"{API}/jobs/{run.pk}"
    assert api_as(alice).get(url).status_code == 404
    assert api_as(alice).post(f"{url}/cancel").status_code == 404
    assert api_as(facilitator).get(url).status_code == 200
    assert api_as(facilitator).post(f"{url}/cancel").json()["status"] == "cancelled"


def test_a_cancelled_job_leaves_the_matches(api_as, alice, job, run_events):
    run_events()
    before = Match.objects.count()
    assert before
    url = job.rpartition("/")[0]
    run = services.request_run(organization=MatchingRun.objects.get().organization)
    services.plan_run(run.pk)
    api_as(alice).post(f"{url}/{run.pk}/cancel")
    run_events()
    assert Match.objects.count() == before
