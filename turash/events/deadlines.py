"""A handler has so much time, and is stopped when it is over."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from django.db import connection


class DeadlineExceeded(TimeoutError):
    """The time for the work is over."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """
    Stop the block by an exception when it takes longer; a limit around it goes on afterwards.

    Works by SIGALRM, so only in the main thread of a process, which is where workers work;
    elsewhere the limit on statements of the database alone holds.

    :raises DeadlineExceeded: the time is over.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def expire(number: int, frame: FrameType | None) -> None:
        raise DeadlineExceeded(f"Stopped after {seconds:g} s.")

    started = time.monotonic()
    outer_handler = signal.signal(signal.SIGALRM, expire)
    outer_seconds, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, outer_handler)
        if outer_seconds:
            left = outer_seconds - (time.monotonic() - started)
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.001))


def limit_statements(*, statement_s: float, lock_s: float) -> None:
    """Bound each statement, and each wait for a lock, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true),"
            " set_config('lock_timeout', %s, true)",
            [str(int(statement_s * 1000)), str(int(lock_s * 1000))],
        )
