"""
Actions on many rows, chunk by chunk.

A chunk is one transaction: what the services write of its rows and how far the work is commit
together. So a crash costs a chunk, any worker can go on, and no row is done twice.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from turash.desk.kinds import Kind, kinds, may_use
from turash.desk.models import BulkAction
from turash.errors import DomainError, TryLater
from turash.events.queue import enqueue
from turash.history.cause import caused_by

logger = logging.getLogger(__name__)

CHUNK = 50
# A task hands the rest on after a while, so that other tasks get their turn.
TURN_S = 30.0
MAX_ATTEMPTS = 3
RETRY_PAUSE = timedelta(seconds=10)
# Who acts for an organization does nothing else meanwhile: the action waits.
ACTING_PAUSE = timedelta(minutes=1)
# Longer than a task may take: who is silent for so long is gone.
DEAD_AFTER = timedelta(minutes=11)
# What is told of one by one.
MOST_FAILURES = 200
MOST_ROWS = 100_000


class TooManyRows(DomainError):
    """More than one action takes."""

    code = "too_many_rows"


class BulkActionIsOver(DomainError):
    """It has ended already."""

    code = "bulk_action_is_over"


@dataclass
class Outcome:
    """What became of some rows."""

    changed: list[Any] = field(default_factory=list)
    failures: list[tuple[str, str, str]] = field(default_factory=list)  # key, name, why


@transaction.atomic
def request_bulk_action(*, actor: Any, kind: Kind, rows: QuerySet) -> BulkAction:
    """
    Have an action done to rows, by workers; which rows they are is settled now.

    :raises PermissionDenied: the actor may not do this.
    :raises TooManyRows: there are more than `MOST_ROWS`.
    """
    if not may_use(actor, kind):
        raise PermissionDenied(_("Your role does not do this."))
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[: MOST_ROWS + 1])
    if len(keys) > MOST_ROWS:
        raise TooManyRows(_("Choose at most %d rows at once.") % MOST_ROWS)
    bulk = BulkAction.objects.create(
        action=kind.key,
        requested_by=actor,
        language=get_language() or "en",
        keys=keys,
        total_count=len(keys),
    )
    enqueue("turash.desk.tasks.work", bulk_id=bulk.pk)
    return bulk


def perform(kind: Kind, actor: Any, keys: Sequence[UUID]) -> Outcome:
    """Do an action to rows, in the caller's transaction; one that is refused stops no other."""
    outcome = Outcome()
    held = kind.rows(keys).select_for_update(no_key=True, of=("self",)).order_by("pk")
    found = {row.pk: row for row in held}
    for key in keys:
        row = found.get(key)
        if row is None:
            outcome.failures.append((str(key), "", _("It is gone.")))
            continue
        try:
            with transaction.atomic():
                if kind.do(actor, row):
                    outcome.changed.append(row)
        except (ValidationError, DomainError, PermissionDenied, IntegrityError) as error:
            outcome.failures.append((str(key), str(row)[:200], _why(error)))
    return outcome


def _why(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)[:500]
    return str(getattr(error, "message", error))[:500]


def work(bulk_id: int) -> None:
    """Go on with an action until it is over, or this worker's turn is; idempotent."""
    ends_at = time.monotonic() + TURN_S
    while _tried(bulk_id):
        if time.monotonic() >= ends_at:
            enqueue("turash.desk.tasks.work", bulk_id=bulk_id)
            return


def _tried(bulk_id: int) -> bool:
    """Do a chunk; what goes wrong has it tried again later, or ends the action."""
    try:
        return _step(bulk_id)
    except TryLater as error:
        # More is waiting to be worked on than is good: this goes on when it has become less.
        pause = timedelta(seconds=error.retry_after_s)
        enqueue("turash.desk.tasks.work", delay=pause, bulk_id=bulk_id)
    except (DatabaseError, OSError, MemoryError) as error:
        logger.exception("A step of bulk action %s failed", bulk_id)
        _put_back(bulk_id, f"{type(error).__name__}: {error}")
    return False


