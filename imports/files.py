"""Where files wait until they are brought in; outside of everything that is served."""

import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from imports.models import Import
from turash.errors import InvalidInput

# Of a transaction that was rolled back nothing remains but the file.
ORPHANS_AFTER = timedelta(days=1)


def uploaded(key: UUID) -> Path:
    """The file as it was sent."""
    return Path(settings.IMPORTS_DIR) / f"{key}.upload"


def unpacked(key: UUID) -> Path:
    """The table made of a file of another format."""
    return Path(settings.IMPORTS_DIR) / f"{key}.table"


def table_of(job: Import) -> Path:
    """The table whose rows are read."""
    return uploaded(job.pk) if job.format == Import.Format.CSV else unpacked(job.pk)


def keep(key: UUID, chunks: Iterable[bytes]) -> int:
    """
    Write what was sent into a file; returns its size [bytes].

    :raises InvalidInput: it is larger than is taken.
    """
    folder = Path(settings.IMPORTS_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    size = 0
    path = uploaded(key)
    try:
        with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
            for chunk in chunks:
                size += len(chunk)
                if size > settings.IMPORT_LARGEST_BYTES:
                    raise InvalidInput({"file": [too_large()]})
                file.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return size


def too_large() -> str:
    return _("The file is larger than %d MB.") % (settings.IMPORT_LARGEST_BYTES // 1024**2)


def forget(key: UUID) -> None:
    uploaded(key).unlink(missing_ok=True)
    unpacked(key).unlink(missing_ok=True)


def remove_orphans(now: datetime) -> int:
    """Delete files of imports that are over, or were never begun; returns how many."""
    before = (now - ORPHANS_AFTER).timestamp()
    waiting = Import.objects.exclude(status__in=Import.OVER)
    needed = {str(key) for key in waiting.values_list("pk", flat=True)}
    removed = 0
    for path in Path(settings.IMPORTS_DIR).glob("*.*"):
        if path.stem not in needed and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            removed += 1
    return removed
