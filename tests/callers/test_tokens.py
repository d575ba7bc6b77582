"""Tokens: several, named, scoped, expiring, shown once, kept as digests, noted when used."""

from datetime import timedelta
from hashlib import sha512

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from organizations.models import Organization
from tests.api.test_bad_input import assert_problem
from turash.callers import services
from turash.callers.models import Token

pytestmark = pytest.mark.django_db

API = "/api/v1"
URL = f"{API}/tokens"


def bearer(secret: str) -> dict:
    return {"headers": {"Authorization": f"Token {secret}"}}


def test_a_token_is_named_scoped_and_shown_once(api, api_as, alice, charlie):
    client = api_as(alice)
    until = timezone.now().replace(microsecond=0) + timedelta(days=30)
    made = client.post(URL, {"name": "ERP", "scope": "read", "expiry": until.isoformat()})
    assert made.status_code == 201
    secret = made.json().pop("token")
    client.post(URL)
    other, ours = client.get(URL).json()
    assert ours == {name: value for name, value in made.json().items() if name != "token"}
    assert (ours["name"], ours["scope"], ours["last_used"]) == ("ERP", "read", None)
    assert ours["expiry"] == until.isoformat().replace("+00:00", "Z")
    assert (other["name"], other["scope"], other["expiry"]) == ("", "write", None)
    assert secret.startswith(ours["id"])
    row = Token.objects.get(prefix=ours["id"])
    assert row.digest == sha512(secret.encode()).hexdigest()
    assert secret not in str(list(Token.objects.values()))
    assert api_as(charlie).get(URL).json() == []
    assert_problem(api_as(charlie).delete(f"{URL}/{ours['id']}"), 404)
    assert client.delete(f"{URL}/{ours['id']}").status_code == 204
    assert_problem(api.get(f"{API}/users/me", **bearer(secret)), 401)


def test_a_token_for_reading_does_not_write(api, alice, alices_organization):
    _, secret = services.make_token(alice, scope="read")
    url = f"{API}/organizations/{alices_organization.pk}"
    assert api.get(url, **bearer(secret)).status_code == 200
    for method, path, body in [
        ("post", "organizations", {"name": "New"}),
        ("patch", f"organizations/{alices_organization.pk}", {"name": "New"}),
        ("delete", f"organizations/{alices_organization.pk}", None),
        ("post", "tokens", {}),
        ("post", "notifications/read", {}),
    ]:
        answer = getattr(api, method)(f"{API}/{path}", body, **bearer(secret))
        assert_problem(answer, 403)
        assert "only read" in answer.json()["detail"]
    assert Organization.objects.get().name != "New"
    # A question is no write, though it is a POST.
    question = {
        "resource": {"resource_type": "heat", "direction": "input", "quantity": {"amount": 1}},
        "location": {"type": "Point", "coordinates": [11, 55]},
    }
    assert api.post(f"{API}/matching/query", question, **bearer(secret)).status_code == 200


def test_a_token_expires(api, alice):
    token, secret = services.make_token(alice, expires_at=timezone.now() + timedelta(days=1))
    assert api.get(f"{API}/users/me", **bearer(secret)).status_code == 200
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    answer = api.get(f"{API}/users/me", **bearer(secret))
    assert_problem(answer, 401)
    assert "expired" in answer.json()["detail"]


def test_who_is_locked_out_has_no_token(api, alice):
    _, secret = services.make_token(alice)
    alice.is_active = False
    alice.save()
    assert_problem(api.get(f"{API}/users/me", **bearer(secret)), 401)


def test_a_token_makes_none_that_outlives_it(api, alice):
    soon, late = (timezone.now() + timedelta(days=days) for days in (1, 2))
    _, secret = services.make_token(alice, expires_at=soon)
    made = api.post(URL, {}, **bearer(secret))
    assert Token.objects.get(prefix=made.json()["id"]).expires_at == soon
    answer = api.post(URL, {"expiry": late.isoformat()}, **bearer(secret))
    assert_problem(answer, field="expiry")


def test_reading_twice_within_a_minute_writes_once(api, alice, django_assert_num_queries):
    token, secret = services.make_token(alice)
    api.get(f"{API}/users/me", **bearer(secret))
    token.refresh_from_db()
    first = token.last_used_at
    assert timezone.now() - first < timedelta(seconds=10)
    # The token with its user, and nothing else.
    with django_assert_num_queries(1):
        api.get(f"{API}/users/me", **bearer(secret))
    Token.objects.update(last_used_at=first - services.USE_NOTED_EVERY - timedelta(seconds=9))
    api.get(f"{API}/users/me", **bearer(secret))
    token.refresh_from_db()
    assert token.last_used_at >= first


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x" * 101}, "name"), ({"name": 5}, "name"), ({"scope": "all"}, "scope"),
        ({"expiry": "soon"}, "expiry"), ({"expiry": "2020-01-01T00:00:00Z"}, "expiry"),
        ({"colour": "blue"}, "colour"),
    ],
)  # fmt: skip
def test_a_wrong_token_is_not_made(api_as, alice, body, field):
    assert_problem(api_as(alice).post(URL, body), field=field)
    assert not Token.objects.exists()


def test_there_is_an_end_to_tokens(api_as, alice, monkeypatch):
    monkeypatch.setattr(services, "MOST_TOKENS", 2)
    client = api_as(alice)
    assert [client.post(URL).status_code for _ in range(3)] == [201, 201, 409]
    assert Token.objects.count() == 2


def test_the_page_makes_lists_and_revokes(client_as, alice):
    browser = client_as(alice)
    page = browser.post("/tokens", {"name": "Map <b>", "scope": "read", "days": "30"})
    secret = page.context["made"]
    assert secret in page.content.decode()
    assert page["Cache-Control"].count("no-store") == 1
    row = Token.objects.get()
    assert (row.scope, row.expires_at.date()) == (
        "read", (timezone.now() + timedelta(days=30)).date(),
    )  # fmt: skip
    html = browser.get("/tokens").content.decode()
    assert secret not in html
    assert "Map &lt;b&gt;" in html
    assert "never used" in html
    assert browser.post("/tokens", {"scope": "all"}).status_code == 400
    browser.post(reverse("token-revoke", args=[row.prefix]))
    assert not Token.objects.exists()


def test_facilitators_see_tokens_and_not_their_secrets(client_as, alice, facilitator):
    token, secret = services.make_token(alice, name="ERP")
    facilitator.is_superuser = True
    facilitator.save()
    html = client_as(facilitator).get("/admin/callers/token/").content.decode()
    assert token.prefix in html
    assert "ERP" in html
    assert secret not in html
    assert token.digest not in html


def test_tokens_of_before_go_on_working(api, alice):
    secret = "f" * 64
    with connection.cursor() as cursor:
        cursor.execute("""CREATE TABLE knox_authtoken (
            digest varchar(128) PRIMARY KEY, token_key varchar(25), user_id uuid,
            created timestamptz, expiry timestamptz)""")
        cursor.execute(
            "INSERT INTO knox_authtoken VALUES (%s, %s, %s, now(), NULL)",
            [sha512(secret.encode()).hexdigest(), secret[:15], alice.pk],
        )
    call_command("migrate", "callers", "0001", verbosity=0)
    call_command("migrate", "callers", verbosity=0)
    assert api.get(f"{API}/users/me", **bearer(secret)).json()["email"] == alice.email
    token = Token.objects.get()
    assert (token.prefix, token.scope) == ("f" * 15, "write")
    assert "knox_authtoken" not in connection.introspection.table_names()
