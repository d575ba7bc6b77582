"""Flows wait here to be matched again: many changes of one flow cost one rematch."""

import logging
import traceback
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from matching import store
from matching.models import MatchingRun, RematchRequest
from matching.services.rematch import rematch_flow
from turash.events import outbox
from turash.events.queue import enqueue

logger = logging.getLogger(__name__)

NOW = timedelta(0)
# From the first change of a flow to its rematch; changes in between are matched with it.
PAUSE = timedelta(seconds=1)
# A flow that a worker has taken is left alone for so long; after that the worker is thought dead.
LEASE = timedelta(seconds=60)
# Rematches that one task does before it makes room for other tasks.
BATCH = 100
FIRST_BACKOFF, LONGEST_BACKOFF = timedelta(seconds=5), timedelta(hours=1)

_REQUEST = """
INSERT INTO matching_rematchrequest AS present
    (flow_id, version, requested_at, due_at, attempts, last_error)
SELECT flow_id, 1, %(now)s, %(due)s, 0, '' FROM unnest(%(ids)s::uuid[]) flow_id ORDER BY flow_id
ON CONFLICT (flow_id) DO UPDATE
SET version = present.version + 1, due_at = least(present.due_at, excluded.due_at)
RETURNING due_at
"""
# Taking a flow counts as an attempt, so that one that ends its worker is left alone for longer each
# time, and shows.
_TAKE = """
UPDATE matching_rematchrequest
SET attempts = attempts + 1,
    due_at = %(now)s + least(%(longest)s, %(lease)s * power(2, least(attempts, 10))),
    last_error = CASE WHEN attempts > 0 AND last_error = '' THEN %(lost)s ELSE last_error END
WHERE flow_id = (
    SELECT flow_id FROM matching_rematchrequest WHERE due_at <= %(now)s
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING flow_id, version, attempts
"""
LOST = "The worker ended before it was done."


def request_rematches(flow_ids: Iterable[UUID], *, delay: timedelta = NOW) -> None:
    """Have flows matched again after `delay`, or sooner where that is asked for already."""
    ids = list(flow_ids)
    if not ids:
        return
    now = timezone.now()
    due = now + delay
    with connection.cursor() as cursor:
        cursor.execute(_REQUEST, {"now": now, "due": due, "ids": ids})
        times = {row[0] for row in cursor.fetchall()}
    # Where another time stands, whoever has set it has enqueued the task for it.
    if due in times:
        enqueue("matching.tasks.rematch_due", delay=delay)


def rematch_due() -> None:
    """
    Match flows whose time has come; a failing one does not stop the others.

    While all matches are recomputed, or those of a tree of types, nothing is done: the end of that
    run enqueues this again.
    """
    for _ in range(BATCH):
        if not _rematch_next(timezone.now()):
            return
    enqueue("matching.tasks.rematch_due")


def resume_rematches() -> None:
    """Enqueue the work on requests, if there are any whose time has come."""
    if RematchRequest.objects.due(timezone.now()).exists():
        enqueue("matching.tasks.rematch_due")


def retry_rematches(flow_ids: Iterable[UUID]) -> int:
    """Make waiting requests due now; returns how many."""
    now = timezone.now()
    with transaction.atomic():
        count = RematchRequest.objects.filter(pk__in=list(flow_ids)).update(due_at=now)
        resume_rematches()
    return count


def _rematch_next(now: datetime) -> bool:
    """Do one request; returns whether there was one to do."""
    if _all_are_recomputed():
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE, dict[str, Any](now=now, lease=LEASE, longest=LONGEST_BACKOFF, lost=LOST)
        )
        row = cursor.fetchone()
    if row is None:
        return False
    flow_id, version, attempts = row
    # A request that has changed by the end of the work stays, with the time of that change.
    taken = RematchRequest.objects.filter(pk=flow_id, version=version)
    try:
        # Requests are work that waits: what it announces must not wait for room in the queue.
        with outbox.handling(), transaction.atomic():
            store.lock_matches()
            # Looked at after the request was read: a run that begins later sees what it asks for.
            if _all_are_recomputed():
                taken.update(due_at=now, attempts=attempts - 1)
                return False
            rematch_flow(flow_id=flow_id)
            if not taken.delete()[0]:
                RematchRequest.objects.filter(pk=flow_id).update(attempts=0, last_error="")
    except Exception as error:
        logger.exception("The rematch of flow %s failed", flow_id)
        pause = _backoff(attempts)
        reason = "".join(traceback.format_exception(error))[-4000:]
        with transaction.atomic():
            RematchRequest.objects.filter(pk=flow_id).update(last_error=reason)
            taken.update(due_at=timezone.now() + pause)
            enqueue("matching.tasks.rematch_due", delay=pause)
    return True


def _all_are_recomputed() -> bool:
    return MatchingRun.objects.swapped_in().unfinished().exists()


def _backoff(attempts: int) -> timedelta:
    return min(FIRST_BACKOFF * 2 ** min(attempts - 1, 10), LONGEST_BACKOFF)
