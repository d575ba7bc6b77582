"""`manage.py services start|stop|status`: the private PostgreSQL and Redis of this checkout."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from turash.local import postgres, processes, redis

SERVICES = {"PostgreSQL": postgres, "Redis": redis}


class Command(BaseCommand):
    help = "Start or stop the private PostgreSQL and Redis, or tell whether they run."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["start", "stop", "status"])

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            for name, service in SERVICES.items():
                if action == "start":
                    service.ensure_running()
                elif action == "stop":
                    service.stop()
                self.stdout.write(f"{name}: {'running' if service.is_running() else 'stopped'}")
        except processes.ServiceFailed as error:
            raise CommandError(str(error)) from error
