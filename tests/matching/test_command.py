"""`manage.py match`: the terminal's way to a run."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django_q.models import OrmQ

from matching import bulk, services
from matching.management.commands import match as command
from matching.models import Match, MatchingRun
from tests.factories import ResourceFlowFactory
from tests.matching.evidence import evidence

pytestmark = pytest.mark.django_db


@pytest.fixture
def flows(run_events):
    ResourceFlowFactory()
    ResourceFlowFactory(direction="input", type_code="heat")
    run_events()


def match(*args: str) -> str:
    out = StringIO()
    call_command("match", *args, stdout=out)
    return out.getvalue()


def test_does_the_partitions_itself(flows):
    Match.objects.all().delete()
    assert match().startswith("2 flows, 1 matches (1 new, 0 gone) in ")
    assert not OrmQ.objects.filter(payload__contains="partition").exists()
    run = MatchingRun.objects.get()
    assert run.partitions.count_by_status()["done"] == run.partitions.count() == 1


def test_tells_the_weights(flows, settings):
    assert match().endswith("\nWeights: the defaults.\n")
    settings.MATCHING_LEARNS = True
    evidence()
    told = match().splitlines()[-1]
    assert told.startswith("Weights, in force since ")
    assert "quality 19.8% (-1.1%), " in told
    assert "spatial 11.0% (+10.0%), " in told
    assert told.endswith(
        "from 0 dismissals, 40 accepted and 40 rejected proposals of 80 organizations."
    )


def test_of_one_organization(flows):
    slug = Match.objects.get().output.organization.slug
    assert match("--organization", slug).startswith("1 flows, 1 matches (0 new, 0 gone) in ")
    with pytest.raises(CommandError, match="nobody"):
        match("--organization", "nobody")


def test_leaves_it_to_the_workers(flows, run_events):
    assert "Requested run" in match("--background")
    assert MatchingRun.objects.get().status == "queued"
    with pytest.raises(CommandError, match="being recomputed already"):
        match()
    run_events()
    assert MatchingRun.objects.get().status == "finished"


def test_ctrl_c_cancels(flows, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(bulk, "grid_of", interrupted)
    monkeypatch.setattr(command.engine, "warm_up", lambda: None)
    with pytest.raises(CommandError) as raised:
        match()
    assert raised.value.returncode == 130
    run = MatchingRun.objects.get()
    assert (run.status, run.partitions.get().status) == ("cancelled", "cancelled")
    assert Match.objects.exists()
    # And keeps nobody out.
    services.request_run()


def test_tells_why_it_failed(flows, monkeypatch):
    def broken(*args):
        raise ZeroDivisionError("No bands.")

    monkeypatch.setattr(bulk, "grid_of", broken)
    monkeypatch.setattr(command.engine, "warm_up", lambda: None)
    monkeypatch.setattr("matching.services.runs.PAUSE_BETWEEN_LOOKS_S", 0)
    with pytest.raises(CommandError, match=r"failed\. ZeroDivisionError: No bands\."):
        match()
    assert MatchingRun.objects.get().partitions.get().attempts == 3


def test_a_run_of_the_workers_is_watched_to_its_end(flows, run_events, monkeypatch):
    match("--background")
    monkeypatch.setattr(command.time, "sleep", lambda _: run_events())
    assert match("--watch").startswith("2 flows, 1 matches (0 new, 0 gone) in ")
    with pytest.raises(CommandError, match="No such run is under way"):
        match("--watch")


def test_a_run_of_the_workers_is_cancelled(flows):
    match("--background")
    assert match("--cancel") == "Cancelled.\n"
    assert MatchingRun.objects.get().status == "cancelled"
    with pytest.raises(CommandError, match="No such run is under way"):
        match("--cancel")
