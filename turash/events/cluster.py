"""django-q2's worker cluster, as Turash runs it: ends in time, and leaves nobody behind."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

from django.db import connection, connections
from django.dispatch import receiver
from django_q import cluster as django_q_cluster
from django_q.cluster import Cluster as PlainCluster
from django_q.cluster import Sentinel as PlainSentinel
from django_q.conf import Conf, logger
from django_q.queues import Queue
from django_q.signals import post_spawn

# Of prctl(2): the signal that the kernel sends to a process when its parent is gone.
_PR_SET_PDEATHSIG = 1
FORCED = 1
LOOK_AFTER_GUARD_S = 0.5
# The guard goes round twice a second; a database that does not answer may hold it up for a while.
GUARD_IS_LOST_AFTER_S = 120
KILLED_WITHIN_S = 5


class ChildKilled(Exception):
    """A child of the guard was ended by a signal, perhaps with a lock of a queue in its hands."""


class Sentinel(PlainSentinel):
    """
    The guard of a cluster's processes, which starts them all over when one was killed.

    Whoever waits for a task holds a lock of the queue. When it is killed nobody else gets that lock
    any more, so a replacement alone would wait for ever.
    """

    # Shared with the cluster: when the guard was last seen alive, on the monotonic clock.
    seen_at = multiprocessing.Value("d", 0.0, lock=False)

    def status(self) -> str:
        # Asked for on each round, and while the cluster stops.
        self.seen_at.value = time.monotonic()
        return super().status()

    def reincarnate(self, process: Any) -> None:
        if process.exitcode is not None and process.exitcode < 0:
            raise ChildKilled
        super().reincarnate(process)

    def guard(self) -> None:
        while True:
            try:
                super().guard()
            except ChildKilled:
                self._start_over()
            else:
                return

    def _start_over(self) -> None:
        """
        End the children, and start as many with new queues.

        What they were at rolls back. What they had taken comes again: the sweepers see to it.
        """
        logger.critical("A process was killed; starting all of the cluster over.")
        children = [*self.pool, self.monitor, self.pusher]
        for child in children:
            child.kill()
        for child in children:
            child.join(KILLED_WITHIN_S)
        self.task_queue = Queue(maxsize=Conf.QUEUE_LIMIT)
        self.result_queue = Queue()
        self.event_out = multiprocessing.Event()
        self.reincarnations += 1
        self.spawn_cluster()


# django-q2 offers no other way to replace it.
django_q_cluster.Sentinel = Sentinel


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

    def run(self) -> None:
        """
        Start, and work until told to stop.

        Without its guard a cluster is worth nothing: the process ends with 1, so that whoever has
        started it starts it again.
        """
        self.start()
        while self.sentinel.is_alive():
            self.sentinel.join(LOOK_AFTER_GUARD_S)
            silent_s = time.monotonic() - Sentinel.seen_at.value
            if not self._is_ending and silent_s > GUARD_IS_LOST_AFTER_S:
                logger.critical("The guard has been silent for %d s.", silent_s)
                os._exit(FORCED)
        if not self._is_ending:
            logger.critical("The guard has ended with %s.", self.sentinel.exitcode)
            sys.exit(FORCED)

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
