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


def test_the_map_shows_sites_to_all_and_matches_to_those_concerned(client, client_as, alice, pair):
    kinds = [feature["geometry"]["type"] for feature in features(client)]
    assert kinds == ["Point", "Point"]
    kinds = [feature["geometry"]["type"] for feature in features(client_as(alice))]
    assert kinds == ["Point", "Point", "LineString"]


def test_the_map_is_filtered(client, pair):
    assert len(features(client, direction="input")) == 1
    assert len(features(client, family="water")) == 0
    assert len(features(client, direction="sideways", family="noise")) == 2
    assert len(features(client, bbox="11.095,55,12,56")) == 1


def test_private_flows_are_not_on_the_map(client, client_as, alice, pair):
    ResourceFlow.objects.filter(pk=pair.output.pk).update(visibility="private")
    assert len(features(client)) == 1
    html = client.get("/map").content.decode()
    assert "Alice Works" not in html
    assert "Boiler house" in client_as(alice).get("/map").content.decode()


@pytest.mark.parametrize("bbox", ["1", "a,b,c,d", "0,0,0,91", "0,1,0,0", "nan,0,0,0", "1,2,3,4,5"])
def test_a_wrong_box_is_told(client, bbox):
    answer = client.get(reverse("map-data"), {"bbox": bbox})
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
