"""Filters kept under a name, actions on many rows, and maps above lists."""

from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_q.models import OrmQ

from matching.models import RematchRequest
from organizations.models import Organization, ResourceFlow
from organizations.models.user import StaffRole
from organizations.services import erase_person
from tests.factories import OrganizationFactory, ResourceFlowFactory, SiteFactory, UserFactory
from turash.desk import admin as desk_admin
from turash.desk import services
from turash.desk.kinds import kinds
from turash.desk.models import MOST_FILTERS, BulkAction, SavedFilter
from turash.desk.services import bulk
from turash.events.models import DomainEvent
from turash.history.models import Change

pytestmark = pytest.mark.django_db
FLOWS = "/admin/organizations/resourceflow/"
ORGANIZATIONS = "/admin/organizations/organization/"
SITES = "/admin/organizations/site/"
FILTERS = "/admin/filters/"


def staff(role: StaffRole):
    user = UserFactory(email=f"{role.name.lower()}@example.org", is_staff=True)
    user.groups.add(Group.objects.get(name=role.value))
    return user


def told(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


@pytest.fixture
def analyst(db):
    return staff(StaffRole.ANALYST)


class TestSavedFilters:
    def save(self, browser, query="status__exact=paused&q=x", name="Paused", **more):
        data = {"listed": "organizations.resourceflow", "query": query, "name": name} | more
        return browser.post(FILTERS, data, follow=True)

    def test_are_kept_offered_shared_and_deleted(
        self, facilitators_browser, facilitator, analyst, client_as
    ):
        page = facilitators_browser.get(f"{FLOWS}?status__exact=paused&p=2&map=0")
        assert page.context["filter_now"] == "status__exact=paused"
        page = self.save(facilitators_browser, "q=steam&status__exact=paused&o=1&p=7&map=1")
        assert told(page) == ["The filter “Paused” is kept."]
        saved = SavedFilter.objects.get()
        assert (saved.user, saved.is_shared) == (facilitator, False)
        assert saved.query == "o=1&q=steam&status__exact=paused"
        # One lands on it, and it is marked there.
        assert page.request["QUERY_STRING"] == saved.query
        assert [one.is_chosen for one in page.context["saved_filters"]] == [True]
        assert facilitators_browser.get(SITES).context["saved_filters"] == []

        # Others see what is shared; who only reads uses it, and keeps or deletes nothing.
        reader = client_as(analyst)
        assert reader.get(FLOWS).context["saved_filters"] == []
        self.save(facilitators_browser, name="For all", is_shared="on")
        (offered,) = reader.get(FLOWS).context["saved_filters"]
        assert reader.get(offered.url).context["cl"].query == "x"
        assert reader.get(f"{FLOWS}?q=x").context["filter_now"] == ""
        assert self.save(reader).status_code == 403
        with pytest.raises(PermissionDenied):
            services.save_filter(user=analyst, listed="a", name="b", query="q=1")
        shared = SavedFilter.objects.get(is_shared=True)
        assert reader.post(FILTERS, {"delete": shared.pk}).status_code == 403
        # Support deletes nothing of others, region admins tidy up.
        helper, boss = client_as(staff(StaffRole.SUPPORT)), client_as(staff(StaffRole.REGION_ADMIN))
        assert helper.post(FILTERS, {"delete": shared.pk}).status_code == 404
        assert boss.post(FILTERS, {"delete": saved.pk}).status_code == 404
        assert boss.post(FILTERS, {"delete": shared.pk}).status_code == 302
        page = facilitators_browser.post(FILTERS, {"delete": saved.pk}, follow=True)
        assert told(page) == ["The filter is deleted."]
        assert not SavedFilter.objects.exists()

    @pytest.mark.parametrize(
        "query",
        ["nonsense=1", "organization__contact__email=a", "status__exact=paused&e=1&x=2", "o=drop",
         "id__exact=zzz", ""],
    )  # fmt: skip
    def test_of_a_list_that_does_not_know_them_are_refused(self, facilitators_browser, query):
        self.save(facilitators_browser, query)
        assert not SavedFilter.objects.exists()

    def test_are_few_with_different_names_and_go_with_the_person(self, facilitator, admin_user):
        def save(name: str):
            return services.save_filter(user=facilitator, listed="a.b", name=name, query="q=1")

        for number in range(MOST_FILTERS):
            save(f"Filter {number}")
        with pytest.raises(services.TooManyFilters):
            save("One more")
        services.delete_filter(user=facilitator, filter_id=SavedFilter.objects.first().pk)
        with pytest.raises(services.NameIsTaken):
            save("filter 7")
        save("One more")
        # The database holds it, too.
        place = SavedFilter.objects.first().place
        for wrong in (
            {"place": place},
            {"place": MOST_FILTERS},
            {"query": ""},
            {"name": "FILTER 7"},
        ):
            values = {"place": 0, "name": "Z", "query": "q=1"} | wrong
            with pytest.raises(IntegrityError), transaction.atomic():
                SavedFilter.objects.create(user=facilitator, listed="a.b", **values)
        erase_person(actor=admin_user, user=facilitator)
        assert not SavedFilter.objects.exists()


@pytest.fixture
def many_flows(monkeypatch):
    """More than is done while one waits; one of them is refused by its service."""
    monkeypatch.setattr(desk_admin, "MOST_AT_ONCE", 5)
    site = SiteFactory()
    flows = [ResourceFlowFactory(site=site) for _ in range(8)]
    # Written past the service: what it says today is refused when it is stored again.
    ResourceFlow.objects.filter(pk=flows[5].pk).update(name="Broken", unit="parsec")
    return flows


def choose_all(browser, action: str, query="", address=FLOWS):
    """Select all that match the filter, not only a page."""
    row = ResourceFlow.objects.first() if address == FLOWS else Organization.objects.first()
    data = {"action": action, "_selected_action": [str(row.pk)], "select_across": "1"}
    return browser.post(f"{address}?{query}", data, follow=True)


class TestBulkActions:
    def test_do_each_row_by_its_service_with_who_asked(
        self, facilitators_browser, facilitator, many_flows, run_events
    ):
        other = ResourceFlowFactory(direction="input")
        done_before = many_flows[3]
        ResourceFlow.objects.filter(pk=done_before.pk).update(status="paused")
        run_events()
        last = Change.objects.order_by("pk").last().pk
        page = choose_all(facilitators_browser, "pause", "direction__exact=output")

        # The page of its progress; nothing has happened yet.
        job = BulkAction.objects.get()
        assert page.redirect_chain[-1][0].endswith(f"/desk/bulkaction/{job.pk}/change/")
        assert (job.total_count, job.requested_by) == (len(many_flows), facilitator)
        assert "http-equiv" in page.content.decode()
        assert ResourceFlow.objects.filter(status="paused").count() == 1
        events = DomainEvent.objects.filter(type="resource_flow_updated")
        before = events.count()
        run_events()

        job.refresh_from_db()
        assert (job.status, job.error, job.keys) == ("finished", "", [])
        counts = (job.done_count, job.changed_count, job.unchanged_count, job.failed_count)
        assert counts == (len(many_flows), len(many_flows) - 2, 1, 1)
        ((key, name, why),) = job.failures
        assert (key, "Broken" in name) == (str(many_flows[5].pk), True)
        assert "parsec" in why
        assert ResourceFlow.objects.filter(status="paused").count() == len(many_flows) - 1
        other.refresh_from_db()
        assert other.status == "active"
        # Rules, events and history are those of one.
        assert events.count() == before + len(many_flows) - 2
        changes = Change.objects.filter(pk__gt=last, table="organizations_resourceflow")
        assert {(c.actor_id, c.via) for c in changes.filter(changes__status__1="paused")} == {
            (facilitator.pk, "admin")
        }
        page = facilitators_browser.get(page.redirect_chain[-1][0])
        html = page.content.decode()
        assert "http-equiv" not in html
        assert "Broken" in html
        assert why.split("“")[0][:20] in html

    def test_go_on_after_a_worker_died_and_do_no_row_twice(
        self, facilitator, many_flows, run_events, monkeypatch
    ):
        kind = kinds["organizations.resourceflow.archive"]
        monkeypatch.setattr(bulk, "CHUNK", 3)
        job = services.request_bulk_action(
            actor=facilitator, kind=kind, rows=ResourceFlow.objects.all()
        )
        monkeypatch.setattr(bulk, "TURN_S", -1)
        services.work(job.pk)
        job.refresh_from_db()
        assert (job.status, job.done_count) == ("running", 3)
        # The task of the rest is lost; a minute's sweep finds that nobody works on it.
        OrmQ.objects.all().delete()
        services.sweep_bulk_actions(timezone.now())
        assert not OrmQ.objects.exists()
        BulkAction.objects.update(updated_at=timezone.now() - 2 * bulk.DEAD_AFTER)
        services.sweep_bulk_actions(timezone.now())
        assert BulkAction.objects.get().attempts == 1
        gone = ResourceFlow.objects.filter(status="active").order_by("pk").last()
        gone.delete()
        run_events()
        job.refresh_from_db()
        assert (job.status, job.done_count, job.attempts) == ("finished", len(many_flows), 0)
        assert (job.changed_count, job.failed_count) == (len(many_flows) - 2, 2)
        changes = Change.objects.filter(changes__status__1="archived")
        assert changes.count() == len(many_flows) - 2
        # A worker that is lost each time ends it.
        job = services.request_bulk_action(
            actor=facilitator, kind=kind, rows=ResourceFlow.objects.all()
        )
        for _ in range(bulk.MAX_ATTEMPTS):
            BulkAction.objects.update(updated_at=timezone.now() - 2 * bulk.DEAD_AFTER)
            services.sweep_bulk_actions(timezone.now())
        job.refresh_from_db()
        assert (job.status, job.error) == ("failed", "The worker of this step was lost.")

    def test_are_cancelled_wait_while_one_acts_and_end_with_the_role(
        self, facilitators_browser, facilitator, many_flows, run_events
    ):
        choose_all(facilitators_browser, "pause")
        first = BulkAction.objects.get()
        address = f"/admin/desk/bulkaction/{first.pk}/cancel/"
        assert facilitators_browser.post(address, follow=True).status_code == 200
        assert facilitators_browser.post(address).status_code == 403
        run_events()
        first.refresh_from_db()
        assert (first.status, first.done_count, first.keys) == ("cancelled", 0, [])
        assert not ResourceFlow.objects.exclude(status="active").exists()

        choose_all(facilitators_browser, "pause")
        second = BulkAction.objects.first()
        facilitators_browser.post(
            f"{ORGANIZATIONS}{many_flows[0].organization_id}/act/", {"reason": "Asked"}
        )
        assert facilitator.is_acting
        OrmQ.objects.all().delete()
        services.work(second.pk)
        second.refresh_from_db()
        assert (second.status, second.done_count, OrmQ.objects.count()) == ("queued", 0, 1)
        facilitator.actings.update(ended_at=timezone.now())
        facilitator.groups.clear()
        run_events()
        second.refresh_from_db()
        assert (second.status, second.done_count) == ("failed", 0)
        assert second.error == "Who has asked for it may not do it any more."
        assert not ResourceFlow.objects.exclude(status="active").exists()

    def test_verify_match_again_and_go_out_as_a_file(
        self, facilitators_browser, analyst, client_as, run_events, many_flows
    ):
        for number in range(6):
            OrganizationFactory(name=f"New {number}")
        choose_all(facilitators_browser, "verify", "q=New", ORGANIZATIONS)
        assert choose_all(client_as(analyst), "verify", address=ORGANIZATIONS).status_code == 403
        run_events()
        assert Organization.objects.exclude(verified_at=None).count() == 6

        RematchRequest.objects.all().delete()
        choose_all(facilitators_browser, "request_rematches")
        services.work(BulkAction.objects.first().pk)
        assert RematchRequest.objects.count() == len(many_flows)

        query = urlencode({"q": many_flows[1].name})
        answer = choose_all(facilitators_browser, "export_chosen", query)
        assert len(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()) >= 2

    def test_take_no_more_rows_than_they_can(self, facilitator, many_flows, monkeypatch):
        monkeypatch.setattr(bulk, "MOST_ROWS", 7)
        kind = kinds["organizations.resourceflow.pause"]
        with pytest.raises(services.TooManyRows):
            services.request_bulk_action(
                actor=facilitator, kind=kind, rows=ResourceFlow.objects.all()
            )
        for wrong in ({"done_count": 4}, {"changed_count": 1}, {"status": "finished"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                BulkAction.objects.create(action="x", keys=[], total_count=3, **wrong)


class TestMaps:
    def test_show_where_the_filtered_rows_lie_and_are_remembered(
        self, facilitators_browser, analyst, client_as, django_assert_max_num_queries
    ):
        near = ResourceFlowFactory(site__name="Boiler")
        ResourceFlowFactory(site=near.site, direction="input")
        far = SiteFactory(name="Far away", location="POINT(20 50)")

        def places(browser, address: str) -> list[str] | None:
            features = browser.get(address).context.get("map_features")
            return features and [one["properties"]["title"] for one in features["features"]]

        reader = client_as(analyst)
        for browser in (facilitators_browser, reader):
            assert places(browser, SITES) is None
            assert set(places(browser, f"{SITES}?map=1")) == {"Boiler", "Far away"}
            # Remembered, on other lists too, until it is hidden.
            assert places(browser, f"{SITES}?q=far") == ["Far away"]
            assert places(browser, f"{ORGANIZATIONS}?q={far.organization.name}") == ["Far away"]
            page = browser.get(f"{FLOWS}?direction__exact=output")
            (feature,) = page.context["map_features"]["features"]
            assert feature["geometry"]["coordinates"] == [11.09, 55.68]
            counts = {name: feature["properties"][name] for name in ("outputs", "inputs")}
            assert counts == {"outputs": 1, "inputs": 0}
            assert page.context["map_note"] == "1 place."
            assert "map=0" in page.context["map_link"]
            assert 'type="module" src="/static/js/map' in page.content.decode()
        assert places(reader, f"{SITES}?map=0") is None
        assert places(reader, SITES) is None
        for _ in range(20):
            SiteFactory()
        with django_assert_max_num_queries(24):
            facilitators_browser.get(ORGANIZATIONS)

        # Forms show it without asking.
        for row, address in ((near, FLOWS), (far.organization, ORGANIZATIONS)):
            assert len(places(facilitators_browser, f"{address}{row.pk}/change/")) == 1
