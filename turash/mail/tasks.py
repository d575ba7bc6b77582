"""What workers run for e-mail."""

from datetime import date
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from turash.events.queue import enqueue
from turash.mail.services import digests, sending


def send(*, mail_id: int, **_: object) -> None:
    """Send one e-mail."""
    sending.send(mail_id)


def sweep(**_: object) -> int:
    """Hand out again what was left behind (scheduled every minute)."""
    return sending.sweep(timezone.now())


def start_digests(**_: object) -> None:
    """Write the digests of today (scheduled every day)."""
    enqueue("turash.mail.tasks.write_digests", day=timezone.now().date().isoformat())


def write_digests(*, day: str, after: str | None = None, **_: object) -> None:
    """Write the digests of a day for the next users, and go on with the others in another task."""
    last = digests.write_some(date.fromisoformat(day), after=UUID(after) if after else None)
    if last is not None:
        enqueue("turash.mail.tasks.write_digests", day=day, after=str(last))


def prune(**_: object) -> None:
    """Forget old e-mails (scheduled every day); goes on in another task if there are many."""
    count = sending.prune(timezone.now() - settings.EVENT_RETENTION)
    if count == sending.PRUNE_LIMIT:
        enqueue("turash.mail.tasks.prune")
