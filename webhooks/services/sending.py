"""
Sending: many webhooks at once, each one thing at a time, and none waits for a slow one.

One worker of the installation sends, whoever takes its advisory lock; the others go on with
something else. Threads wait for the other sides; the database is this thread's alone. An attempt
is on record before it begins: one that kills its worker counts, too.
"""

import logging
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from turash.events import outbox
from turash.events.catalogue import WebhookDisabled
from turash.events.publishers import publish
from turash.events.queue import enqueue
from webhooks import posting, signing
from webhooks.models import Webhook, WebhookAttempt, WebhookDelivery
from webhooks.posting import Answer
from webhooks.services.endings import disable
from webhooks.services.subscriptions import secrets_in_use

logger = logging.getLogger(__name__)

# After each failure, at least; up to `JITTER` longer, so that not all come back at once.
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
MAX_TRIES = len(PAUSES) + 1
JITTER = 0.2
# Before anything is sent to a webhook that has just failed; doubled with each failure in a row.
FIRST_COOLING = timedelta(seconds=5)
LONGEST_COOLING = timedelta(minutes=5)
# A webhook that has only failed for so long is disabled.
DISABLED_AFTER = timedelta(days=5)

LANES = 16
# No new attempt is begun after this, so that a worker that is stopped is done in time.
TURN_S = 10.0
LOOK_EVERY_S = 0.25
# To look a name up has no limit of its own.
GRACE_S = 3.0
LEASE = timedelta(seconds=60)
_GONE = 410

_LOCK = 0x7455_7768

_CLAIM = """
WITH next AS (
    SELECT due.id FROM webhooks_webhook w CROSS JOIN LATERAL (
        SELECT id, next_attempt_at FROM webhooks_webhookdelivery
        WHERE webhook_id = w.id AND status = 'waiting' AND next_attempt_at <= %(now)s
        ORDER BY next_attempt_at, id LIMIT 1
    ) due
    WHERE w.status = 'active' AND w.next_attempt_at <= %(now)s AND w.id <> ALL(%(busy)s::uuid[])
    ORDER BY due.next_attempt_at, due.id LIMIT %(limit)s
), mine AS (
    SELECT id FROM webhooks_webhookdelivery
    WHERE id IN (SELECT id FROM next) AND status = 'waiting' AND next_attempt_at <= %(now)s
    FOR UPDATE SKIP LOCKED
)
UPDATE webhooks_webhookdelivery SET
    attempts = attempts + 1, tries = tries + 1, next_attempt_at = %(lease_ends)s
WHERE id IN (SELECT id FROM mine) RETURNING id, attempts
"""


@dataclass(frozen=True)
class Claim:
    """One attempt at one delivery; `attempt` tells it from earlier and later ones."""

    delivery_id: UUID
    webhook_id: UUID
    attempt: int
    url: str
    headers: dict[str, str]
    body: str


def send_due() -> None:
    """
    Send what is due, unless another worker is sending: that one then sees to it.

    What is left after `TURN_S` is for another task, so that other work comes in between.
    """
    while True:
        with _as_the_sender() as is_sender:
            if not is_sender:
                return
            _give_up_lost()
            is_done = _Turn().run()
        if not is_done:
            enqueue("webhooks.tasks.send")
            return
        # What was committed while we were still the sender: its own task has left it to us.
        if not _is_anything_due():
            return


class _Turn:
    """Some seconds of sending."""

    def __init__(self) -> None:
        self._ends = time.monotonic() + TURN_S
        self._lanes: dict[Future[Answer], tuple[Claim, float]] = {}
        # Threads start when they are needed.
        self._pool = ThreadPoolExecutor(LANES, thread_name_prefix="webhooks")

    def run(self) -> bool:
        """Return whether all that was due has been sent, or has failed."""
        is_over = False
        try:
            while True:
                is_over = time.monotonic() >= self._ends
                if not is_over:
                    self._begin()
                if not self._lanes:
                    return not is_over
                self._end()
        finally:
            # A thread that still waits for a name ends by itself.
            self._pool.shutdown(wait=False)

    def _begin(self) -> None:
        room = LANES - len(self._lanes)
        if room <= 0:
            return
        busy = [one.webhook_id for one, _until in self._lanes.values()]
        until = time.monotonic() + posting.TOTAL_S + GRACE_S
        for one in claim(limit=room, busy=busy):
            future = self._pool.submit(posting.post, one.url, one.headers, one.body)
            self._lanes[future] = one, until

    def _end(self) -> None:
        done, _open = wait(self._lanes, timeout=LOOK_EVERY_S, return_when=FIRST_COMPLETED)
        for future in done:
            one, _until = self._lanes.pop(future)
            record(one, _answer_of(future))
        now = time.monotonic()
        for future in [future for future, (_, until) in self._lanes.items() if until < now]:
            one, _until = self._lanes.pop(future)
            record(one, _nothing("The name could not be looked up in time."))


