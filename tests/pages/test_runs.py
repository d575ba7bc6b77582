"""Runs on pages and in the admin: asked for, watched and cancelled."""

import pytest
from django.urls import reverse
from django.utils import timezone

from matching import services
from matching.models import MatchingRun, RematchRequest
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(pair) -> MatchingRun:
    return services.request_run(organization=pair.output.organization)


def detail(run) -> str:
    return reverse("matching:run-detail", args=[run.pk])


def test_a_member_asks_and_watches(client_as, alice, pair, run_events):
    browser = client_as(alice)
    runs = reverse("matching:run-list", args=[pair.output.organization_id])
    assert "No runs yet." in browser.get(runs).content.decode()
    request = reverse("matching:run-request", args=[pair.output.organization_id])
    answer = browser.post(request, follow=True)
    run = MatchingRun.objects.get()
    assert answer.redirect_chain == [(detail(run), 302)]
    html = answer.content.decode()
    assert 'hx-trigger="every 2s"' in html
    assert "Queued" in html
    again = browser.post(request, follow=True).content.decode()
    assert "being recomputed already" in again
    assert "0 / 0" in again

    run_events()
    html = browser.get(detail(run)).content.decode()
    assert "1 of 1 flows" in html
    assert "every 2s" not in html
    assert reverse("matching:run-cancel", args=[run.pk]) not in html


def test_the_page_fetches_a_fragment_of_itself(client_as, alice, run):
    answer = client_as(alice).get(detail(run), headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert html.lstrip().startswith("<div")
    assert "<html" not in html


def test_who_may_not_ask_may_not_cancel(client, client_as, alice, vera, charlie, run):
    organization = run.organization_id
    runs = reverse("matching:run-list", args=[organization])
    request = reverse("matching:run-request", args=[organization])
    cancel = reverse("matching:run-cancel", args=[run.pk])
    reader = client_as(vera)
    assert request not in reader.get(runs).content.decode()
    assert cancel not in reader.get(detail(run)).content.decode()
    assert [reader.post(url).status_code for url in (request, cancel)] == [403, 403]
    outsider = client_as(charlie)
    assert [outsider.get(url).status_code for url in (runs, detail(run))] == [403, 404]
    assert [outsider.post(url).status_code for url in (request, cancel)] == [403, 404]
    assert [client.get(url).status_code for url in (runs, detail(run))] == [302, 302]
    assert client_as(alice).get(cancel).status_code == 405
    hidden = OrganizationFactory(visibility="private")
    assert outsider.get(reverse("matching:run-list", args=[hidden.pk])).status_code == 404


def test_cancelling_on_the_page(client_as, alice, run):
    cancel = reverse("matching:run-cancel", args=[run.pk])
    browser = client_as(alice)
    assert "Cancelled" in browser.post(cancel, follow=True).content.decode()
    assert "The run is over already." in browser.post(cancel, follow=True).content.decode()


def test_the_list_costs_the_same_whatever_its_length(
    client_as, alice, run, django_assert_max_num_queries
):
    for _ in range(10):
        MatchingRun.objects.create(
            organization=run.organization, requested_by=alice, status="finished"
        )
    browser = client_as(alice)
    with django_assert_max_num_queries(9):
        browser.get(reverse("matching:run-list", args=[run.organization_id]))


def test_the_panel_looks_again_while_a_change_waits(client_as, alice, pair):
    RematchRequest.objects.all().delete()
    panel = reverse("matching:panel", args=[pair.output.pk])
    browser = client_as(alice)
    assert "load delay" not in browser.get(panel).content.decode()
    services.request_rematches([pair.output.pk])
    assert "load delay" in browser.get(panel).content.decode()


class TestAdmin:
    @pytest.fixture
    def browser(self, client_as, facilitator):
        return client_as(facilitator)

    def test_a_working_run_shows_its_partitions_and_itself_again(self, browser, run):
        services.plan_run(run.pk)
        url = reverse("admin:matching_matchingrun_change", args=[run.pk])
        html = browser.get(url).content.decode()
        assert '<meta http-equiv="refresh" content="3">' in html
        assert "1 / 1" in html
        services.execute_run(run.pk)
        html = browser.get(url).content.decode()
        assert "http-equiv" not in html
        assert "Done" in html

    def test_the_list_shows_how_far_it_is(self, browser, run):
        MatchingRun.objects.update(status="running", done_count=1, total_count=4)
        html = browser.get(reverse("admin:matching_matchingrun_changelist")).content.decode()
        assert "25 % (1 / 4)" in html

    def test_runs_are_cancelled(self, browser, run):
        MatchingRun.objects.create(status="finished", finished_at=timezone.now())
        url = reverse("admin:matching_matchingrun_changelist")
        keys = [str(key) for key in MatchingRun.objects.values_list("pk", flat=True)]
        data = {"action": "cancel", "_selected_action": keys}
        told = [str(m) for m in browser.post(url, data, follow=True).context["messages"]]
        assert "1 run was cancelled." in told
        assert any("is over already" in text for text in told)
        run.refresh_from_db()
        assert run.status == "cancelled"
