"""Events arrive at webhooks: signed, at least once, again when it failed, whatever others do."""

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from tests.factories import SiteFactory
from tests.webhooks.receiver import receiver
from turash.mail.models import Mail
from turash.realtime.models import Notification
from webhooks import services, signing, tasks
from webhooks.models import Webhook, WebhookAttempt, WebhookDelivery
from webhooks.services import PAUSES, sending

pytestmark = pytest.mark.django_db

API = "/api/v1/webhooks"


def pass_time(time: timedelta) -> None:
    """Let everything that waits be as far in the past as if this much time had gone by."""
    for row in WebhookDelivery.objects.all():
        WebhookDelivery.objects.filter(pk=row.pk).update(next_attempt_at=row.next_attempt_at - time)
    for row in Webhook.objects.all():
        fields = {"next_attempt_at": row.next_attempt_at - time}
        if row.failing_since:
            fields["failing_since"] = row.failing_since - time
        if row.previous_until:
            fields["previous_until"] = row.previous_until - time
        Webhook.objects.filter(pk=row.pk).update(**fields)


def attempts_of(delivery: WebhookDelivery) -> list:
    return list(delivery.log.order_by("number").values_list("number", "status_code"))


def test_what_an_organization_is_told_arrives_signed_and_nothing_else(
    hooked, erp, settings, api_as, alice, charlie, alices_organization, charlies_organization,
    run_events,
):  # fmt: skip
    webhook, secret = hooked
    with receiver() as other:
        settings.WEBHOOK_PORTS.append(other.port)
        services.create_webhook(
            actor=charlie,
            organization=charlies_organization,
            url=other.url,
            event_types=["site_deleted"],
        )
        SiteFactory(organization=alices_organization)
        site = SiteFactory(organization=charlies_organization)
        site.delete()
        run_events()
        [arrived], [told] = erp.arrived, Notification.objects.filter(type="site_created")[:1]
        [deleted] = other.arrived
    assert arrived.message == told.as_message()
    assert arrived.message["organization_id"] == str(alices_organization.pk)
    assert deleted.message["type"] == "site_deleted", "and not that it was created"
    assert deleted.message["organization_id"] == str(charlies_organization.pk)
    # Another implementation of the standard.
    assert Verifier(secret).verify(arrived.body, arrived.headers) == arrived.message
    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(arrived.body + b" ", arrived.headers)
    assert arrived.headers["content-type"] == "application/json"
    # Handled, and sent, again: nothing new.
    tasks.send()
    run_events()
    assert len(erp.arrived) == 1
    [shown] = api_as(alice).get(f"{API}/{webhook.pk}/deliveries").json()
    assert (shown["status"], shown["next_attempt_at"]) == ("delivered", None)
    assert (shown["body"], shown["notification_id"]) == (arrived.message, told.pk)
    assert shown["webhook_id"] == arrived.headers["webhook-id"]
    [attempt] = shown["attempts"]
    assert (attempt["number"], attempt["status_code"], attempt["error"]) == (1, 204, "")
    assert secret not in str(list(Webhook.objects.values()))


def test_secrets_overlap_when_they_rotate(hooked, erp, alice, settings):
    webhook, old = hooked
    new = services.rotate_secret(actor=alice, webhook=webhook)

    def arrived_for(*secrets: str) -> list[bool]:
        services.send_test(actor=alice, webhook=webhook)
        tasks.send()
        last = erp.arrived[-1]
        verdicts = []
        for secret in secrets:
            try:
                Verifier(secret).verify(last.body, last.headers)
            except WebhookVerificationError:
                verdicts.append(False)
            else:
                verdicts.append(True)
        return verdicts

    assert arrived_for(old, new) == [True, True]
    pass_time(timedelta(hours=25))
    webhook.refresh_from_db()
    assert arrived_for(old, new) == [False, True]
    newest = services.rotate_secret(actor=alice, webhook=webhook, at_once=True)
    assert arrived_for(new, newest) == [False, True]
    # The key of the installation is rotated; then the one of before is forgotten.
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert arrived_for(newest) == [True]
    settings.SECRET_KEY_FALLBACKS = []
    count = len(erp.arrived)
    services.send_test(actor=alice, webhook=webhook)
    tasks.send()
    assert len(erp.arrived) == count
    assert "rotate the secret" in WebhookAttempt.objects.latest("pk").error


