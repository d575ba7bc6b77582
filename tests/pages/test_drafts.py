"""What was begun in a form is there again, for its author alone, until it is sent."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django_q.models import Schedule

from organizations import services
from organizations.models import Draft, Organization
from organizations.models.draft import LONGEST_BODY
from tests.factories import ResourceFlowFactory, SiteFactory, UserFactory

pytestmark = pytest.mark.django_db


def save(browser, key, fields, version=""):
    return browser.post(f"/drafts/{key}", fields, headers={"X-Draft-Version": version})


@pytest.fixture
def key(alices_organization):
    return f"site-new:{alices_organization.pk}"


@pytest.fixture
def site_page(alices_organization):
    return reverse("organizations:site-create", args=[alices_organization.pk])


def test_a_half_filled_form_comes_back_right_or_wrong(client_as, alice, key, site_page):
    begun = {
        "name": "Nor",
        "location_longitude": "11.1",
        "location_latitude": "9x",
        "country": "dan",
    }
    saved = save(client_as(alice), key, begun | {"csrfmiddlewaretoken": "secret"})
    assert saved.status_code == 200
    assert "secret" not in Draft.objects.get().body

    # In another browser, after a night: the same person.
    page = client_as(alice).get(site_page)
    text = page.content.decode()
    assert page.status_code == 200
    for value in ("Nor", "11.1", "9x", "dan"):
        assert f'value="{value}"' in text
    assert "Discard the draft" in text
    assert f'data-version="{saved.json()["version"]}"' in text
    assert "This field" not in text


def test_boxes_choices_and_lines_come_back(client_as, alice, alices_organization):
    site = SiteFactory(organization=alices_organization)
    other = SiteFactory(organization=alices_organization)
    page = reverse("organizations:flow-create", args=[alices_organization.pk])
    browser = client_as(alice)
    begun = {
        "site": str(other.pk), "months": ["3", "4"], "methods": ["pipe"], "hazardous": "on",
        "hours_of_week": "Mon-", "contaminants": "cd 1\r\nx", "amount": "5", "status": "draft",
    }  # fmt: skip
    save(browser, f"flow-new:{alices_organization.pk}", begun)
    form = browser.get(page).context["form"]
    shown = {name: form[name].value() for name in begun}
    assert shown == begun | {"hazardous": True}
    assert str(site.pk) != shown["site"]


def test_nobody_else_reads_or_ends_it(client_as, alice, bob, key, site_page, client):
    save(client_as(alice), key, {"name": "Secret plan"})
    theirs = client_as(bob)
    assert "Secret plan" not in theirs.get(site_page).content.decode()
    assert save(theirs, key, {"name": "Bob's"}).status_code == 200
    theirs.post(f"/drafts/{key}/discard")
    assert Draft.objects.get().user == alice
    assert save(client, key, {"name": "x"}).status_code == 401
    assert client.post(f"/drafts/{key}/discard").status_code == 302
    assert Draft.objects.count() == 1
    assert client_as(alice).get(f"/drafts/{key}").status_code == 405


def test_of_two_tabs_none_overwrites_the_other_unasked(client_as, alice, key, site_page):
    browser = client_as(alice)
    first = save(browser, key, {"name": "One"}).json()["version"]
    second = save(browser, key, {"name": "One more"}, first).json()["version"]
    # The other tab was opened before, and then after the first one had saved.
    for known in ("", first, "nonsense"):
        refused = save(browser, key, {"name": "Two"}, known)
        assert refused.status_code == 409
        assert refused.json()["version"] == second
        assert Draft.objects.get().body == "name=One+more"
    # Told so, the person decides for the other tab.
    third = save(browser, key, {"name": "Two"}, second).json()["version"]
    assert Draft.objects.get().body == "name=Two"

    # One tab sends the form: what the other still holds is not put in the way of the next one.
    sent = {"name": "Two", "location_longitude": "11", "location_latitude": "55"}
    assert browser.post(site_page, sent).status_code == 302
    assert not Draft.objects.exists()
    late = save(browser, key, {"name": "Two!"}, third)
    assert (late.status_code, late.json()["version"]) == (409, "")
    assert not Draft.objects.exists()


def test_it_is_gone_when_sent_or_thrown_away_and_stays_when_refused(
    client_as, alice, key, site_page
):
    browser = client_as(alice)
    save(browser, key, {"name": "North"})
    assert browser.post(site_page, {"name": "North"}).status_code == 400
    assert Draft.objects.exists()
    answer = browser.post(f"/drafts/{key}/discard?next={site_page}")
    assert answer.url == site_page
    assert 'value="North"' not in browser.get(site_page).content.decode()
    save(browser, key, {"name": "North"})
    assert browser.post(f"/drafts/{key}/discard?next=//evil.example").url == "/dashboard"

    save(browser, "organization-new", {"name": "Second"})
    new = {"name": "Second", "subtype": "business", "visibility": "public"}
    browser.post(reverse("organizations:organization-create"), new)
    assert Organization.objects.filter(name="Second").exists()
    assert not Draft.objects.exists()


def test_what_has_changed_since_is_not_covered_by_an_old_draft(
    client_as, alice, alices_organization
):
    flow = ResourceFlowFactory(site__organization=alices_organization, name="Old")
    browser = client_as(alice)
    page = reverse("organizations:flow-edit", args=[flow.pk])
    save(browser, f"flow-edit:{flow.pk}", {"name": "Begun"})
    assert browser.get(page).context["form"]["name"].value() == "Begun"
    services.update_flow(actor=alice, flow=flow, name="Newer")
    form = browser.get(page).context["form"]
    assert (form["name"].value(), form.drafting.restored) == ("Newer", None)


def test_a_begun_list_of_a_sector_comes_back_with_its_sector(client_as, alice, alices_organization):
    SiteFactory(organization=alices_organization)
    start = reverse("organizations:start", args=[alices_organization.pk])
    browser = client_as(alice)
    amount = "output-water-wastewater-amount"
    save(browser, f"template:{alices_organization.pk}", {
        "sector": "dairy", "size": "700", amount: "1", "output-water-wastewater-wanted": "on",
    })  # fmt: skip
    page = browser.get(start)
    assert page.context["template"].code == "dairy"
    form = page.context["form"]
    assert form[amount].value() == "1"
    assert form["input-heat-steam-wanted"].value() is False
    # Another size is another proposal.
    other = browser.get(start, {"sector": "dairy", "size": "100"}).context["form"]
    assert (other[amount].value(), other.drafting.restored) == ("120", None)


def test_drafts_are_few_short_and_not_for_ever(client_as, alice):
    browser = client_as(alice)
    assert save(browser, "organization-new", {"name": "x" * LONGEST_BODY}).status_code == 400
    assert save(browser, "No such form", {"name": "x"}).status_code == 400
    assert not Draft.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        Draft.objects.create(user=alice, form="organization-new", body="x" * (LONGEST_BODY + 1))

    for number in range(22):
        services.save_draft(actor=alice, form=f"flow-new:{number}", body="a=1", based_on=None)
    kept = set(Draft.objects.values_list("form", flat=True))
    assert kept == {f"flow-new:{number}" for number in range(2, 22)}

    now = timezone.now()
    Draft.objects.filter(form="flow-new:5").update(saved_at=now - timedelta(days=91))
    assert services.drop_old_drafts(now=now) == 1
    assert Draft.objects.count() == 19
    schedule = Schedule.objects.get(func="organizations.tasks.drop_old_drafts")
    assert schedule.schedule_type == Schedule.DAILY


def test_an_erased_person_leaves_no_draft():
    boss, person = UserFactory(is_staff=True, is_superuser=True), UserFactory()
    services.save_draft(actor=person, form="organization-new", body="name=Mine", based_on=None)
    services.erase_person(actor=boss, user=person)
    assert not Draft.objects.exists()
