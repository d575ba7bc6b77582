"""Real servers for tests: on the test database, on free ports, stopped by pid."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from django.conf import settings
from django.db import connection

from matching.models import MatchingRun, RematchRequest
from turash.events.models import EventDelivery
from turash.local import processes


def environment(**extra: str) -> dict[str, str]:
    """Return the environment of a process that works on the test database."""
    parts = connection.settings_dict
    host = parts["HOST"].replace("/", "%2F")
    address = f"postgis://{parts['USER']}@{host}:{parts['PORT'] or 5432}/{parts['NAME']}"
    own = {
        "DATABASE_URL": address,
        "SECRET_KEY": settings.SECRET_KEY,
        "REDIS_URL": settings.REDIS_URL,
        "REDIS_PREFIX": settings.REDIS_PREFIX,
        "EVENT_PUBLISHER": settings.EVENT_PUBLISHER,
        **{f"API_RATE_{kind.upper()}": rate for kind, rate in settings.API_RATES.items()},
    }
    return os.environ | own | extra


@contextmanager
def running(name: str, *command: str, **extra: str) -> Iterator[subprocess.Popen]:
    """Run a command of the project until the block ends."""
    with processes.log_file(f"test-{name}").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, *command],
            cwd=settings.BASE_DIR,
            env=environment(**extra),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield child
        finally:
            processes.stop_group(f"test-{name}", child)


def worker(*options: str, **extra: str) -> AbstractContextManager[subprocess.Popen]:
    """Run a worker cluster, with more in its environment."""
    return running("worker", "manage.py", "qcluster", *options, **extra)


def consumer(*options: str, **extra: str) -> AbstractContextManager[subprocess.Popen]:
    """Run a consumer of the stream."""
    return running("consumer", "manage.py", "consume_events", *options, **extra)


def free_port() -> int:
    """Return a port that is free on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def web_process(*options: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """Run the web server; the address it answers at, and the process."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running("web", "manage.py", "web", "--port", str(port), *options) as child:
        wait_for(lambda: _answers(f"{url}/login"))
        yield url, child


@contextmanager
def web() -> Iterator[str]:
    """Run the web server; the address it answers at."""
    with web_process() as (url, _):
        yield url


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is so; fail when it takes too long."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not get there in time."
        time.sleep(0.05)


def is_at_rest() -> bool:
    """Whether workers have nothing to do: no delivery, no flow to match again, no run."""
    # In one statement: a delivery makes a request, and a request makes deliveries.
    rematches = RematchRequest.objects.values_list("attempts")
    runs = MatchingRun.objects.unfinished().order_by().values_list("done_count")
    return not EventDelivery.objects.open().values_list("attempts").union(rematches, runs).exists()
