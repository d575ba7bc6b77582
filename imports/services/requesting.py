"""Asking for an import, confirming it after its dry run, giving it up."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from imports import files
from imports.models import Import, ImportKey
from imports.resources import RESOURCES
from organizations import permissions as access
from organizations.models import Organization, User
from turash import rate_limits
from turash.errors import DomainError, InvalidInput
from turash.events.queue import enqueue

# Files of one user.
LIMIT = rate_limits.Limit("import", burst=20, refill=timedelta(seconds=30))
MOST_UNFINISHED = 10
LONGEST_NAME = 200
# Beyond so many rows one event tells of all of them, and all matches are computed again.
ANNOUNCED = 500


class NotReady(DomainError):
    """The dry run is not done, or the import was confirmed already."""

    code = "import_not_ready"


class ImportIsOver(DomainError):
    """The import has ended already."""

    code = "import_is_over"


class TooManyImports(DomainError):
    """So many wait for their user that another one has to wait."""

    code = "too_many_imports"


@transaction.atomic
def request_import(
    *,
    actor: User,
    resource: str,
    name: str,
    chunks: Iterable[bytes],
    organization: Organization | None = None,
    by_workers: bool = True,
) -> Import:
    """
    Take a file, and have its dry run done: nothing of it is written before it is confirmed.

    With an `organization` all rows are of it. Not `by_workers`: the caller does the work.

    :raises InvalidInput: there is no such kind of rows, or the file is too large.
    :raises PermissionDenied: the actor may not import these, or not into this organization.
    :raises TooManyImports: of the actor many are unfinished.
    :raises TooManyRequests: the actor has sent files too often.
    """
    kind = RESOURCES.get(resource)
    if kind is None:
        raise InvalidInput({"resource": [_("Choose one of: %s.") % ", ".join(RESOURCES)]})
    access.require(
        kind.may_import(actor, organization),
        _("Facilitators import these.") if kind.is_for_facilitators else None,
    )
    if by_workers and not actor.is_facilitator:
        rate_limits.spend(LIMIT, actor.pk)
    open_ones = Import.objects.filter(requested_by=actor).exclude(status__in=Import.OVER)
    if by_workers and open_ones.count() >= MOST_UNFINISHED:
        raise TooManyImports(_("Confirm or cancel your other imports first."))
    job = Import(
        resource=resource,
        organization=organization,
        requested_by=actor,
        file_name=_plain(name),
        language=get_language() or "en",
    )
    job.total_bytes = files.keep(job.pk, chunks)
    job.save(force_insert=True)
    if by_workers:
        enqueue("imports.tasks.work", import_id=job.pk)
    return job


@transaction.atomic
def confirm_import(*, actor: User, import_id: UUID, by_workers: bool = True) -> Import:
    """
    Have written what the dry run has shown; rows that are wrong are left out.

    :raises Import.DoesNotExist: there is no such import.
    :raises PermissionDenied: the actor may not import these.
    :raises NotReady: its dry run is not done, or it was confirmed already.
    """
    job = lock_import(import_id)
    access.require(RESOURCES[job.resource].may_import(actor, job.organization))
    if not actor.is_facilitator:
        access.require(job.requested_by_id == actor.pk, _("Who has sent the file confirms it."))
    if not job.is_checked:
        raise NotReady(_("Only what has come through its dry run can be confirmed, and once."))
    now = timezone.now()
    counts = job.counts
    job.dry_run_counts = counts
    job.announces_rows = counts["new"] + counts["changed"] <= ANNOUNCED
    for outcome in counts:
        setattr(job, f"{outcome}_count", 0)
    job.status, job.confirmed_at, job.updated_at = Import.Status.IMPORTING, now, now
    job.attempts, job.row_number = 0, job.dialect.get("first_row", 0)
    job.done_bytes = job.dialect.get("first_byte", 0)
    job.save()
    job.rows.all().delete()
    forget_keys(job)
    if by_workers:
        enqueue("imports.tasks.work", import_id=job.pk)
    return job


@transaction.atomic
def cancel_import(*, actor: User, import_id: UUID) -> Import:
    """
    End an import; what it has written already stays.

    :raises Import.DoesNotExist: there is no such import.
    :raises PermissionDenied: the actor has not sent it, and is no facilitator.
    :raises ImportIsOver: it has ended already.
    """
    job = lock_import(import_id)
    access.require(actor.is_facilitator or job.requested_by_id == actor.pk)
    if job.is_over:
        raise ImportIsOver(_("The import is over already."))
    end(job, Import.Status.CANCELLED)
    return job


def lock_import(import_id: UUID) -> Import:
    """Return an import that nobody else works on until the transaction ends."""
    return Import.objects.select_for_update(no_key=True, of=("self",)).get(pk=import_id)


def end(job: Import, status: Import.Status, error: str = "") -> None:
    """Put a locked import to its end, and its file away."""
    job.status, job.error = status, error[:2000]
    job.updated_at = job.finished_at = timezone.now()
    job.save()
    forget_keys(job)
    transaction.on_commit(partial(files.forget, job.pk))


def forget_keys(job: Import) -> None:
    ImportKey.objects.filter(job=job).delete()


def _plain(name: str) -> str:
    """Return the name of a file without path and control characters."""
    base = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in base if sign.isprintable())[-LONGEST_NAME:] or "file"
