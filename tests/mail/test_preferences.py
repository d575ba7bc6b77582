"""What users want to hear: on the page, in the API, by a link in an e-mail."""

import pytest
from django.urls import reverse

from turash.mail import unsubscribing
from turash.mail.services.preferences import preference_of, set_preference

pytestmark = pytest.mark.django_db

API = "/api/v1/users/me/mail"
DEFAULTS = {"proposals": "immediately", "matches": "daily", "language": "en"}


def test_the_api_shows_and_changes_my_own(api, api_as, alice, bob):
    assert api.get(API).status_code == 401
    client = api_as(alice)
    assert client.get(API).json() == DEFAULTS
    changed = client.patch(API, {"matches": "none", "language": "tt"})
    assert changed.json() == DEFAULTS | {"matches": "none", "language": "tt"}
    assert client.get(API).json() == changed.json()
    assert api_as(bob).get(API).json() == DEFAULTS


@pytest.mark.parametrize(
    "body",
    [
        {"matches": "immediately"},
        {"proposals": "hourly"},
        {"proposals": None},
        {"language": "xx"},
        {"colour": "red"},
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(api_as, alice, body):
    answer = api_as(alice).patch(API, body)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == list(body)
    assert api_as(alice).get(API).json() == DEFAULTS


def test_the_page_changes_them(client_as, alice):
    browser = client_as(alice)
    url = reverse("mail-preferences")
    assert browser.get(url).status_code == 200
    said = {"mail-proposals": "daily", "mail-matches": "none", "mail-language": "ru"}
    assert browser.post(url, said).status_code == 302
    alice.refresh_from_db()
    preference = preference_of(alice)
    assert (preference.proposals, preference.matches, alice.language) == ("daily", "none", "ru")
    assert browser.post(url, said | {"mail-matches": "immediately"}).status_code == 400


def test_one_click_ends_it_without_a_session(client, alice):
    url = reverse("unsubscribe", args=[unsubscribing.token_for(alice.pk, "proposals")])
    page = client.get(url)
    assert page.status_code == 200
    assert preference_of(alice).proposals == "immediately", "scanners follow links"
    done = client.post(url, {"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert (preference_of(alice).proposals, preference_of(alice).matches) == ("none", "daily")
    assert client.post(url).status_code == 200, "again is no error"


def test_one_click_needs_no_csrf_token(alice, rf):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    url = reverse("unsubscribe", args=[unsubscribing.token_for(alice.pk, "all")])
    assert strict.post(url).status_code == 200
    assert (preference_of(alice).proposals, preference_of(alice).matches) == ("none", "none")


def test_a_forged_link_does_nothing(client, alice, bob):
    token = unsubscribing.token_for(alice.pk, "all")
    forged = [token[:-1] + ("a" if token[-1] != "a" else "b"), "x", f"{alice.pk}:all"]
    for text in forged:
        assert client.post(reverse("unsubscribe", args=[text])).status_code == 404
    assert preference_of(alice).proposals == "immediately"


def test_a_link_of_somebody_who_is_gone_is_404(client, alice):
    from organizations.models import User

    user = User.objects.create_user(email="gone@example.org")
    url = reverse("unsubscribe", args=[unsubscribing.token_for(user.pk, "all")])
    user.delete()
    assert client.post(url).status_code == 404


def test_the_language_of_the_pages_becomes_that_of_the_e_mails(client_as, alice):
    browser = client_as(alice)
    browser.post(reverse("set_language"), {"language": "tt", "next": "/"})
    alice.refresh_from_db()
    assert alice.language == "tt"
    browser.post(reverse("set_language"), {"language": "xx", "next": "/"})
    alice.refresh_from_db()
    assert alice.language == "tt"


def test_anonymous_visitors_switch_their_language_as_before(client):
    answer = client.post(reverse("set_language"), {"language": "ru", "next": "/"})
    assert answer.status_code == 302
    assert answer.cookies["django_language"].value == "ru"


def test_saying_the_same_twice_changes_nothing(alice):
    set_preference(alice, proposals="none")
    set_preference(alice, proposals="none")
    assert preference_of(alice).proposals == "none"
