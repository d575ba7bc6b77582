"""What facilitators do with chosen rows."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from matching.models import Match, MatchCluster, MatchDismissal, MatchingRun
from organizations.models import Organization, ResourceFlow
from proposals.models import Proposal
from tests.factories import OrganizationFactory, ResourceFlowFactory
from turash.events.models import DomainEvent, EventDelivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def act(facilitators_browser):
    """Choose rows in a facilitator's list and run an action; returns what it told."""

    def run(action: str, *rows) -> list[str]:
        model = type(rows[0])
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        data = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
        response = facilitators_browser.post(address, data, follow=True)
        assert response.status_code == 200
        return [str(message) for message in response.context["messages"]]

    return run


def test_organizations_are_verified_and_back(act):
    new, old = OrganizationFactory(), OrganizationFactory(verified_at=timezone.now())

    assert act("verify", new, old) == ["1 organization changed."]
    assert not Organization.objects.filter(verified_at=None).exists()
    assert LogEntry.objects.get().object_id == str(new.pk)

    assert act("unverify", new, old) == ["2 organizations changed."]
    assert not Organization.objects.exclude(verified_at=None).exists()


@pytest.mark.parametrize(
    ("action", "status"), [("pause", "paused"), ("archive", "archived"), ("activate", "active")]
)
def test_flows_change_their_status(act, action, status):
    first, second = ResourceFlowFactory(status="draft"), ResourceFlowFactory(status="draft")
    events = DomainEvent.objects.filter(type="resource_flow_updated")
    before = events.count()

    assert act(action, first, second) == ["2 flows changed."]
    assert set(ResourceFlow.objects.values_list("status", flat=True)) == {status}
    assert events.count() == before + 2
    assert act(action, first) == ["0 flows changed."]


def test_runs_are_requested_once(act, facilitator):
    organization = OrganizationFactory()

    assert act("request_runs", organization) == ["1 run was requested."]
    run = MatchingRun.objects.get()
    assert (run.organization, run.requested_by) == (organization, facilitator)
    (told,) = act("request_runs", organization)
    assert "being recomputed already" in told
    assert MatchingRun.objects.count() == 1


def test_a_run_of_all_is_requested(facilitators_browser, facilitator):
    address = reverse("admin:matching_matchingrun_add")

    assert facilitators_browser.post(address, {"organization": ""}).status_code == 302
    run = MatchingRun.objects.get()
    assert (run.organization, run.requested_by) == (None, facilitator)
    assert OrmQ.objects.filter().exists()

    response = facilitators_browser.post(address, {"organization": ""})
    assert "being recomputed already" in response.content.decode()


def test_clusters_are_computed_again(act, populated, run_events):
    assert act("compute", MatchCluster.objects.get()) == ["The areas will be computed in a moment."]
    run_events()
    # There are no matches that lie close together.
    assert not MatchCluster.objects.exists()


def test_overdue_proposals_expire(act, populated):
    proposal = Proposal.objects.get()
    assert act("expire_overdue", proposal) == ["0 proposals have expired."]
    Proposal.objects.update(valid_until=timezone.now() - timedelta(hours=1))

    assert act("expire_overdue", proposal) == ["1 proposal has expired."]
    proposal.refresh_from_db()
    assert proposal.status == "expired"
    assert proposal.transitions.last().to_status == "expired"


def test_dead_letters_are_retried(act, populated):
    dead, done = EventDelivery.objects.all()[:2]
    EventDelivery.objects.filter(pk=dead.pk).update(
        done_at=None, dead_at=timezone.now(), attempts=6, last_error="no"
    )

    assert act("retry_dead_letters", dead, done) == ["1 dead letter will be delivered again."]
    dead.refresh_from_db()
    assert (dead.dead_at, dead.attempts) == (None, 0)


def test_open_deliveries_are_put_on_the_queue(act, populated):
    left, done = EventDelivery.objects.all()[:2]
    EventDelivery.objects.filter(pk=left.pk).update(done_at=None)
    OrmQ.objects.all().delete()

    assert act("enqueue_again", left, done) == ["1 event was put on the queue."]
    assert OrmQ.objects.count() == 1


def test_a_dismissal_is_taken_back(act, facilitators_browser, populated):
    dismissal = MatchDismissal.objects.get()
    address = reverse("admin:matching_matchdismissal_delete", args=[dismissal.pk])

    assert facilitators_browser.post(address, {"post": "yes"}).status_code == 302
    assert not MatchDismissal.objects.exists()


@pytest.mark.parametrize(
    "model", [Match, MatchCluster, Proposal, MatchingRun, DomainEvent, EventDelivery]
)
def test_what_the_system_writes_is_not_edited(browser, populated, model):
    row = model.objects.first()
    prefix = f"admin:{model._meta.app_label}_{model._meta.model_name}"

    response = browser.post(reverse(f"{prefix}_change", args=[row.pk]), {"status": "live"})
    assert response.status_code == 403
    response = browser.post(reverse(f"{prefix}_delete", args=[row.pk]), {"post": "yes"})
    assert response.status_code == 403
    data = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
    browser.post(reverse(f"{prefix}_changelist"), data)
    assert model.objects.filter(pk=row.pk).exists()


def test_deleting_a_protected_row_among_others_is_told(act, populated):
    flow = ResourceFlow.objects.get(direction="input")

    act("delete_selected", flow)

    assert ResourceFlow.objects.filter(pk=flow.pk).exists()
