"""Webhooks in the API, on pages and in the admin: who may what, and what is shown once."""

import pytest
from django.urls import reverse

from organizations.models import Membership
from tests.api.test_bad_input import assert_problem
from tests.callers.test_tokens import bearer
from tests.factories import MembershipFactory, UserFactory
from turash.callers.models import KeptAnswer
from turash.callers.services import make_token
from webhooks import services, tasks
from webhooks.models import Webhook, WebhookDelivery

pytestmark = pytest.mark.django_db

API = "/api/v1/webhooks"
URL = "https://erp.example.org/turash"


def test_a_webhook_from_its_making_to_its_end(
    api_as, alice, alices_organization, django_assert_num_queries
):
    client = api_as(alice)
    body = {
        "organization_id": str(alices_organization.pk),
        "url": "HTTPS://ERP.example.org/turash",
        "event_types": ["site_created", "match_found", "site_created"],
    }
    made = client.post(API, body)
    assert made.status_code == 201
    shown = made.json()
    secret = shown.pop("secret")
    assert secret.startswith("whsec_")
    assert (shown["url"], shown["event_types"]) == (URL, ["match_found", "site_created"])
    assert (shown["status"], shown["disabled_reason"]) == ("active", "")
    one = f"{API}/{shown['id']}"
    read = client.get(one)
    assert (read.json(), client.get(API).json()) == (shown, [shown])
    assert read["ETag"] == made["ETag"]
    assert client.get(one, headers={"If-None-Match": read["ETag"]}).status_code == 304
    # Of two who have seen the same, one is told.
    seen = {"If-Match": read["ETag"]}
    changed = client.patch(one, {"description": "ERP", "event_types": []}, headers=seen)
    assert (changed.json()["description"], changed.json()["event_types"]) == ("ERP", [])
    assert_problem(client.patch(one, {"description": "X"}, headers=seen), 412)
    assert_problem(client.delete(one, headers=seen), 412)
    rotated = client.post(f"{one}/secret").json()
    assert rotated["secret"] != secret
    assert rotated["previous_until"]
    assert client.post(f"{one}/secret", {"at_once": True}).json()["previous_until"] is None
    # Its log costs the same, however long it is; nothing of this is sent anywhere here.
    for count in (1, 5):
        for _ in range(count):
            assert client.post(f"{one}/test").status_code == 202
        with django_assert_num_queries(4):
            log = client.get(f"{one}/deliveries").json()
    assert {row["type"] for row in log} == {"webhook_test"}
    assert len(client.get(f"{one}/deliveries?status=waiting&limit=2").json()) == 2
    assert client.get(f"{one}/deliveries?status=failed&type=match_found").json() == []
    assert_problem(client.get(f"{one}/deliveries?status=lost"), 400)
    first = f"{one}/deliveries/{log[0]['id']}"
    assert client.get(first).json() == log[0]
    assert client.post(f"{first}/replay").status_code == 202
    assert client.post(f"{one}/disable").json()["disabled_reason"] == "by_hand"
    assert client.get(first).json()["status"] == "failed"
    assert_problem(client.post(f"{first}/replay"), 409)
    assert client.post(f"{one}/enable").json()["status"] == "active"
    assert client.delete(one).status_code == 204
    assert not WebhookDelivery.objects.exists()


def test_owners_and_managers_decide_facilitators_read_and_others_see_nothing(
    api, api_as, client_as, alice, bob, charlie, facilitator, alices_organization
):
    manager = UserFactory()
    MembershipFactory(user=manager, organization=alices_organization, role="manager")
    body = {"organization_id": str(alices_organization.pk), "url": URL}
    key = api_as(manager).post(API, body).json()["id"]
    one, page = f"{API}/{key}", reverse("webhooks:webhook-detail", args=[key])
    listed = reverse("webhooks:webhook-list", args=[alices_organization.pk])
    writes = [
        ("patch", one), ("delete", one), ("post", f"{one}/secret"), ("post", f"{one}/test"),
        ("post", f"{one}/enable"),
    ]  # fmt: skip
    for method, url in [*writes, ("post", f"{one}/disable"), ("get", f"{one}/deliveries")]:
        assert_problem(getattr(api_as(bob), method)(url), 404)
    for user in (bob, charlie):
        assert api_as(user).get(API).json() == []
        assert_problem(api_as(user).post(API, body), 403)
    assert client_as(bob).get(page).status_code == 404
    assert client_as(bob).get(listed).status_code == 403
    assert_problem(api.get(API), 401)
    assert [row["id"] for row in api_as(facilitator).get(API).json()] == [key]
    for method, url in writes:
        assert_problem(getattr(api_as(facilitator), method)(url), 403)
    assert client_as(facilitator).get(page).status_code == 200
    assert_problem(api_as(charlie).post(API, body | {"organization_id": key}), 400)
    for wrong in ("http://erp.example.org/", "https://10.0.0.1/", "https://localhost:5432/"):
        assert_problem(api_as(alice).patch(one, {"url": wrong}), 400)
    told = api_as(alice).patch(one, {"event_types": ["match_found", "import_finished"]})
    assert list(told.json()["errors"]) == ["event_types[1]"]
    # Who manages no more sees it no more.
    Membership.objects.filter(user=manager).update(role="viewer")
    assert_problem(api_as(manager).get(one), 404)