def claim(*, limit: int, busy: Sequence[UUID] = ()) -> list[Claim]:
    """Take the longest waiting delivery of each of up to `limit` webhooks that are not busy."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM, {"now": now, "busy": list(busy), "limit": limit, "lease_ends": now + LEASE}
        )
        attempts: dict[UUID, int] = dict(cursor.fetchall())
    claims = []
    for delivery in WebhookDelivery.objects.filter(pk__in=attempts).select_related("webhook"):
        webhook = delivery.webhook
        one = Claim(
            delivery.pk, webhook.pk, attempts[delivery.pk], webhook.url, {}, delivery.body
        )  # fmt: skip
        try:
            one.headers.update(_headers(delivery, now))
        except signing.LostSecret as error:
            record(one, _nothing(str(error)))
        else:
            claims.append(one)
    return claims


@transaction.atomic
def record(one: Claim, answer: Answer) -> None:
    """Note how an attempt has ended, and what follows; nothing, where it counts no more."""
    webhook = Webhook.objects.select_for_update(no_key=True).filter(pk=one.webhook_id).first()
    rows = WebhookDelivery.objects.select_for_update(no_key=True)
    delivery = rows.filter(pk=one.delivery_id, attempts=one.attempt).first()
    if webhook is None or delivery is None:
        # Deleted meanwhile, or taken over by another worker after the lease had ended.
        return
    now = timezone.now()
    WebhookAttempt.objects.create(
        delivery=delivery,
        number=one.attempt,
        ended_at=now,
        duration_ms=answer.duration_ms,
        status_code=answer.status_code,
        response=answer.excerpt,
        error=answer.error,
    )
    if answer.is_success:
        _settle(delivery, WebhookDelivery.Status.DELIVERED, now)
        if webhook.failures:
            _note_health(webhook, failures=0, failing_since=None, next_attempt_at=now)
        return
    since = webhook.failing_since or now
    cooling = min(FIRST_COOLING * 2 ** min(webhook.failures, 10), LONGEST_COOLING)
    _note_health(
        webhook,
        failures=webhook.failures + 1,
        failing_since=since,
        next_attempt_at=now + cooling,
    )
    _try_later(delivery, now)
    if answer.status_code == _GONE:
        _disable(webhook, Webhook.Reason.GONE)
    elif now - since >= DISABLED_AFTER:
        _disable(webhook, Webhook.Reason.FAILING)


def _try_later(delivery: WebhookDelivery, now: datetime) -> None:
    if not delivery.is_waiting:
        return
    if delivery.tries >= MAX_TRIES or delivery.is_test:
        _settle(delivery, WebhookDelivery.Status.FAILED, now)
        return
    # 0: somebody has asked for a replay while it was being sent.
    pause = PAUSES[delivery.tries - 1] if delivery.tries else FIRST_COOLING
    pause *= 1 + random.uniform(0, JITTER)  # noqa: S311  # no secret
    delivery.next_attempt_at = now + pause
    delivery.save(update_fields=["next_attempt_at"])
    if pause <= LONGEST_COOLING / 5:
        # Later ones are found by the schedule, each minute.
        enqueue("webhooks.tasks.send", delay=pause)


def _settle(delivery: WebhookDelivery, status: str, now: datetime) -> None:
    delivery.status, delivery.settled_at = status, now
    delivery.save(update_fields=["status", "settled_at"])


def _note_health(webhook: Webhook, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(webhook, name, value)
    webhook.save(update_fields=list(fields))


def _disable(webhook: Webhook, reason: Webhook.Reason) -> None:
    if not webhook.is_active:
        return
    disable(webhook, reason)
    logger.warning("Webhook %s is disabled: %s", webhook.pk, reason)
    # As what handlers publish: it makes the queue shorter, and is not refused for its length.
    with outbox.handling():
        publish(
            WebhookDisabled(
                organization_id=webhook.organization_id, webhook_id=webhook.pk, reason=reason
            )
        )


def _headers(delivery: WebhookDelivery, now: datetime) -> dict[str, str]:
    signed = signing.headers(
        secrets_in_use(delivery.webhook, now),
        delivery_id=delivery.pk,
        sent_at=now,
        body=delivery.body,
    )
    return signed | {
        "Content-Type": "application/json",
        "User-Agent": "Turash-Webhooks/1",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


def _answer_of(future: Future[Answer]) -> Answer:
    error = future.exception()
    if error is None:
        return future.result()
    logger.error("An attempt has failed by a defect of ours.", exc_info=error)
    return _nothing(f"{type(error).__name__}: {error}"[:500])


def _nothing(error: str) -> Answer:
    return Answer(None, "", error, 0.0)


def _give_up_lost() -> None:
    """Give up what was tried often enough, the last time by a worker that died over it."""
    now = timezone.now()
    lost = WebhookDelivery.objects.waiting().filter(tries__gte=MAX_TRIES, next_attempt_at__lte=now)
    lost.update(status=WebhookDelivery.Status.FAILED, settled_at=now)


def _is_anything_due() -> bool:
    now = timezone.now()
    active = Webhook.objects.active().filter(next_attempt_at__lte=now)
    due = WebhookDelivery.objects.waiting().filter(webhook__in=active, next_attempt_at__lte=now)
    return due.exists()


@contextmanager
def _as_the_sender() -> Iterator[bool]:
    """Be the one worker that sends; False: another one is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        (is_sender,) = cursor.fetchone()
    try:
        yield is_sender
    finally:
        if is_sender:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