@transaction.atomic
def _step(bulk_id: int) -> bool:
    """Do the next rows; returns whether there is more to do now."""
    bulk = _locked(bulk_id)
    if bulk is None or not bulk.is_unfinished:
        return False
    kind, actor = kinds.get(bulk.action), bulk.requested_by
    if kind is None or actor is None or not may_use(actor, kind):
        with translation.override(bulk.language):
            _end(bulk, BulkAction.Status.FAILED, _("Who has asked for it may not do it any more."))
        return False
    if actor.is_acting:
        bulk.updated_at = timezone.now()
        bulk.save(update_fields=["updated_at"])
        enqueue("turash.desk.tasks.work", delay=ACTING_PAUSE, bulk_id=bulk_id)
        return False
    keys = _next_keys(bulk)
    with caused_by(actor.pk, "admin"), translation.override(bulk.language):
        outcome = perform(kind, actor, keys)
    return _note(bulk, len(keys), outcome)


def _locked(bulk_id: int) -> BulkAction | None:
    held = BulkAction.objects.select_for_update(no_key=True, of=("self",))
    return held.defer("keys").select_related("requested_by").filter(pk=bulk_id).first()


def _next_keys(bulk: BulkAction) -> list[UUID]:
    part = f"keys__{bulk.done_count}_{bulk.done_count + CHUNK}"
    return BulkAction.objects.filter(pk=bulk.pk).values_list(part, flat=True).get()


def _note(bulk: BulkAction, count: int, outcome: Outcome) -> bool:
    """Write down what a chunk has come to."""
    now = timezone.now()
    room = max(0, MOST_FAILURES - len(bulk.failures))
    bulk.failures = [*bulk.failures, *outcome.failures[:room]]
    bulk.done_count += count
    bulk.changed_count += len(outcome.changed)
    bulk.failed_count += len(outcome.failures)
    bulk.status, bulk.attempts, bulk.updated_at = BulkAction.Status.RUNNING, 0, now
    bulk.started_at = bulk.started_at or now
    if bulk.done_count >= bulk.total_count:
        _end(bulk, BulkAction.Status.FINISHED)
        return False
    bulk.save()
    return True


def _end(bulk: BulkAction, status: BulkAction.Status, error: str = "") -> None:
    bulk.status, bulk.error = status, error[:2000]
    bulk.updated_at = bulk.finished_at = timezone.now()
    bulk.keys = []
    bulk.save()


@transaction.atomic
def cancel_bulk_action(*, actor: Any, bulk_id: int) -> BulkAction:
    """
    Do no more rows; those that are done stay as they are.

    :raises PermissionDenied: the actor does not look after the region.
    :raises BulkAction.DoesNotExist: there is no such action.
    :raises BulkActionIsOver: it has ended already.
    """
    if not actor.is_facilitator:
        raise PermissionDenied(_("Your role does not do this."))
    bulk = _locked(bulk_id)
    if bulk is None:
        raise BulkAction.DoesNotExist
    if not bulk.is_unfinished:
        raise BulkActionIsOver(_("The action is over already."))
    _end(bulk, BulkAction.Status.CANCELLED)
    return bulk


@transaction.atomic
def _put_back(bulk_id: int, error: str) -> None:
    """Have a chunk tried again, or let the action fail after the last attempt."""
    bulk = _locked(bulk_id)
    if bulk is None or not bulk.is_unfinished:
        return
    bulk.attempts += 1
    if bulk.attempts >= MAX_ATTEMPTS:
        _end(bulk, BulkAction.Status.FAILED, error)
        return
    bulk.updated_at = timezone.now()
    bulk.save(update_fields=["attempts", "updated_at"])
    enqueue("turash.desk.tasks.work", delay=RETRY_PAUSE, bulk_id=bulk_id)


def sweep_bulk_actions(now: datetime) -> None:
    """Enqueue again what a crash has left behind; a worker that was lost counts as an attempt."""
    silent = BulkAction.objects.unfinished().filter(updated_at__lt=now - DEAD_AFTER)
    for key in silent.values_list("pk", flat=True):
        _put_back(key, _("The worker of this step was lost."))