def test_what_fails_is_tried_again_by_the_schedule_and_then_given_up(
    hooked, erp, alices_organization, run_events, alice
):
    webhook, secret = hooked
    erp.answers(500, b"out of order")
    SiteFactory(organization=alices_organization)
    run_events()
    delivery = webhook.deliveries.get()
    for number, pause in enumerate(PAUSES, start=1):
        assert len(erp.arrived) == number
        delivery.refresh_from_db()
        ended = delivery.log.get(number=number).ended_at
        waited = delivery.next_attempt_at - ended
        assert pause <= waited <= pause * 1.2 + timedelta(seconds=1)
        # Not yet …
        pass_time(pause - timedelta(seconds=1) - (timezone.now() - ended))
        tasks.send()
        assert len(erp.arrived) == number
        # … but now; the webhook itself was not failing for long enough to be disabled.
        pass_time(waited)
        Webhook.objects.update(failing_since=timezone.now())
        tasks.send()
    pass_time(timedelta(days=2))
    tasks.send()
    delivery.refresh_from_db()
    assert attempts_of(delivery) == [(number, 500) for number in range(1, services.MAX_TRIES + 1)]
    assert (delivery.status, delivery.log.first().response) == ("failed", "out of order")
    assert len({one.headers["webhook-id"] for one in erp.arrived}) == 1
    assert len({one.body for one in erp.arrived}) == 1
    assert services.MAX_TRIES == 10
    # A person replays it: the same once more, with attempts anew.
    erp.answers(200)
    services.replay(actor=alice, delivery=delivery)
    tasks.send()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.tries) == ("delivered", 11, 1)
    assert erp.arrived[-1].headers["webhook-id"] == erp.arrived[0].headers["webhook-id"]
    Verifier(secret).verify(erp.arrived[-1].body, erp.arrived[-1].headers)
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.failing_since) == (0, None)


def test_who_fails_for_days_is_disabled_and_its_managers_hear_of_it(
    hooked, erp, api_as, alice, bob, alices_organization, run_events
):
    webhook, _secret = hooked
    erp.answers(503)
    SiteFactory(organization=alices_organization)
    run_events()
    pass_time(sending.DISABLED_AFTER - timedelta(minutes=1))
    tasks.send()
    webhook.refresh_from_db()
    assert (webhook.status, webhook.failures) == ("active", 2)
    pass_time(timedelta(minutes=40))
    tasks.send()
    run_events()
    shown = api_as(alice).get(f"{API}/{webhook.pk}").json()
    assert (shown["status"], shown["disabled_reason"]) == ("disabled", "failing")
    [news] = Notification.objects.filter(type="webhook_disabled")
    assert (news.subject_id, news.subject_url) == (webhook.pk, f"/webhooks/{webhook.pk}")
    [letter] = Mail.objects.all()
    assert letter.user == alice, "and not Bob, who does not manage"
    assert erp.url in mail.outbox[0].body
    # What waited is given up; nothing new is kept for it.
    assert webhook.deliveries.get().status == "failed"
    SiteFactory(organization=alices_organization)
    run_events()
    assert (webhook.deliveries.count(), len(erp.arrived)) == (1, 3)
    for path in ("test", f"deliveries/{webhook.deliveries.get().pk}/replay"):
        refused = api_as(alice).post(f"{API}/{webhook.pk}/{path}")
        assert refused.json()["type"] == "urn:turash:problem:webhook_disabled"
    enabled = api_as(alice).post(f"{API}/{webhook.pk}/enable")
    assert (enabled.json()["status"], enabled.json()["failing_since"]) == ("active", None)
    # Gone is gone, at once.
    erp.answers(410)
    api_as(alice).post(f"{API}/{webhook.pk}/test")
    run_events()
    webhook.refresh_from_db()
    assert (webhook.status, webhook.disabled_reason) == ("disabled", "gone")
    assert Mail.objects.count() == 2


