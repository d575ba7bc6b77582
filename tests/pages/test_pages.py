"""Landing, map, tokens, languages and errors."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from organizations.models import ResourceFlow
from turash.callers.models import Token

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_figures():
    cache.clear()


def test_the_landing_page_counts_what_there_is(client, pair):
    context = client.get("/").context
    assert (context["organizations"], context["flows"], context["matches"]) == (2, 2, 1)
    assert context["savings"] == pair.match.savings_eur_per_year


def test_people_sign_in_by_e_mail_in_any_case(client, django_user_model):
    django_user_model.objects.create_user(email="ines@example.org", password="s3cret-word")
    wrong = client.post("/login", {"username": "ines@example.org", "password": "no"})
    assert wrong.context["form"].non_field_errors()
    right = client.post("/login", {"username": "INES@example.org", "password": "s3cret-word"})
    assert right.url == "/dashboard"
    assert client.post("/logout").url == "/"


def test_nobody_is_sent_to_another_site(client, django_user_model):
    django_user_model.objects.create_user(email="ines@example.org", password="s3cret-word")
    said = {"username": "ines@example.org", "password": "s3cret-word", "next": "//evil.example"}
    assert client.post("/login", said).url == "/dashboard"


def features(client, **query):
    return client.get(reverse("map-data"), query).json()["features"]


def test_matches_are_on_the_map_for_those_concerned(client, client_as, alice, pair):
    assert features(client) == []
    browser = client_as(alice)
    assert [one["geometry"]["type"] for one in features(browser)] == ["LineString"]
    for nothing in ({"family": "water"}, {"bbox": "-12,55,-11,56"}, {"min_score": "0.99"}):
        assert features(browser, **nothing) == []
    everything = {"direction": "sideways", "family": "noise", "min_score": "x"}
    assert len(features(browser, bbox="11,55,12,56", **everything)) == 1


def test_the_list_beside_the_map_is_of_what_is_in_sight(client, client_as, alice, pair):
    def listed(browser, **query):
        sight = browser.get(reverse("map-list"), {"bbox": "11,55,12,56"} | query).context["sight"]
        return [(site.name, site.outputs, site.inputs) for site in sight.sites]

    charlies = (pair.input.site.name, 0, 1)
    assert listed(client) == [("Boiler house", 1, 0), charlies]
    assert listed(client, direction="input") == [charlies]
    assert listed(client, family="water") == []
    assert listed(client, bbox="11.095,55,12,56") == [charlies]
    ResourceFlow.objects.filter(pk=pair.output.pk).update(visibility="private")
    assert listed(client) == [charlies]
    assert len(listed(client_as(alice))) == 2
    assert "Alice Works" not in client.get("/map").content.decode()
    assert "Boiler house" in client_as(alice).get("/map").content.decode()


def test_the_balance_of_an_area(client, client_as, alice, charlie, pair, monkeypatch):
    area = {"west": "11", "south": "55", "east": "12", "north": "56"}

    def lines(browser, **query):
        found = browser.get("/map", area | query).context["balance"]
        return [
            (one.resource_type.code, one.given, one.needed, one.is_exact) for one in found.lines
        ]

    heat = ("heat", 0, 500, True)
    assert lines(client) == [heat, ("heat.hot_water", 1000, 0, True)]
    assert lines(client, resource_type="heat", direction="input") == [heat]
    assert lines(client, west="11.095") == [heat]
    assert client.get("/map", area | {"west": "x"}).context["balance"] is None
    # Sums tell no more than lists do: what is not disclosed is rounded before it is added.
    pair.output.organization.figures_from = "accepted"
    pair.output.organization.save()
    ResourceFlow.objects.filter(pk=pair.output.pk).update(amount=1234, quantity_per_year=1234)
    assert lines(client_as(charlie))[1] == ("heat.hot_water", 1000, 0, False)
    assert lines(client_as(alice))[1] == ("heat.hot_water", 1234, 0, True)
    assert "rounded ones count" in client.get("/map", area).content.decode()
    monkeypatch.setattr("maps.balance.MOST_FLOWS", 1)
    assert "choose a smaller one" in client.get("/map", area).content.decode()


@pytest.mark.parametrize("bbox", ["1", "a,b,c,d", "0,0,0,91", "0,1,0,0", "nan,0,0,0", "1,2,3,4,5"])
def test_a_wrong_box_is_told(client, bbox):
    for name in ("map-data", "map-list"):
        answer = client.get(reverse(name), {"bbox": bbox})
        assert answer.status_code == 400
        assert "bbox" in answer.json()["detail"]


def test_tokens_are_shown_once_and_revoked(client_as, alice, charlie):
    browser = client_as(alice)
    made = browser.post("/tokens", {"scope": "read"}).context["made"]
    assert made not in browser.get("/tokens").content.decode()
    key = Token.objects.get().prefix
    client_as(charlie).post(reverse("token-revoke", args=[key]))
    assert Token.objects.exists()
    browser.post(reverse("token-revoke", args=[key]))
    assert not Token.objects.exists()


def test_the_page_speaks_the_chosen_language(client):
    client.post(reverse("set_language"), {"language": "ru", "next": "/"})
    assert '<html lang="ru">' in client.get("/").content.decode()


def test_pages_name_no_other_host_and_carry_no_inline_code(client_as, alice, pair):
    browser = client_as(alice)
    for url in ("/", "/map", "/dashboard", reverse("matching:match-detail", args=[pair.match.pk])):
        answer = browser.get(url)
        html = answer.content.decode()
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert ' style="' not in html
        assert "<style" not in html
        assert " onclick=" not in html
        assert 'src="http' not in html


def test_an_unknown_page_says_so(client):
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


def test_a_form_of_another_site_is_refused_with_a_remedy(alice):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    answer = browser.post("/tokens")
    assert answer.status_code == 403
    assert "reload the page" in answer.content.decode()


def test_too_much_is_refused(client_as, alice):
    data = {"name": "x" * 3_000_000}
    url = reverse("organizations:organization-create")
    answer = client_as(alice).post(url, data, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413


def test_a_crash_shows_a_page_that_needs_no_database(
    client, monkeypatch, django_assert_num_queries
):
    def crash(*args, **kwargs):
        raise RuntimeError("broken")

    monkeypatch.setattr("turash.views.pages._figures", crash)
    client.raise_request_exception = False
    with django_assert_num_queries(0):
        answer = client.get("/")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.content.decode()
