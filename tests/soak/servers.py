"""PostgreSQL and Redis of a storm: private ones, that can be killed."""

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis as redis_client

from turash.local import paths, postgres, processes, redis

PATIENCE_S = 30


@contextmanager
def private_servers() -> Iterator[None]:
    """Run a fresh PostgreSQL and Redis, apart from those of the checkout, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="turash-storm-", ignore_cleanup_errors=True) as folder:
        # The server of PostgreSQL drops to another user, who must get there.
        Path(folder).chmod(0o755)
        paths.LOCAL_DIR = processes.LOCAL_DIR = Path(folder)
        try:
            start_again()
            yield
        finally:
            redis.stop()
            postgres.stop()


def start_again() -> None:
    """Start what does not run; after a crash what is left of the old servers has to go first."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            postgres.ensure_running(durable=True)
            redis.ensure_running()
        except (processes.ServiceFailed, redis_client.RedisError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


def kill_postgres() -> None:
    _end(_pid_of_postgres(), signal.SIGKILL)


def restart_postgres() -> None:
    """A fast shutdown, as for an update of the server."""
    _end(_pid_of_postgres(), signal.SIGINT)


def kill_redis() -> None:
    client = redis_client.Redis.from_url(redis.redis_url())
    _end(client.info("server")["process_id"], signal.SIGKILL)


def _end(pid: int, signal_number: int) -> None:
    os.kill(pid, signal_number)
    try:
        # Its parent, if that is us, lets go of the last trace: it would pass for a running server.
        os.waitpid(pid, 0)
    except ChildProcessError:
        while processes.is_alive(pid):
            time.sleep(0.02)


def _pid_of_postgres() -> int:
    pid = postgres._pid()
    assert pid is not None, "PostgreSQL does not run."
    return pid
