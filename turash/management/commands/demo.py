"""`manage.py demo`: Turash with the demo region, web and worker included, until Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from matching import engine, services
from turash.demo import loader
from turash.local import postgres, processes, redis, static_files

PORTS_TRIED = 20


class Command(BaseCommand):
    help = "Start Turash with the demo region and print its address and logins; Ctrl-C stops it."
    # The checks look at the database, which this command is about to start.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="first port to try (8000)")

    def handle(self, *, port: int, **options: Any) -> None:
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: _stop(stopping))
        try:
            with ExitStack() as running:
                self._run(port, running, stopping)
        except processes.ServiceFailed as error:
            raise CommandError(str(error)) from error
        except Interrupted:
            pass
        self.stdout.write("Turash has stopped.")

    def _run(self, port: int, running: ExitStack, stopping: threading.Event) -> None:
        if _is_private_database():
            self._start_service("PostgreSQL", postgres, running)
        if redis.redis_url() == settings.REDIS_URL:
            self._start_service("Redis", redis, running)
        with self._step("Database"):
            call_command("migrate", verbosity=0)
        with self._step("Static files"):
            static_files.collect()
        with self._step("Matching engine"):
            engine.warm_up()
        with self._step("Demo region"):
            report = loader.load_demo_region(progress=lambda _: None)
            if report.flows:
                # One run of all is quicker than a rematch of each, and ends with the clusters.
                services.request_run_of_all()
        # The web and the worker make their own; an open one would hold up PostgreSQL's stop.
        connections.close_all()
        port = _free_port(port)
        url = f"http://localhost:{port}/"
        web = [sys.executable, "manage.py", "web", "--port", str(port), "--stop-after", "5"]
        worker = [sys.executable, "manage.py", "qcluster"]
        with self._step("Web and worker"):
            children = {
                name: self._start_child(name, command, running, url)
                for name, command in (("worker", worker), ("web", web))
            }
            _wait_until(lambda: _answers(url), children, stopping)
        self._welcome(url)
        _wait_until(lambda: False, children, stopping)

    def _start_service(self, name: str, service: Any, running: ExitStack) -> None:
        with self._step(name):
            if service.ensure_running():
                running.callback(service.stop)

    def _start_child(
        self, name: str, command: list[str], running: ExitStack, url: str
    ) -> subprocess.Popen[bytes]:
        log = running.enter_context(processes.log_file(name).open("ab"))
        child = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            # Links in e-mails lead to the port that was free, unless somebody says where to.
            env={"SITE_URL": url, **os.environ},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # A Ctrl-C in the terminal is for this process alone, which stops the others in order.
            start_new_session=True,
        )
        running.callback(processes.stop_group, name, child)
        return child

    @contextmanager
    def _step(self, title: str) -> Iterator[None]:
        self.stdout.write(f"  {title:<18}", ending="")
        self.stdout.flush()
        started = time.monotonic()
        yield
        self.stdout.write(f"{time.monotonic() - started:5.1f} s")

    def _welcome(self, url: str) -> None:
        self.stdout.write(f"\nTurash runs at {self.style.SUCCESS(url)}  (admin: {url}admin/)\n\n")
        for login in loader.DEMO_LOGINS:
            self.stdout.write(f"  {login.email:<34} {login.password:<18} {login.role}")
        self.stdout.write("\nCtrl-C stops it.")
        self.stdout.flush()


class Interrupted(Exception):
    """Somebody wants the demo to end."""


def _stop(stopping: threading.Event) -> None:
    """End a step under way by an exception, once; the clean-up that follows is not cut short."""
    if not stopping.is_set():
        stopping.set()
        raise Interrupted


def _is_private_database() -> bool:
    private = postgres.connection_settings()
    return all(settings.DATABASES["default"].get(key) == private[key] for key in private)


def _free_port(first: int) -> int:
    """
    Return the first port that is free on loopback.

    :raises CommandError: many in a row are taken.
    """
    for port in range(first, first + PORTS_TRIED):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise CommandError(
        f"The ports {first} to {first + PORTS_TRIED - 1} are taken; choose another with --port."
    )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310  # our own address
            return True
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _wait_until(
    is_done: Callable[[], bool],
    children: dict[str, subprocess.Popen[bytes]],
    stopping: threading.Event,
) -> None:
    """
    Wait while the children run.

    :raises CommandError: one of them has ended by itself.
    """
    while not stopping.is_set() and not is_done():
        for name, child in children.items():
            if child.poll() is not None:
                raise CommandError(
                    f"The {name} process ended with {child.returncode}.\n{processes.tail(name)}"
                )
        stopping.wait(0.1)
