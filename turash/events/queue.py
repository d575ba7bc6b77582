"""The queue of tasks: django-q2's ORM broker, taken from in bulk and woken by the database."""

import logging
import time
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.tasks import async_task

logger = logging.getLogger(__name__)

# The channel of the trigger `events_wake_workers`, which speaks when a task is committed.
CHANNEL = "turash_queue"
PAUSE_WITHOUT_DATABASE_S = 0.5
_NOW = timedelta(0)

# Oldest first, and no row that another cluster is taking: one statement instead of two a task.
# As a subquery of the condition the planner could run the SELECT, and its LIMIT, more than once.
_TAKE = """
WITH next AS MATERIALIZED (
    SELECT id FROM django_q_ormq WHERE key = %(key)s AND lock <= %(now)s
    ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE django_q_ormq task SET lock = %(until)s FROM next WHERE task.id = next.id
RETURNING task.id, task.payload
"""


class QueueBroker(ORM):
    """
    Takes several tasks at a time, and sleeps until the database says that there are new ones.

    A task can be put aside for some time (`delay`); it is found by the poll that goes on meanwhile.
    """

    def __init__(self, list_key: str | None = None, *, delay: timedelta = _NOW) -> None:
        super().__init__(list_key)
        self.delay = delay
        self._listening: Any = None

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)
        self.delay, self._listening = _NOW, None

    def enqueue(self, task: str) -> int:
        row = OrmQ(key=self.list_key, payload=task, lock=timezone.now() + self.delay)
        row.save(force_insert=True, using=Conf.ORM)
        return row.pk

    def dequeue(self) -> list[tuple[int, str]] | None:
        try:
            tasks = self._take()
            if not tasks:
                self._wait()
            return tasks
        except DatabaseError:
            # The database is away; a pusher that ended over it would be back no sooner.
            logger.warning("The queue cannot be read; trying again.", exc_info=True)
            self._connection().close()
            time.sleep(PAUSE_WITHOUT_DATABASE_S)
            return None

    def _take(self) -> list[tuple[int, str]]:
        now = timezone.now()
        with self._connection().cursor() as cursor:
            cursor.execute(
                _TAKE,
                {
                    "until": now + timedelta(seconds=Conf.RETRY),
                    "key": self.list_key,
                    "now": now,
                    "limit": Conf.BULK,
                },
            )
            return sorted(cursor.fetchall())

    def _wait(self) -> None:
        """Sleep until a task is committed, or for a poll's pause: put-aside tasks make no noise."""
        connection = self._connection()
        connection.ensure_connection()
        raw = connection.connection
        with connection.wrap_database_errors:
            if self._listening is not raw:
                raw.execute(f"LISTEN {CHANNEL}")
                self._listening = raw
                # What was committed before is not announced: look once more.
                return
            for _ in raw.notifies(timeout=Conf.POLL, stop_after=1):
                pass

    def _connection(self) -> BaseDatabaseWrapper:
        return connections[Conf.ORM]


def enqueue(
    function: str, *, delay: timedelta = _NOW, timeout_s: int | None = None, **kwargs: Any
) -> None:
    """
    Put a task on the queue, in the caller's transaction; workers call `function(**kwargs)`.

    Delivered at least once: the function has to bear being called again. `delay` puts it aside for
    that long at least; `timeout_s` replaces the time limit of the setting Q_CLUSTER.
    """
    # What a task has done is on record where it has done it; a result row would say it again.
    options: dict[str, Any] = {"save": False}
    if delay:
        options["broker"] = QueueBroker(delay=delay)
    if timeout_s is not None:
        options["timeout"] = timeout_s
    async_task(function, q_options=options, **kwargs)
