"""`manage.py draw_proposals`: bring the diagram in docs/proposals.md up to date."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from proposals.diagram import draw_into


class Command(BaseCommand):
    help = "Draw the states of a proposal and their steps into docs/proposals.md."

    def handle(self, *args: Any, **options: Any) -> None:
        changed = draw_into(settings.BASE_DIR / "docs/proposals.md")
        self.stdout.write("docs/proposals.md is drawn anew." if changed else "Nothing has changed.")
