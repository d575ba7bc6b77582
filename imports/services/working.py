"""
The work on an import, chunk by chunk.

A chunk is one transaction: the rows that it writes, what is told of them and how far the work is
commit together. So a crash costs a chunk, any worker can go on, and two that work on the same
import do it one after the other.
"""

import logging
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from imports import files
from imports.models import Import, ImportRow
from imports.reading import Dialect, Table, WrongFile, dialect_of, format_of, unpack
from imports.resources import RESOURCES, Context, Resource, Row
from imports.resources.hotmaps import HotmapsResource
from imports.services.requesting import end, forget_keys, lock_import
from organizations.importers import hotmaps
from turash.errors import TryLater
from turash.events.catalogue import ImportFinished
from turash.events.publishers import publish
from turash.events.queue import enqueue

logger = logging.getLogger(__name__)

CHUNK = 500
# A task hands the rest on after a while, so that other tasks get their turn.
TURN_S = 60.0
MAX_ATTEMPTS = 3
RETRY_PAUSE = timedelta(seconds=10)
# Longer than a task may take: who is silent for so long is gone.
DEAD_AFTER = timedelta(minutes=11)
# Rows of each outcome that are told of one by one.
TOLD = 1000
# Nobody has confirmed it for so long.
FORGOTTEN_AFTER = timedelta(days=7)


def work(import_id: UUID, *, by_workers: bool = True) -> None:
    """
    Go on with an import until its step is done, or this worker's turn is over; idempotent.

    Not `by_workers`: until the step is done.
    """
    ends_at = time.monotonic() + TURN_S
    while _tried(import_id, by_workers=by_workers):
        if by_workers and time.monotonic() >= ends_at:
            enqueue("imports.tasks.work", import_id=import_id)
            return


def _tried(import_id: UUID, *, by_workers: bool) -> bool:
    """Do a chunk; what goes wrong ends the import, or has it tried again later."""
    try:
        return _step(import_id)
    except WrongFile as error:
        _fail(import_id, str(error))
    except hotmaps.WrongFile as error:
        _fail(import_id, str(error))
    except FileNotFoundError:
        _fail(import_id, _("The file is gone; send it again."))
    except TryLater as error:
        # More is waiting to be worked on than is good: this goes on when it has become less.
        pause = timedelta(seconds=error.retry_after_s)
        if not by_workers:
            time.sleep(1)
            return True
        enqueue("imports.tasks.work", delay=pause, import_id=import_id)
    except (DatabaseError, OSError, MemoryError) as error:
        logger.exception("A step of import %s failed", import_id)
        _put_back(import_id, error)
    return False


@transaction.atomic
def _step(import_id: UUID) -> bool:
    """Read the file, or do its next rows; returns whether there is more to do now."""
    job = Import.objects.filter(pk=import_id).first()
    if job is None:
        return False
    job = lock_import(import_id)
    if not job.is_working:
        return False
    with translation.override(job.language):
        return _do(job)


def _do(job: Import) -> bool:
    resource = RESOURCES[job.resource]
    if job.requested_by is None:
        raise WrongFile(_("Who has sent the file is gone."))
    if isinstance(resource, HotmapsResource):
        _take_whole(job, resource)
        return False
    if job.status == Import.Status.READING:
        _read(job, resource)
        return True
    return _do_rows(job, resource)


def _read(job: Import, resource: Resource) -> None:
    """Find out what the file is, and make a table of it."""
    source = files.uploaded(job.pk)
    job.format = format_of(source)
    if job.format != Import.Format.CSV:
        unpack(source, job.format, files.unpacked(job.pk), resource)
    path = files.table_of(job)
    with path.open("rb") as file:
        dialect = dialect_of(file, resource)
    job.dialect = dialect.to_json()
    job.total_bytes = path.stat().st_size
    job.done_bytes, job.row_number = dialect.first_byte, dialect.first_row
    job.status, job.updated_at = Import.Status.CHECKING, timezone.now()
    job.save()


