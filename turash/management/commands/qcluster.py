"""`manage.py qcluster`: django-q2's worker cluster, whose processes keep their connections."""

from typing import Any

from django.db import connections
from django_q.management.commands import qcluster


class Command(qcluster.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        # Web processes close theirs after each request; here a process runs one task at a time,
        # and a connection of its own costs more than most tasks.
        connections.settings["default"] |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
        super().handle(*args, **options)