def test_there_are_limits_and_a_repeated_request_shows_no_secret(
    loopback, api, api_as, alice, alices_organization
):
    _token, secret = make_token(alice)
    body = {"organization_id": str(alices_organization.pk), "url": URL}
    headers = bearer(secret)["headers"] | {"Idempotency-Key": "k"}
    first, again = (api.post(API, body, headers=headers) for _ in range(2))
    assert first.json()["secret"]
    assert again.json() == first.json() | {"secret": None}
    assert first.json()["secret"].encode() not in bytes(KeptAnswer.objects.get().body)
    client = api_as(alice)
    for _ in range(services.MOST_WEBHOOKS - 1):
        assert client.post(API, body).status_code == 201
    refused = client.post(API, body)
    assert refused.json()["type"] == "urn:turash:problem:too_many_webhooks"
    tests = [client.post(f"{API}/{first.json()['id']}/test").status_code for _ in range(11)]
    assert tests == [202] * 10 + [429]


def test_the_page_makes_tests_shows_rotates_and_deletes(
    erp, client_as, alice, alices_organization, run_events
):
    run_events()
    browser = client_as(alice)
    listed = reverse("webhooks:webhook-list", args=[alices_organization.pk])
    assert listed in browser.get(
        reverse("organizations:organization-detail", args=[alices_organization.pk])
    ).content.decode()  # fmt: skip
    wrong = browser.post(listed, {"url": "https://192.168.0.1/"})
    assert wrong.status_code == 400
    assert "public internet" in wrong.content.decode()
    made = browser.post(listed, {"url": erp.url, "event_types": ["match_found"]})
    webhook = Webhook.objects.get()
    assert made.context["secret"] in made.content.decode()
    assert made["Cache-Control"].startswith("max-age=0")
    page = reverse("webhooks:webhook-detail", args=[webhook.pk])
    assert made.context["secret"] not in browser.get(page).content.decode()

    def press(name: str, *args, **data) -> str:
        url = reverse(f"webhooks:{name}", args=[webhook.pk, *args])
        return browser.post(url, data, follow=True).content.decode()

    erp.answers(500, b"<script>out of order</script>")
    waiting = press("webhook-test")
    assert "hx-trigger" in waiting
    tasks.send()
    log = browser.get(page, headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" not in log
    assert "&lt;script&gt;out of order" in log
    erp.answers(200)
    press("delivery-replay", webhook.deliveries.get().pk)
    tasks.send()
    assert [one.message["subject"]["url"] for one in erp.arrived] == [page, page]
    assert webhook.deliveries.get().status == "delivered"
    assert "whsec_" in press("webhook-rotate")
    assert browser.post(page, {"url": erp.url, "description": "ERP"}).status_code == 302
    assert "ERP" in press("webhook-disable")
    assert "Nothing is sent" in press("webhook-test")
    press("webhook-enable")
    webhook.refresh_from_db()
    assert (webhook.is_active, webhook.event_types) == (True, [])
    assert "The webhook is gone." in press("webhook-delete")
    assert not Webhook.objects.exists()


def test_facilitators_replay_and_disable_in_the_admin(hooked, erp, client_as, facilitator, alice):
    webhook, secret = hooked
    delivery = services.send_test(actor=alice, webhook=webhook)
    tasks.send()
    browser = client_as(facilitator)

    def act(model: str, action: str, key) -> list[str]:
        data = {"action": action, "_selected_action": [str(key)]}
        url = reverse(f"admin:webhooks_{model}_changelist")
        answer = browser.post(url, data, follow=True)
        return [str(message) for message in answer.context["messages"]]

    assert act("webhookdelivery", "send_again", delivery.pk) == ["1 delivery is on its way."]
    tasks.send()
    assert len(erp.arrived) == 2
    shown = browser.get(
        reverse("admin:webhooks_webhook_change", args=[webhook.pk])
    ).content.decode()
    assert webhook.url in shown
    webhook.refresh_from_db()
    assert webhook.secret not in shown
    assert secret not in shown
    assert act("webhook", "disable", webhook.pk) == ["1 webhook is disabled."]
    assert act("webhookdelivery", "send_again", delivery.pk) == [
        f"{webhook}: This webhook is disabled. Enable it first."
    ]
