"""How events are doing: what waits, what was given up, who works."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis
from django.conf import settings
from django.db.models import Count, Max, Min
from django.utils import timezone
from django_q.models import OrmQ
from django_q.status import Stat

from turash.events import outbox, streams
from turash.events.models import EventDelivery
from turash.events.publishers import publisher


@dataclass(frozen=True)
class DeadLetters:
    """Dead letters of one kind: the same handler, the same type of event."""

    handler: str
    event_type: str
    count: int
    newest_at: datetime


@dataclass(frozen=True)
class Cluster:
    """A worker cluster that has been heard of in the last seconds."""

    host: str
    pid: int
    state: str
    worker_count: int
    waiting_in_memory: int
    reincarnations: int
    started_at: datetime


@dataclass(frozen=True)
class Stream:
    """The Redis stream, and the consumers that have been heard of lately."""

    length: int
    unacknowledged: int
    consumers: Sequence[str]


@dataclass(frozen=True)
class Status:
    """Ages in seconds; a count of open deliveries stops at the bound."""

    publisher: str
    open_deliveries: int
    bound: int
    due_deliveries: int
    oldest_due_s: float
    dead_letters: Sequence[DeadLetters]
    tasks_waiting: int
    # Taken by a worker, or put aside until later.
    tasks_held: int
    oldest_task_s: float
    oldest_held_s: float
    # None: Redis, where clusters leave their signs of life, does not answer.
    clusters: Sequence[Cluster] | None
    # None: events do not come over a stream, or Redis does not answer.
    stream: Stream | None

    @property
    def dead_count(self) -> int:
        return sum(kind.count for kind in self.dead_letters)


def read_status() -> Status:
    """Look at the outbox, the queue, the workers and the stream."""
    now = timezone.now()
    due = EventDelivery.objects.due(now).aggregate(count=Count("pk"), since=Min("next_attempt_at"))
    waiting = OrmQ.objects.filter(lock__lte=now)
    held = OrmQ.objects.filter(lock__gt=now)
    return Status(
        publisher=settings.EVENT_PUBLISHER.rpartition(".")[2],
        open_deliveries=outbox.count_open(at_most=settings.EVENT_QUEUE_LIMIT),
        bound=settings.EVENT_QUEUE_LIMIT,
        due_deliveries=due["count"],
        oldest_due_s=(now - due["since"]).total_seconds() if due["since"] else 0.0,
        dead_letters=_dead_letters(),
        tasks_waiting=waiting.count(),
        tasks_held=held.count(),
        oldest_task_s=_age_s(waiting.order_by("pk").first(), now),
        oldest_held_s=_age_s(held.order_by("pk").first(), now),
        clusters=_clusters(),
        stream=_stream(),
    )


def _dead_letters() -> list[DeadLetters]:
    kinds = (
        EventDelivery.objects.dead()
        .values("handler", "event__type")
        .annotate(count=Count("pk"), newest_at=Max("dead_at"))
        .order_by("-count", "handler", "event__type")
    )
    return [
        DeadLetters(kind["handler"], kind["event__type"], kind["count"], kind["newest_at"])
        for kind in kinds
    ]


def _age_s(task: OrmQ | None, now: datetime) -> float:
    if task is None:
        return 0.0
    # A payload that was signed with another key tells nothing.
    since = task.task.get("started", now)
    return max(0.0, (now - since).total_seconds())


def _clusters() -> list[Cluster] | None:
    try:
        stats = Stat.get_all()
    except redis.RedisError:
        return None
    return [
        Cluster(
            host=stat.host,
            pid=stat.pid,
            state=str(stat.status),
            worker_count=len(stat.workers),
            waiting_in_memory=stat.task_q_size,
            reincarnations=stat.reincarnations,
            started_at=stat.tob,
        )
        for stat in stats
    ]


def _stream() -> Stream | None:
    if not isinstance(publisher(), streams.StreamsPublisher):
        return None
    client = streams.client(timeout_s=streams.ADD_TIMEOUT_S)
    try:
        length = client.xlen(streams.STREAM)
        groups: Any = client.xinfo_groups(streams.STREAM) if length else []
        consumers = streams.living_consumers()
    except redis.RedisError:
        return None
    return Stream(
        length=int(length),
        unacknowledged=sum(group["pending"] for group in groups),
        consumers=consumers,
    )
