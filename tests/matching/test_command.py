"""`manage.py match`: the terminal's way to a run."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django_q.models import OrmQ

from matching import bulk, services
from matching.management.commands import match as command
from matching.models import Match, MatchingRun, PartnerList
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
    PartnerList.objects.all().delete()
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


def test_of_a_tree_of_types(flows):
    ResourceFlowFactory(type_code="water.wastewater")
    PartnerList.objects.all().delete()
    assert match("--type", "heat.steam").startswith("2 flows, 1 matches (1 new, 0 gone) in ")
    assert match("--type", "water").startswith("1 flows, 0 matches (0 new, 0 gone) in ")
    with pytest.raises(CommandError, match="There is no resource type 'heet'"):
        match("--type", "heet")


def test_of_a_box(flows):
    ResourceFlowFactory(site__location="POINT(-3.1 55)")
    PartnerList.objects.all().delete()
    assert match("--bbox=11,55,12,56").startswith("2 flows, 1 matches (1 new, 0 gone) in ")
    assert match("--bbox=-4,55,-3,56").startswith("1 flows, 0 matches (0 new, 0 gone) in ")
    with pytest.raises(CommandError, match="Give a box as west, south, east, north"):
        match("--bbox=11,57,12,56")
    for box in ("11,55,12", "a,b,c,d"):
        with pytest.raises(CommandError, match="is not west,south,east,north in degrees"):
            match(f"--bbox={box}")


@pytest.mark.parametrize(
    "scope", [["--type", "heat", "--bbox=1,2,3,4"], ["--organization", "a", "--type", "heat"]]
)
def test_of_one_scope_at_a_time(scope):
    with pytest.raises(CommandError, match="not allowed with argument"):
        match(*scope)


def test_one_partition_after_the_other_by_hand(flows, monkeypatch, run_events):
    ResourceFlowFactory(type_code="water.wastewater")
    PartnerList.objects.all().delete()
    match("--background")
    run = MatchingRun.objects.get()
    assert match("--partition", "2") == "Partition 2 is done: 1 flows; 1 left.\n"
    assert run.partitions.count_by_status()["queued"] == 1
    with pytest.raises(CommandError, match="Partition 2 is done already"):
        match("--partition", "2")
    with pytest.raises(CommandError, match="The run has 2 partitions, no 3"):
        match("--run", str(run.pk), "--partition", "3")
    told = match("--run", str(run.pk), "--partition", "1")
    assert told == "Partition 1 is done: 2 flows; 0 left.\n"
    # The final step is anybody's: a worker's, or of who goes on with the run.
    assert not Match.objects.exists()
    assert match("--resume", str(run.pk)).startswith("3 flows, 1 matches (1 new, 0 gone) in ")
    with pytest.raises(CommandError, match="No such run is under way"):
        match("--run", str(run.pk), "--partition", "1")


def test_a_partition_that_fails_says_why(flows, monkeypatch):
    match("--background")
    monkeypatch.setattr(bulk, "find_best", lambda *_: 1 / 0)
    with pytest.raises(CommandError, match=r"Partition 1 is queued\. ZeroDivisionError"):
        match("--partition", "1")


def test_goes_on_with_a_run_that_has_failed(flows, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(bulk, "find_best", lambda *_: 1 / 0)
        broken.setattr("matching.services.runs.PAUSE_BETWEEN_LOOKS_S", 0)
        with pytest.raises(CommandError) as raised:
            match()
    run = MatchingRun.objects.get()
    assert str(raised.value).endswith(f"Id: {run.pk}.")
    assert match("--resume", str(run.pk)).startswith("2 flows, 1 matches (0 new, 0 gone) in ")
    with pytest.raises(CommandError, match="The run is over already"):
        match("--resume", str(run.pk))
    with pytest.raises(CommandError, match="There is no run 0000"):
        match("--resume", "00000000-0000-0000-0000-000000000000")


def test_watches_and_cancels_a_run_by_its_scope_or_id(flows):
    match("--type", "heat", "--background")
    with pytest.raises(CommandError, match="No such run is under way"):
        match("--cancel")
    assert match("--type", "heat.hot_water", "--cancel") == "Cancelled.\n"
    match("--bbox=11,55,12,56", "--background")
    run = MatchingRun.objects.unfinished().get()
    with pytest.raises(CommandError, match="Say what to do with the run"):
        match("--run", str(run.pk))
    assert match("--run", str(run.pk), "--cancel") == "Cancelled.\n"


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
