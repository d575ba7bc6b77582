"""Every page of the admin opens, at a bounded cost, and only for those it is for."""

import itertools

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from organizations.roles import grant_permissions
from tests.admin.conftest import MODELS, OWN_MODELS, populate, populate_everything
from turash.admin_bases import BoundedAdmin

pytestmark = pytest.mark.django_db
MOST_QUERIES = 30


@pytest.fixture(scope="module")
def populated(kept_rows):
    """A row of every model, for all tests of this module."""
    populate_everything()


def label(model) -> str:
    return model._meta.label


def url_of(model, page: str, *args) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def filters_of(browser, model) -> list[str]:
    """Return the query strings behind the filters of a list."""
    changelist = browser.get(url_of(model, "changelist")).context["cl"]
    return [
        choice["query_string"]
        for spec in changelist.filter_specs
        for choice in itertools.islice(spec.choices(changelist), 6)
    ]


@pytest.mark.parametrize("model", OWN_MODELS, ids=label)
class TestEveryModel:
    def test_has_rows_here(self, populated, model):
        assert model._default_manager.exists()

    def test_list_opens_searches_and_filters(self, browser, populated, model):
        assert admin.site.get_model_admin(model).search_fields
        address = url_of(model, "changelist")
        for query in ["", "?q=o", "?q=%00", "?o=1.-2", "?p=9999", *filters_of(browser, model)]:
            response = browser.get(address + query, follow=True)
            assert response.status_code == 200, query

    def test_row_opens(self, browser, populated, model, django_assert_max_num_queries):
        row = model._default_manager.first()
        with django_assert_max_num_queries(MOST_QUERIES):
            response = browser.get(url_of(model, "change", row.pk))

        assert response.status_code == 200

    def test_unknown_row_is_told(self, browser, model):
        response = browser.get(url_of(model, "change", "nonsense"), follow=True)

        assert response.status_code == 200
        assert "nonsense" in response.content.decode()

    def test_strangers_are_sent_away(self, client, client_as, alice, model):
        for browser in (client, client_as(alice)):
            response = browser.get(url_of(model, "changelist"))
            assert response.status_code == 302
            assert response.url.startswith("/admin/login/")

    def test_no_script_or_style_of_ours_stands_in_the_page(self, browser, populated, model):
        row = model._default_manager.first()
        for address in (url_of(model, "changelist"), url_of(model, "change", row.pk)):
            response = browser.get(address)
            policy = response["Content-Security-Policy"]
            assert "'unsafe-inline'" not in policy
            html = response.content.decode()
            assert " onclick=" not in html
            assert "<style" not in html
            assert " style=" not in html
            scripts = [part.split(">", 1)[0] for part in html.split("<script")[1:]]
            assert all("src=" in tag or "application/json" in tag for tag in scripts)


def test_every_list_goes_out_as_a_file(facilitators_browser, populated):
    for model in OWN_MODELS:
        address = url_of(model, "changelist")
        answer = facilitators_browser.get(f"{address}export.csv")
        if not isinstance(admin.site._registry[model], BoundedAdmin):
            assert answer.status_code == 404
        elif facilitators_browser.get(address).status_code == 403:
            assert answer.status_code == 403
        else:
            lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
            assert len(lines) > model._default_manager.count(), model
            assert facilitators_browser.get(f"{address}export.pdf").status_code == 404


def test_a_list_costs_the_same_whatever_its_length(browser, populated):
    def costs() -> dict[str, int]:
        measured = {}
        for model in OWN_MODELS:
            with CaptureQueriesContext(connection) as queries:
                browser.get(url_of(model, "changelist"))
            measured[label(model)] = len(queries)
        return measured

    costs()  # Content types are read once.
    few = costs()
    for number in range(2, 5):
        populate(number)
    many = costs()
    assert {name: count for name, count in many.items() if count > few[name] + 1} == {}
    assert {name: count for name, count in many.items() if count > MOST_QUERIES} == {}


@pytest.mark.parametrize("model", [m for m in MODELS if m not in OWN_MODELS], ids=label)
def test_the_queue_can_be_looked_at(browser, populated, model):
    assert browser.get(url_of(model, "changelist")).status_code == 200


def test_every_model_of_ours_is_registered():
    ours = {
        "organizations", "matching", "proposals", "exchanges", "imports", "events", "realtime",
        "mail",
    }  # fmt: skip
    # Shown on the page of what they belong to, rows by the million that live for a minute, or
    # nobody's but their author's.
    inline = {
        "organizations.FlowContaminant", "matching.MatchingRunPartition", "matching.StagedList",
        "matching.Candidate", "matching.ListChange", "matching.PartnerList", "imports.ImportKey",
        "organizations.Draft", "matching.RunSnapshot",
    }  # fmt: skip
    missing = {
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in ours and not admin.site.is_registered(model)
    }

    assert missing == inline


def test_the_site_carries_its_name(browser):
    html = browser.get("/admin/").content.decode()

    assert "Turash administration" in html


def test_facilitators_do_not_make_staff(facilitators_browser, facilitator, superuser, alice):
    address = url_of(type(alice), "change", alice.pk)
    form = facilitators_browser.get(address).context["adminform"].form
    assert not {"is_staff", "is_superuser", "groups", "user_permissions"} & set(form.fields)

    response = facilitators_browser.get(url_of(type(alice), "change", superuser.pk))
    assert not response.context["has_change_permission"]

    reset = reverse("admin:auth_user_password_change", args=[alice.pk])
    assert facilitators_browser.get(reset).status_code == 403


def test_facilitators_group_is_made_once(facilitator):
    group = Group.objects.get(name="Facilitators")
    before = group.permissions.count()
    for config in apps.get_app_configs():
        grant_permissions(app_config=config, using="default")

    assert Group.objects.count() == 4
    assert group.permissions.count() == before > 30
    assert facilitator.has_perm("matching.view_match")
    assert not facilitator.has_perm("matching.change_match")
    assert not facilitator.has_perm("organizations.delete_user")
