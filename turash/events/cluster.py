"""django-q2's worker cluster, as Turash runs it: ends in time, and leaves nobody behind."""

import ctypes
import os
import signal
import threading
from types import FrameType
from typing import Any

from django.db import connection, connections
from django.dispatch import receiver
from django_q.cluster import Cluster as PlainCluster
from django_q.signals import post_spawn

# Of prctl(2): the signal that the kernel sends to a process when its parent is gone.
_PR_SET_PDEATHSIG = 1
FORCED = 1


class Cluster(PlainCluster):
    """
    A cluster that finishes what it has begun when it is told to stop, but not for ever.

    A second signal, or the end of `stop_after_s`, ends all its processes at once. What they were at
    rolls back, and the sweepers hand it out again.
    """

    def __init__(self, *, stop_after_s: int) -> None:
        super().__init__()
        self.stop_after_s = stop_after_s
        self._is_ending = False

    def start(self) -> int:
        keep_connections()
        os.register_at_fork(after_in_child=_die_with_parent)
        return super().start()

    def sig_handler(self, signum: int, frame: FrameType | None) -> None:
        if self._is_ending:
            os._exit(FORCED)
        self._is_ending = True
        end_at_the_latest(self.stop_after_s)
        super().sig_handler(signum, frame)


def end_at_the_latest(seconds: float) -> None:
    """End this process by force when it is still there after so long; its children go with it."""
    timer = threading.Timer(seconds, os._exit, [FORCED])
    timer.daemon = True
    timer.start()


def keep_connections() -> None:
    """
    Let this process and its children keep their connection to the database.

    Web processes close theirs after each request. A worker does one thing at a time, and a new
    connection would cost it more than most of its tasks.
    """
    connections.settings["default"] |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}


@receiver(post_spawn)
def worker_has_started(**_: Any) -> None:
    """Connect now, so that the first task does not wait for it."""
    connection.ensure_connection()


def _die_with_parent() -> None:
    """Ask the kernel to end this process with its parent: orphans would work on unguarded."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
