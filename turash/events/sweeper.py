"""Handing out again what a crash left behind, giving dead letters another chance, forgetting."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django_q.models import OrmQ

from turash.events.models import LONGEST_REASON, DomainEvent, EventDelivery
from turash.events.publishers import publisher
from turash.events.querysets import EventDeliveryQuerySet

# Workers find what waits by themselves as long as any task runs; this is for what they have missed.
GRACE = timedelta(seconds=30)
NO_GRACE = timedelta(0)
SWEEP_LIMIT = 1000
PRUNE_LIMIT = 50_000
RETRY_BATCH = 1000


def sweep(*, grace: timedelta = GRACE) -> int:
    """
    Hand out the events of deliveries that have been waiting for longer than `grace`.

    While many tasks wait the workers are merely behind: then nothing is added. Returns how many
    events were handed out.
    """
    room = SWEEP_LIMIT - OrmQ.objects.count()
    if room <= 0:
        return 0
    overdue = EventDelivery.objects.due(timezone.now() - grace).order_by("next_attempt_at", "pk")
    return _hand_out(overdue.values_list("event_id", flat=True)[:room])


def retry_dead(deliveries: EventDeliveryQuerySet) -> int:
    """Give the dead letters among deliveries a fresh set of attempts; returns how many."""
    # Those that come meanwhile are for another time: they might fail as fast as they are retried.
    dead = deliveries.dead().filter(dead_at__lte=timezone.now()).order_by("pk")
    count = 0
    while revived := _revive(dead):
        count += revived
    return count


@transaction.atomic
def _revive(dead: EventDeliveryQuerySet) -> int:
    rows = dict(
        dead.select_for_update(no_key=True, of=("self",)).values_list("pk", "event_id")[
            :RETRY_BATCH
        ]
    )
    EventDelivery.objects.filter(pk__in=list(rows)).update(
        dead_at=None, attempts=0, next_attempt_at=timezone.now()
    )
    _hand_out(rows.values())
    return len(rows)


def discard_dead(deliveries: EventDeliveryQuerySet, *, actor: AbstractBaseUser, reason: str) -> int:
    """
    Settle the dead letters among deliveries: they are never delivered. Returns how many.

    :raises ValueError: there is no reason.
    """
    reason = reason.strip()
    if not reason:
        raise ValueError("A dead letter is discarded for a reason.")
    # What is retried at the same time is no dead letter any more when its row comes free.
    chosen = EventDelivery.objects.filter(pk__in=deliveries.order_by().values("pk")).dead()
    return chosen.update(
        discarded_at=timezone.now(), discarded_by=actor, discard_reason=reason[:LONGEST_REASON]
    )


def hand_out_again(deliveries: Iterable[EventDelivery]) -> int:
    """Hand out the events of open deliveries now; returns how many events."""
    return _hand_out(delivery.event_id for delivery in deliveries)


def prune() -> int:
    """
    Forget settled events that are older than EVENT_RETENTION, with their deliveries.

    What was given up stays until somebody has decided about it, and what was discarded as long
    again, so that one sees who did it and why. `PRUNE_LIMIT` at a time; returns how many events.
    """
    before = timezone.now() - settings.EVENT_RETENTION
    unsettled = EventDelivery.objects.filter(
        Q(discarded_at=None) | Q(discarded_at__gte=before), event=OuterRef("pk"), done_at=None
    )
    old = DomainEvent.objects.filter(~Exists(unsettled), occurred_at__lt=before)
    keys = list(old.order_by("occurred_at").values_list("pk", flat=True)[:PRUNE_LIMIT])
    DomainEvent.objects.filter(pk__in=keys).delete()
    return len(keys)


def _hand_out(event_ids: Iterable[int]) -> int:
    unique = list(dict.fromkeys(event_ids))
    publisher().hand_out(unique)
    return len(unique)
