"""`manage.py web`: the web server, which answers what it has begun before it ends."""

import resource
import sys
from typing import Any

from daphne.access import AccessLogGenerator
from daphne.endpoints import build_endpoint_description_strings
from django.core.management.base import BaseCommand, CommandParser

from matching import engine
from turash.asgi import application
from turash.realtime.server import Server

# Connections that may wait to be accepted: after a restart everybody comes back.
BACKLOG = 1024


class Command(BaseCommand):
    help = "Serve pages, API and websockets; SIGTERM and Ctrl-C end it in order."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (8000)")
        parser.add_argument(
            "--stop-after",
            type=float,
            default=25.0,
            metavar="SECONDS",
            help="time for the requests under way once it shall end (25)",
        )

    def handle(self, *, host: str, port: int, stop_after: float, **options: Any) -> None:
        # Each websocket is an open file, and the usual limit is 1024 of them.
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        # A flow's page computes near misses and more: nobody who asks waits for the compiler.
        engine.warm_up()
        endpoints = build_endpoint_description_strings(host=host, port=port)
        Server(
            application,
            endpoints=[f"{endpoint}:backlog={BACKLOG}" for endpoint in endpoints],
            action_logger=AccessLogGenerator(sys.stdout),
            stop_after=stop_after,
        ).run()