def test_a_slow_one_holds_up_nobody_and_is_asked_one_thing_at_a_time(
    hooked, erp, settings, alice, alices_organization, run_events
):
    others_have_it, at_once, most_at_once = threading.Event(), [], []

    def slowly(_) -> tuple:
        at_once.append(1)
        most_at_once.append(len(at_once))
        if not others_have_it.wait(10):
            return 500, {}, b""
        at_once.pop()
        return 200, {}, b""

    erp.answer = slowly
    with receiver() as quick:
        settings.WEBHOOK_PORTS.append(quick.port)
        services.create_webhook(actor=alice, organization=alices_organization, url=quick.url)

        def last(_) -> tuple:
            if len(quick.arrived) == 3:
                others_have_it.set()
            return 200, {}, b""

        quick.answer = last
        for _ in range(3):
            SiteFactory(organization=alices_organization)
        run_events()
    assert (len(quick.arrived), len(erp.arrived)) == (3, 3)
    assert most_at_once == [1, 1, 1]
    assert set(WebhookAttempt.objects.values_list("status_code", flat=True)) == {200}


def test_one_that_fails_is_left_alone_for_a_while_whatever_waits_for_it(
    hooked, erp, alices_organization, run_events
):
    webhook, _secret = hooked
    erp.answers(500)
    for _ in range(5):
        SiteFactory(organization=alices_organization)
    run_events()
    assert len(erp.arrived) == 1
    pauses = []
    for _ in range(9):
        webhook.refresh_from_db()
        pauses.append(round((webhook.next_attempt_at - timezone.now()).total_seconds()))
        pass_time(timedelta(seconds=pauses[-1] + 1))
        tasks.send()
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert len(erp.arrived) == 10


def test_an_attempt_belongs_to_one_worker(hooked, erp, alices_organization, run_events, alice):
    webhook, _secret = hooked
    erp.answers(500)
    SiteFactory(organization=alices_organization)
    run_events_without_sending(run_events)
    [lost] = sending.claim(limit=16)
    assert sending.claim(limit=16) == [], "somebody is at it"
    pass_time(sending.LEASE)
    [mine] = sending.claim(limit=16)
    assert (lost.delivery_id, lost.attempt, mine.attempt) == (mine.delivery_id, 1, 2)
    yes, no = (sending.Answer(code, "", "", 1.0) for code in (200, 500))
    sending.record(lost, yes)
    row = webhook.deliveries.get()
    assert (row.status, attempts_of(row)) == ("waiting", [])
    # Replayed while it is on its way: it ends as it ends, and is sent again at once if it fails.
    services.replay(actor=alice, delivery=row)
    assert sending.claim(limit=16) == []
    sending.record(mine, no)
    row.refresh_from_db()
    assert (row.status, row.tries, attempts_of(row)) == ("waiting", 0, [(2, 500)])
    # One that kills every worker is not tried for ever.
    WebhookDelivery.objects.update(tries=services.MAX_TRIES, attempts=20)
    pass_time(timedelta(days=1))
    tasks.send()
    row.refresh_from_db()
    assert (row.status, erp.arrived) == ("failed", [])


def run_events_without_sending(run_events) -> None:
    webhooks = Webhook.objects.all()
    webhooks.update(next_attempt_at=timezone.now() + timedelta(hours=1))
    run_events()
    webhooks.update(next_attempt_at=timezone.now())


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_workers_send_once_and_leave_nothing_behind(hooked, erp, alice):
    """The second worker leaves to the first what is committed while that is sending."""
    (webhook, _secret), seen = hooked, []
    services.send_test(actor=alice, webhook=webhook)

    def meanwhile(_) -> tuple:
        if len(erp.arrived) == 1:
            services.send_test(actor=alice, webhook=webhook)
            # Another worker with a connection of its own: it is not the sender, and ends at once.
            tasks.send()
            seen.append(len(erp.arrived))
            connection.close()
        return 200, {}, b""

    erp.answer = meanwhile
    tasks.send()
    assert seen == [1], "the second worker has sent nothing"
    assert [one.message["type"] for one in erp.arrived] == ["webhook_test"] * 2
    assert len({one.headers["webhook-id"] for one in erp.arrived}) == 2
    assert WebhookAttempt.objects.filter(status_code=200, number=1).count() == 2


def test_old_deliveries_are_forgotten(hooked, alice):
    webhook, _secret = hooked
    delivery = services.send_test(actor=alice, webhook=webhook)
    tasks.prune()
    assert webhook.deliveries.exists()
    WebhookDelivery.objects.update(created_at=timezone.now() - timedelta(days=91))
    tasks.prune()
    assert not webhook.deliveries.exists()
    assert signing.name_of(delivery.pk).startswith("msg_")
