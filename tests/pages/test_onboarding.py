"""The guided way from nothing to the first matches, and what can go wrong on it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from organizations import onboarding_views
from organizations.models import ResourceFlow, ResourceType
from tests.factories import MembershipFactory, ResourceFlowFactory, SiteFactory
from turash.events.models import DomainEvent
from turash.rate_limits import Limit

pytestmark = pytest.mark.django_db

SITE = {"name": "North", "location_longitude": "11.1", "location_latitude": "55.7"}


def sent_of(page) -> dict[str, object]:
    """What a browser would send of the untouched list."""
    form, chosen = page.context["form"], page.context["chosen"]
    values = {field.html_name: field.value() for field in form}
    return {name: value for name, value in values.items() if value not in (None, False)} | chosen


@pytest.fixture
def start(alices_organization):
    alices_organization.sector = "10.71"
    alices_organization.save()
    SiteFactory(organization=alices_organization)
    return reverse("organizations:start", args=[alices_organization.pk])


def test_each_page_leads_to_the_next(client_as, django_user_model, run_events):
    newcomer = django_user_model.objects.create_user(email="new@example.org")
    browser = client_as(newcomer)
    taker = SiteFactory(location="POINT(11.1 55.69)")
    ResourceFlowFactory(site=taker, direction="input", type_code="heat", amount=200)

    organization = {
        "name": "Oven",
        "subtype": "business",
        "visibility": "public",
        "sector": "10.71",
    }
    answer = browser.post(reverse("organizations:organization-create"), organization)
    site_page = answer.url
    dashboard = browser.get("/dashboard").content.decode()
    assert site_page in dashboard
    assert "Your next step" in dashboard

    answer = browser.post(site_page, SITE)
    start = answer.url
    assert f'href="{start}"' in browser.get("/dashboard").content.decode()

    # The sector of the organization has chosen the bakery; a size changes the proposal.
    page = browser.get(start)
    assert page.context["template"].code == "bakery"
    page = browser.get(start, {"sector": "bakery", "size": "2000"})
    sent = sent_of(page)
    assert sent["output-heat-flue_gas-amount"] == "160"
    del sent["input-heat-hot_water-wanted"]
    sent["output-heat-flue_gas-amount"] = "150.5"
    answer = browser.post(start, sent)
    flows = {flow.resource_type.code: flow for flow in ResourceFlow.objects.exclude(site=taker)}
    assert set(flows) == {"heat.flue_gas", "organic.biogas_feedstock.food_waste"}
    heat = flows["heat.flue_gas"]
    assert (heat.amount, heat.precision_level) == (Decimal("150.5"), "rough")
    assert (heat.temperature_celsius_min, heat.temperature_celsius_max) == (150, 220)
    assert str(heat.hours_of_week) == "Mon-Sat 04:00-20:00"
    assert DomainEvent.objects.filter(type="resource_flow_created").count() == 3

    assert "Looking for partners" in browser.get(answer.url).content.decode()
    run_events()
    found = browser.get(answer.url, headers={"HX-Request": "true"}).content.decode()
    assert taker.organization.name in found
    assert "<html" not in found
    assert "Your next step" not in browser.get("/dashboard").content.decode()


def test_wrong_lines_are_told_where_they_stand_and_nothing_is_written(client_as, alice, start):
    browser = client_as(alice)
    right = sent_of(browser.get(start))
    waste = "output-organic-biogas_feedstock-food_waste-amount"
    nothing = {name: value for name, value in right.items() if not name.endswith("-wanted")}
    for said, place in [
        (right | {waste: "", "output-heat-flue_gas-amount": "12"}, waste),
        (right | {waste: "-4"}, waste),
        (right | {waste: "0"}, waste),
        (right | {waste: "much"}, waste),
        # Only the service knows that.
        (right | {waste: "9999999999999"}, waste),
        (right | {"site": str(SiteFactory().pk)}, "site"),
        (nothing, "__all__"),
    ]:
        answer = browser.post(start, said)
        assert answer.status_code == 400
        assert list(answer.context["form"].errors) == [place]
        assert not ResourceFlow.objects.exists()
    page = browser.post(start, right | {waste: "0"}).content.decode()
    assert f'id="id_{waste}_error"' in page
    assert browser.get(start, {"sector": "bakery", "size": "-1"}).status_code == 400
    assert "Bakery" in browser.get(start, {"sector": "moon_base"}).content.decode()


def test_a_second_click_declares_nothing_twice(client_as, alice, start):
    browser = client_as(alice)
    sent = sent_of(browser.get(start))
    assert browser.post(start, sent).status_code == 302
    answer = browser.post(start, sent)
    assert answer.status_code == 400
    assert "already" in answer.content.decode()
    assert ResourceFlow.objects.count() == 3


def test_only_those_who_edit_declare(client_as, vera, charlie, start, client):
    assert client_as(vera).get(start).status_code == 403
    assert client_as(charlie).get(start).status_code == 403
    assert client.get(start).status_code == 302
    matches = start.replace("/start", "/matches")
    assert client_as(vera).get(matches).status_code == 200
    assert client_as(charlie).get(matches).status_code == 403


def test_a_type_that_is_gone_is_not_proposed(client_as, alice, start):
    ResourceType.objects.filter(code="heat.flue_gas").update(is_group=True)
    page = client_as(alice).get(start)
    assert "output-heat-flue_gas-amount" not in page.context["form"].fields


def test_a_second_site_is_no_beginning(client_as, alice, alices_organization, start):
    answer = client_as(alice).post(
        reverse("organizations:site-create", args=[alices_organization.pk]), SITE
    )
    assert answer.url == reverse("organizations:organization-detail", args=[alices_organization.pk])


def test_places_are_found_by_any_of_their_names(client_as, alice, client):
    browser = client_as(alice)

    def found(query: str) -> list[dict]:
        return browser.get("/places", {"q": query}).json()["places"]

    (first, *_rest) = found("Kalundb")
    assert (first["name"], first["country"]) == ("Kalundborg", "DK")
    assert abs(first["latitude"] - 55.68) < 0.02
    assert abs(first["longitude"] - 11.09) < 0.02
    for query in ("Бугульма", "bugulma, Russia", "Bugul’ma", "Бөгелмә"):
        assert found(query)[0]["name"] == "Bugulma"
    assert found("Бугуль")[0]["found"] == "Бугульма"
    assert len(found("san")) == 8
    assert found("Kalund")[0]["name"] == "Kalundborg"
    # Two letters: who is called just so.
    assert {place["found"].casefold() for place in found("Ii")} == {"ii"}
    assert found("k") == found("") == found("%%%") == found("zzzzqqq") == []
    assert client.get("/places", {"q": "Kalundborg"}).status_code == 401


def test_the_search_is_not_for_machines(client_as, alice, monkeypatch):
    limit = Limit("places-test", burst=2, refill=timedelta(hours=1))
    monkeypatch.setattr(onboarding_views, "RATE", limit)
    browser = client_as(alice)
    codes = [browser.get("/places", {"q": "Kalundborg"}).status_code for _time in range(3)]
    assert codes == [200, 200, 429]


def test_the_list_takes_no_more_queries_for_more_sites(
    client_as, alice, alices_organization, start, django_assert_max_num_queries
):
    for _number in range(5):
        SiteFactory(organization=alices_organization)
    MembershipFactory(user=alice)
    browser = client_as(alice)
    with django_assert_max_num_queries(14):
        browser.get(start)
