"""`manage.py events status|sweep|retry`: look after events from the terminal."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from turash.events import sweeper
from turash.events.models import EventDelivery
from turash.events.status import Status, read_status

WATCH_EVERY_S = 2


class Command(BaseCommand):
    help = "Show how events are doing, hand out what waits, or retry what was given up."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        status = actions.add_parser("status", help="what waits, what was given up, who works")
        status.add_argument(
            "--watch", action="store_true", help=f"again every {WATCH_EVERY_S} s, until Ctrl-C"
        )
        actions.add_parser("sweep", help="hand out now what waits for longer than it should")
        retry = actions.add_parser("retry", help="give dead letters a fresh set of attempts")
        retry.add_argument("--handler", help="only those of this handler")
        retry.add_argument("--type", help="only those of events of this type")

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            self._act(action, options)
        except OperationalError as error:
            raise CommandError(
                f"The database does not answer: {str(error).strip()}\nStart it (the private one: "
                "`manage.py services start`), or set DATABASE_URL to where it is."
            ) from error

    def _act(self, action: str, options: dict[str, Any]) -> None:
        if action == "sweep":
            self.stdout.write(f"{sweeper.sweep(grace=sweeper.NO_GRACE)} events handed out.")
        elif action == "retry":
            dead = EventDelivery.objects.dead().of_kind(options["handler"], options["type"])
            self.stdout.write(f"{sweeper.retry_dead(dead)} dead letters will be tried again.")
        else:
            self._show(read_status())
            while options["watch"]:
                time.sleep(WATCH_EVERY_S)
                self.stdout.write("")
                self._show(read_status())

    def _show(self, status: Status) -> None:
        rows = [
            ("Publisher", status.publisher),
            ("Open deliveries", f"{status.open_deliveries} (bound {status.bound})"),
            ("  due", f"{status.due_deliveries}, the oldest since {status.oldest_due_s:.1f} s"),
            ("Tasks waiting", f"{status.tasks_waiting}, the oldest {status.oldest_task_s:.1f} s"),
            (
                "  taken or put aside",
                f"{status.tasks_held}, the oldest {status.oldest_held_s:.1f} s",
            ),
        ]
        if status.clusters is None:
            rows.append(("Worker clusters", "unknown: Redis does not answer"))
        else:
            rows.append(("Worker clusters", len(status.clusters)))
            rows += [
                (f"  {one.host}:{one.pid}", f"{one.state}, {one.worker_count} workers")
                for one in status.clusters
            ]
        if status.stream:
            rows += [
                ("Stream", f"{status.stream.length} entries"),
                ("  unacknowledged", status.stream.unacknowledged),
                ("  consumers", ", ".join(status.stream.consumers) or "none"),
            ]
        rows.append(("Dead letters", status.dead_count))
        rows += [(f"  {one.event_type}", f"{one.count} × {one.handler}")
                 for one in status.dead_letters]  # fmt: skip
        for label, value in rows:
            self.stdout.write(f"{label:<24} {value}")
