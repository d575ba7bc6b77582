"""
Events flow while everything is killed at random: `python -m tests.soak.storm --rounds 200`.

The servers, workers and the web are private to the storm. It ends with a verdict: every event
handled, each effect once, the last state in place.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

PUBLISHERS = {
    "queue": "turash.events.publishers.QueuePublisher",
    "streams": "turash.events.streams.StreamsPublisher",
}
ORGANIZATIONS = 6
FLOWS_EACH = 6
# A partition of which nothing is heard is given away after a minute, and again.
QUIET_AFTER_S = 600


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--publisher", choices=PUBLISHERS, default="queue")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--events", type=int, default=10_000, help="at least so many events")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "turash.settings",
        "EVENT_PUBLISHER": PUBLISHERS[arguments.publisher],
        # What a dead worker held is free after twice that time.
        "EVENT_HANDLER_LIMIT_S": "3",
        "LOG_LEVEL": "ERROR",
    }
    from tests.soak import servers

    with servers.private_servers():
        import django

        from turash.local import postgres, redis

        os.environ["DATABASE_URL"] = _address(postgres.connection_settings())
        os.environ["REDIS_URL"] = redis.redis_url()
        django.setup()
        return _Storm(arguments).run()


def _address(parts: dict[str, str]) -> str:
    host = parts["HOST"].replace("/", "%2F")
    return f"postgis://{parts['USER']}@{host}:{parts['PORT']}/{parts['NAME']}"


class _Storm:
    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.chance = random.Random(arguments.seed)
        self.children: dict[str, subprocess.Popen] = {}
        self.killed: Counter[str] = Counter()
        self.port = 0
        self.started = time.monotonic()

    def run(self) -> int:
        from tests.soak.verdict import complaints

        with ExitStack() as stack:
            stack.callback(self._end_children)
            writers = self._set_the_stage()
            self._say(f"the storm begins, with seed {self.arguments.seed}")
            for writer in writers:
                writer.start()
            self._rounds()
            for writer in writers:
                writer.stopping.set()
            for writer in writers:
                writer.join()
            self._mend()
            self._say("the storm is over; waiting for what is left")
            quiet = self._wait_until_quiet()
            figures = self._figures(writers)
            self._end_children()
            found = ([] if quiet else ["It did not come to rest."]) + complaints(writers)
        self._say(", ".join(f"{count} {name}" for name, count in figures.items()))
        self._say("killed: " + ", ".join(f"{n} × {name}" for name, n in self.killed.most_common()))
        for complaint in found:
            print("WRONG:", complaint)
        print("Every event was handled, once." if not found else f"{len(found)} complaints.")
        return 1 if found else 0

    def _say(self, text: str) -> None:
        print(f"[{time.monotonic() - self.started:6.1f} s] {text}", flush=True)

    # --- The stage ----------------------------------------------------------------------------

    def _set_the_stage(self) -> list:
        from django.core.management import call_command
        from django.db import connections

        from tests.factories import MembershipFactory, ResourceFlowFactory
        from tests.soak.writers import ServiceWriter, WebWriter
        from turash.callers.services import make_token

        call_command("migrate", verbosity=0)
        writers: list = []
        owners = MembershipFactory.create_batch(ORGANIZATIONS)
        for number, owner in enumerate(owners):
            flows = [
                ResourceFlowFactory(
                    site__organization=owner.organization,
                    direction="output" if (number + place) % 2 else "input",
                )
                for place in range(FLOWS_EACH)
            ]
            keys = [flow.pk for flow in flows]
            seed = self.chance.random()
            if number % 3 == 2:
                token = make_token(owner.user)[1]
                writers.append(WebWriter(owner.user, keys, seed, token=token))
            else:
                writers.append(ServiceWriter(owner.user, keys, seed))
        connections.close_all()
        self.port = _free_port()
        for writer in writers:
            if isinstance(writer, WebWriter):
                writer.url = f"http://127.0.0.1:{self.port}"
        for name in self._commands():
            self._start(name)
        return writers

    def _commands(self) -> dict[str, list[str]]:
        manage = [sys.executable, "manage.py"]
        names = {
            "cluster 1": [*manage, "qcluster"],
            "cluster 2": [*manage, "qcluster"],
            "web": [*manage, "web", "--port", str(self.port)],
        }
        if self.arguments.publisher == "streams":
            names |= {f"consumer {n}": [*manage, "consume_events"] for n in (1, 2, 3)}
            del names["cluster 2"]
        return names

    def _start(self, name: str) -> None:
        log = Path(os.environ.get("STORM_LOG", os.devnull)).open("ab")  # noqa: SIM115
        self.children[name] = subprocess.Popen(
            self._commands()[name], stdout=log, stderr=log, start_new_session=True
        )
        log.close()

    # --- The weather --------------------------------------------------------------------------

    def _rounds(self) -> None:
        from django.db import DatabaseError

        number = 0
        while number < self.arguments.rounds or self._events() < self.arguments.events:
            number += 1
            time.sleep(self.chance.uniform(0.2, 2.5))
            name, strike = self.chance.choice(self._strikes())
            try:
                strike()
            except (DatabaseError, OSError, AssertionError):
                continue
            self.killed[name] += 1
            time.sleep(self.chance.uniform(0, 0.5))
            self._mend()
            if number % 10 == 0:
                self._request_run(of_all=number % 50 == 0)
            if number % 20 == 0:
                self._say(f"round {number}, {self._events()} events")

    def _request_run(self, *, of_all: bool) -> None:
        from django.db import DatabaseError, connection

        from matching import services
        from organizations.models import Organization

        try:
            if of_all:
                services.request_run_of_all()
            else:
                services.request_run(organization=Organization.objects.order_by("?").first())
        except (DatabaseError, services.RunInProgress):
            connection.close()

    def _strikes(self) -> list[tuple[str, Callable[[], object]]]:
        from tests.soak import servers

        strikes: list[tuple[str, Callable[[], object]]] = [
            ("Redis", servers.kill_redis),
            ("PostgreSQL", servers.kill_postgres),
            ("PostgreSQL restarted", servers.restart_postgres),
        ]
        for name, child in self.children.items():
            strikes.append((name, child.kill))
            if name.startswith("cluster"):
                # One of its processes: a worker, the pusher, the monitor or their guard.
                strikes += [(f"process of {name}", lambda pid=child.pid: self._kill_one(pid))] * 3
        return strikes

    def _kill_one(self, pid: int) -> None:
        family = [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and entry.name != str(pid) and _group_of(entry.name) == pid
        ]
        os.kill(self.chance.choice(family) if family else pid, signal.SIGKILL)

    def _mend(self) -> None:
        from tests.soak import servers

        servers.start_again()
        for name, child in self.children.items():
            if child.poll() is not None:
                self._start(name)

    def _end_children(self) -> None:
        for child in self.children.values():
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.wait()

    # --- After it -----------------------------------------------------------------------------

    def _events(self) -> int:
        from django.db import DatabaseError, connection

        from turash.events.models import DomainEvent

        try:
            return DomainEvent.objects.count()
        except DatabaseError:
            connection.close()
            return 0

    def _wait_until_quiet(self) -> bool:
        from django.db import connection

        from tests.processes import is_at_rest

        deadline = time.monotonic() + QUIET_AFTER_S
        while time.monotonic() < deadline:
            self._mend()
            connection.close_if_unusable_or_obsolete()
            if is_at_rest():
                return True
            time.sleep(0.5)
        return False

    def _figures(self, writers: list) -> dict[str, int]:
        from django.db.models import Count

        from matching.models import MatchingRun
        from turash.events.models import DomainEvent, EventDelivery

        again = EventDelivery.objects.filter(attempts__gt=1).aggregate(count=Count("pk"))
        return {
            "events": DomainEvent.objects.count(),
            "deliveries": EventDelivery.objects.count(),
            "of them tried more than once": again["count"],
            "matching runs": MatchingRun.objects.count(),
            "edits confirmed": sum(writer.edits for writer in writers),
            "edits rolled back": sum(writer.rolled_back for writer in writers),
        }


def _group_of(pid: str) -> int:
    try:
        return os.getpgid(int(pid))
    except ProcessLookupError:
        return 0


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    sys.exit(main())
