"""Who may open which page, and who may change what."""

import pytest
from django.urls import reverse

from organizations.models import Organization, ResourceFlow, Site

pytestmark = pytest.mark.django_db


def pages(pair, proposal) -> dict[str, str]:
    organization, site = pair.output.organization_id, pair.output.site_id
    return {
        "dashboard": reverse("dashboard"),
        "tokens": reverse("tokens"),
        "notifications": reverse("notifications"),
        "mail": reverse("mail-preferences"),
        "contact": reverse("proposals:contact", args=[organization]),
        "outcomes": reverse("exchanges:outcomes-of-organization", args=[organization]),
        "exchange": reverse("exchanges:exchange", args=[proposal.pk]),
        "proposals": reverse("proposals:proposal-list"),
        "organization": reverse("organizations:organization-detail", args=[organization]),
        "organization-new": reverse("organizations:organization-create"),
        "organization-edit": reverse("organizations:organization-edit", args=[organization]),
        "site-new": reverse("organizations:site-create", args=[organization]),
        "site-edit": reverse("organizations:site-edit", args=[site]),
        "flow": reverse("organizations:flow-detail", args=[pair.output.pk]),
        "flow-new": reverse("organizations:flow-create", args=[organization]),
        "flow-edit": reverse("organizations:flow-edit", args=[pair.output.pk]),
        "panel": reverse("matching:panel", args=[pair.output.pk]),
        "near-misses": reverse("matching:near-misses", args=[pair.output.pk]),
        "runs": reverse("matching:run-list", args=[organization]),
        "match": reverse("matching:match-detail", args=[pair.match.pk]),
        "propose": reverse("proposals:proposal-create", args=[pair.input.pk]),
        "proposal": reverse("proposals:proposal-detail", args=[proposal.pk]),
    }


EVERYBODY = {
    "dashboard", "tokens", "notifications", "mail", "contact", "proposals", "organization",
    "organization-new", "flow",
}  # fmt: skip


@pytest.fixture
def statuses(client, client_as, pair, proposal):
    def of(user) -> dict[str, int]:
        browser = client_as(user) if user else client
        return {name: browser.get(url).status_code for name, url in pages(pair, proposal).items()}

    return of


def test_an_owner_opens_every_page(alice, statuses):
    assert set(statuses(alice).values()) == {200}


def test_a_viewer_reads_and_changes_nothing(vera, statuses):
    answers = statuses(vera)
    changing = {"organization-edit", "site-new", "site-edit", "flow-new", "flow-edit", "propose"}
    assert {name for name, status in answers.items() if status == 403} == changing
    assert {name for name, status in answers.items() if status == 200} == set(answers) - changing


def test_an_outsider_sees_what_is_public_and_no_matches(statuses, django_user_model):
    outsider = django_user_model.objects.create_user(email="otto@example.org")
    answers = statuses(outsider)
    assert {name for name, status in answers.items() if status == 200} == EVERYBODY
    assert answers["match"] == answers["proposal"] == 404
    assert answers["panel"] == 403


def test_an_anonymous_visitor_is_asked_to_sign_in(statuses):
    answers = statuses(None)
    assert {name for name, status in answers.items() if status == 200} == {"organization", "flow"}
    assert {status for status in answers.values() if status != 200} == {302}


def test_what_is_private_does_not_exist_for_others(client_as, charlie, pair):
    Organization.objects.filter(pk=pair.output.organization_id).update(visibility="private")
    browser = client_as(charlie)
    for name, key in (
        ("organizations:organization-detail", pair.output.organization_id),
        ("organizations:flow-detail", pair.output.pk),
        ("organizations:site-edit", pair.output.site_id),
        ("proposals:proposal-create", pair.output.pk),
    ):
        assert browser.get(reverse(name, args=[key])).status_code == 404


@pytest.mark.parametrize("name", ["vera", "charlie"])
def test_who_may_not_edit_cannot_delete(name, request, client_as, pair):
    browser = client_as(request.getfixturevalue(name))
    flow = browser.post(reverse("organizations:flow-delete", args=[pair.output.pk]))
    site = browser.post(reverse("organizations:site-delete", args=[pair.output.site_id]))
    assert (flow.status_code, site.status_code) == (403, 403)
    assert ResourceFlow.objects.filter(pk=pair.output.pk).exists()


def test_a_flow_is_deleted_by_post_alone(client_as, alice, pair):
    url = reverse("organizations:flow-delete", args=[pair.output.pk])
    browser = client_as(alice)
    assert browser.get(url).status_code == 405
    assert browser.post(url).status_code == 302
    assert not ResourceFlow.objects.filter(pk=pair.output.pk).exists()


def test_a_site_with_flows_stays_and_the_page_says_why(client_as, alice, pair):
    url = reverse("organizations:site-delete", args=[pair.output.site_id])
    answer = client_as(alice).post(url, follow=True)
    assert "Move them to another site" in answer.content.decode()
    assert Site.objects.filter(pk=pair.output.site_id).exists()


def test_the_viewers_pages_offer_no_buttons_that_would_be_refused(client_as, vera, pair):
    browser = client_as(vera)
    for url in (
        reverse("dashboard"),
        reverse("organizations:organization-detail", args=[pair.output.organization_id]),
        reverse("organizations:flow-detail", args=[pair.output.pk]),
        reverse("matching:panel", args=[pair.output.pk]),
        reverse("matching:match-detail", args=[pair.match.pk]),
    ):
        html = browser.get(url).content.decode()
        for refused in ("/edit", "/flows/new", "/sites/new", "/delete", "/propose", "/dismiss"):
            assert refused not in html, (url, refused)
