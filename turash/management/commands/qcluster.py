"""`manage.py qcluster`: the workers; in place of django-q2's own command."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from turash.events.cluster import Cluster

STOP_AFTER_S = 30


class Command(BaseCommand):
    help = (
        "Start the workers. SIGTERM or Ctrl-C lets them finish what they have begun; a second one "
        "ends them at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--stop-after",
            type=int,
            default=STOP_AFTER_S,
            metavar="SECONDS",
            help=f"end tasks that are not done so long after SIGTERM ({STOP_AFTER_S})",
        )

    def handle(self, *, stop_after: int, **options: Any) -> None:
        Cluster(stop_after_s=stop_after).run()