def _do_rows(job: Import, resource: Resource) -> bool:
    writes = job.status == Import.Status.IMPORTING
    dialect = Dialect.from_json(job.dialect)
    with files.table_of(job).open("rb") as file:
        table = Table(file, dialect, offset=job.done_bytes, row=job.row_number)
        rows = list(table.rows(CHUNK))
        is_last = table.offset >= job.total_bytes
        job.done_bytes, job.row_number = table.offset, table.row
    context = Context(
        job=job,
        actor=job.requested_by,  # type: ignore[arg-type]
        writes=writes,
        decimal_comma=dialect.decimal_comma,
    )
    resource.examine(context, rows)
    if writes:
        resource.store(context, rows, announce=job.announces_rows)
    _tell(job, rows)
    job.attempts, job.updated_at = 0, timezone.now()
    if not is_last:
        job.save()
        return True
    if not job.row_count:
        raise WrongFile(_("The file has no rows below its header."))
    _complete(job)
    return False


def _complete(job: Import) -> None:
    if job.status == Import.Status.CHECKING:
        job.status = Import.Status.CHECKED
        job.save()
        forget_keys(job)
        return
    end(job, Import.Status.FINISHED)
    written = job.new_count + job.changed_count
    if written and not job.announces_rows:
        publish(
            ImportFinished(
                source="import",
                organization_count=written if job.resource == "organizations" else 0,
                site_count=written if job.resource == "sites" else 0,
                flow_count=written if job.resource == "flows" else 0,
            )
        )


def _take_whole(job: Import, resource: HotmapsResource) -> None:
    """Do a file that its own importer reads; its events are the importer's."""
    writes = job.status == Import.Status.IMPORTING
    path = files.uploaded(job.pk)
    job.format = Import.Format.CSV
    rows = resource.take(job, path, writes=writes)
    of_outcome: dict[str, int] = {}
    kept = []
    for row in rows:
        of_outcome[row.outcome] = of_outcome.get(row.outcome, 0) + 1
        if of_outcome[row.outcome] <= TOLD:
            kept.append(row)
    ImportRow.objects.bulk_create(kept, batch_size=CHUNK)
    job.done_bytes, job.updated_at = job.total_bytes, timezone.now()
    if writes:
        end(job, Import.Status.FINISHED)
        return
    job.status = Import.Status.CHECKED
    job.save()


def _tell(job: Import, rows: list[Row]) -> None:
    """Count rows, and keep of each outcome the first ones."""
    kept = []
    for row in rows:
        field = f"{row.outcome}_count"
        count = getattr(job, field)
        setattr(job, field, count + 1)
        if count < TOLD:
            kept.append(
                ImportRow(
                    job=job,
                    number=row.number,
                    outcome=row.outcome,
                    title=row.title,
                    changes={
                        name: [_short(before), _short(after)]
                        for name, (before, after) in row.changes.items()
                    },
                    errors=[
                        {"field": field, "message": message} for field, message in row.errors[:20]
                    ],
                )
            )
    ImportRow.objects.bulk_create(kept)


def _short(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return text if len(text) <= 200 else f"{text[:199]}…"


@transaction.atomic
def _fail(import_id: UUID, reason: str) -> None:
    job = Import.objects.filter(pk=import_id).first()
    if job is None:
        return
    job = lock_import(import_id)
    if job.is_working:
        end(job, Import.Status.FAILED, reason)


@transaction.atomic
def _put_back(import_id: UUID, error: Exception) -> None:
    """Have a step tried again, or let the import fail after the last attempt."""
    job = lock_import(import_id)
    if not job.is_working:
        return
    job.attempts += 1
    if job.attempts >= MAX_ATTEMPTS:
        end(job, Import.Status.FAILED, f"{type(error).__name__}: {error}")
        return
    job.updated_at = timezone.now()
    job.save(update_fields=["attempts", "updated_at"])
    enqueue("imports.tasks.work", delay=RETRY_PAUSE, import_id=import_id)


def sweep_imports(now: datetime) -> None:
    """Enqueue again what a crash has left behind; a worker that was lost counts as an attempt."""
    for job in Import.objects.working().filter(updated_at__lt=now - DEAD_AFTER):
        _put_back(job.pk, TimeoutError(_("The worker of this step was lost.")))


def prune_imports(now: datetime) -> None:
    """Give up what nobody confirms, and forget what is long over, files without imports too."""
    for job in Import.objects.filter(
        status=Import.Status.CHECKED, updated_at__lt=now - FORGOTTEN_AFTER
    ):
        with transaction.atomic():
            held = lock_import(job.pk)
            if held.is_checked:
                end(held, Import.Status.CANCELLED, _("Nobody has confirmed it."))
    over = Import.objects.filter(status__in=Import.OVER)
    over.filter(finished_at__lt=now - settings.EVENT_RETENTION).delete()
    files.remove_orphans(now)
