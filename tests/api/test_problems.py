"""Whatever goes wrong under /api answers a problem (RFC 9457): nobody gets a page there."""

import json

import pytest
from django.http import HttpRequest
from django.test import Client
from rest_framework.test import APIClient

from organizations.api.views import MeView
from tests.api.test_bad_input import assert_problem
from tests.factories import SiteFactory

pytestmark = pytest.mark.django_db

API = "/api/v1"


def assert_code(response, status: int, code: str) -> None:
    assert_problem(response, status)
    body = response.json()
    assert body["type"] == f"urn:turash:problem:{code}"
    assert body["title"]
    assert body["detail"]
    assert "html" not in response.content.decode().lower()


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v2/organizations", "/v1/nothing", "/v1/sites/"])
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "head", "options"])
def test_what_is_nowhere_is_no_page(path, method):
    response = getattr(Client(), method)(f"/api{path}")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    if method != "head":
        assert_code(response, 404, "not_found")


@pytest.mark.parametrize("method", ["put", "trace", "patch", "delete"])
def test_methods_that_a_path_does_not_have(api_as, alice, method):
    response = api_as(alice).generic(method.upper(), f"{API}/organizations")
    assert_code(response, 405, "method_not_allowed")
    assert set(response["Allow"].split(", ")) == {"GET", "POST", "HEAD", "OPTIONS"}
    told = api_as(alice).options(f"{API}/organizations")
    assert (told.status_code, told.content) == (200, b"")
    assert told["Allow"] == response["Allow"]
    for path in ("sites?format=geojson", "outcomes?format=csv", "outcomes?format=xlsx"):
        assert api_as(alice).options(f"{API}/{path}").content == b""


def test_who_is_not_signed_in_is_told_how(api):
    response = api.post(f"{API}/organizations", {"name": "New"})
    assert_code(response, 401, "not_signed_in")
    assert response["WWW-Authenticate"] == "Token"


def test_elsewhere_who_asks_for_json_gets_no_page(alice):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    for accept in (
        "application/problem+json",
        "application/json",
        "text/html, application/json;q=0.9",
    ):
        headers = {"Accept": accept}
        is_json = accept.startswith("application")
        for answer, status in (
            (browser.get("/nowhere", headers=headers), 404),
            (browser.post("/imports/new", headers=headers), 403),
        ):
            assert (answer.status_code, "Accept" in answer["Vary"]) == (status, True)
            kind = "application/problem+json" if is_json else "text/html"
            assert answer["Content-Type"].startswith(kind)
    for headers in ({}, {"Accept": "*/*"}):
        page = browser.get("/nowhere", headers=headers)
        assert page["Content-Type"].startswith("text/html")


def test_a_session_without_csrf_token_is_refused(alice):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    response = browser.post(
        f"{API}/organizations", json.dumps({"name": "New"}), content_type="application/json"
    )
    assert_code(response, 403, "not_allowed")
    assert "CSRF" in response.json()["detail"]
    # Reading needs none.
    assert browser.get(f"{API}/organizations").status_code == 200


def test_bodies_that_cannot_be_read(api_as, alice, settings):
    client, url = api_as(alice), f"{API}/organizations"
    send = {"content_type": "application/json"}
    assert_code(client.post(url, '{"name": ', **send), 400, "invalid")
    assert_code(client.post(url, b'{"name": "\xff"}', **send), 400, "invalid")
    assert_code(client.post(url, "name=New", content_type="text/plain"), 415,
                "unsupported_media_type")  # fmt: skip
    assert_code(client.post(url, b"x", content_type="multipart/form-data; boundary=x"), 415,
                "unsupported_media_type")  # fmt: skip
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert_code(client.post(url, {"name": "x" * 200}), 413, "too_large")


def test_answers_that_cannot_be_given(api_as, alice):
    client = api_as(alice)
    response = client.get(f"{API}/organizations", headers={"Accept": "text/html"})
    assert_code(response, 406, "not_acceptable")
    for path in ("organizations", "resource-flows", "imports/templates/flows", "exports/flows"):
        refused = client.get(f"{API}/{path}?format=xml")
        assert_code(refused, 400, "invalid")
        assert list(refused.json()["errors"]) == ["format"]
    assert "csv, geojson, json, xlsx" in refused.json()["detail"]
    assert_code(client.get(f"{API}/sites?format=geojson&limit=x"), 400, "invalid")


def test_a_host_that_is_not_ours(api):
    response = api.get(f"{API}/organizations", headers={"Host": "evil.example"})
    assert_code(response, 400, "invalid")


def test_a_crash_tells_nothing_of_itself(alice, monkeypatch):
    def crash(view: MeView) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(MeView, "get_object", crash)
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(alice)
    response = client.get(f"{API}/users/me")
    assert_code(response, 500, "internal_error")
    assert "secret" not in response.content.decode()


def test_errors_of_validation_name_the_path_to_each_field(api_as, alice, alices_organization):
    site = SiteFactory(organization=alices_organization)
    body = {
        "site_id": str(site.pk),
        "resource_type": "heat",
        "direction": "sideways",
        "name": "Flow",
        "quantity": {"amount": "many"},
        "quality": {"contaminants_mg_kg": {"cd": "much"}, "ph": {"low": 1}},
        "temporal_profile": {"months": [1, 13]},
        "logistics": {"methods": ["pipe", "teleport"]},
    }
    response = api_as(alice).post(f"{API}/resource-flows", body)
    assert_code(response, 400, "invalid")
    assert set(response.json()["errors"]) == {
        "direction", "quantity.amount", "quality.contaminants_mg_kg.cd", "quality.ph.low",
        "temporal_profile.months[1]", "logistics.methods[1]",
    }  # fmt: skip


def test_pages_stay_pages(client):
    for path in ("/nothing", "/apiary"):
        response = client.get(path)
        assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert isinstance(response.wsgi_request, HttpRequest)
