"""`manage.py consume_events`: handle the events of the Redis stream, until told to stop."""

import os
import signal
import socket
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from turash.events import cluster
from turash.events.consumers import Consumer
from turash.events.publishers import publisher
from turash.events.streams import StreamsPublisher

STOP_AFTER_S = 30


class Command(BaseCommand):
    help = (
        "Handle events that come over Redis Streams; start as many as there are cores, on as many "
        "machines as you like. SIGTERM or Ctrl-C lets it finish what it has begun."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--name",
            default=f"{socket.gethostname()}-{os.getpid()}",
            help="name within the consumer group (host and process id)",
        )
        parser.add_argument(
            "--stop-after",
            type=int,
            default=STOP_AFTER_S,
            metavar="SECONDS",
            help=f"end at the latest so long after SIGTERM ({STOP_AFTER_S})",
        )

    def handle(self, *, name: str, stop_after: int, **options: Any) -> None:
        if not isinstance(publisher(), StreamsPublisher):
            raise CommandError(
                "Events do not come over Redis Streams here: set "
                "EVENT_PUBLISHER=turash.events.streams.StreamsPublisher for every process."
            )
        cluster.keep_connections()
        consumer = Consumer(name)

        def end(*_: Any) -> None:
            if consumer.is_stopping:
                os._exit(cluster.FORCED)
            consumer.stop()
            cluster.end_at_the_latest(stop_after)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        self.stdout.write(f"{name} handles events.")
        self.stdout.flush()
        consumer.run()
        self.stdout.write(f"{name} has stopped.")
