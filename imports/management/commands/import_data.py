"""`manage.py import_data FILE --as flows`."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from imports import services
from imports.models import Import, ImportRow
from imports.resources import RESOURCES
from organizations.models import Organization, User
from turash.errors import DomainError, InvalidInput

CHUNK_BYTES = 1024 * 1024
ROWS_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Import a CSV, XLSX or GeoJSON file: its dry run first, then, without --dry-run, what that "
        "has shown. A second run changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--as", dest="resource", required=True, choices=list(RESOURCES))
        parser.add_argument(
            "--organization", metavar="SLUG", help="whose all rows are; else the rows name theirs"
        )
        parser.add_argument(
            "--user", metavar="EMAIL", help="on whose behalf; else the first superuser's"
        )
        parser.add_argument("--dry-run", action="store_true", help="change nothing")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *, file: Path, dry_run: bool, **options: Any) -> None:
        actor = user_of(options["user"])
        try:
            job = services.request_import(
                actor=actor,
                resource=options["resource"],
                organization=organization_of(options["organization"]),
                name=file.name,
                chunks=_chunks(file),
                by_workers=False,
            )
            job = self._step(job)
            if job.is_checked and not dry_run:
                services.confirm_import(actor=actor, import_id=job.pk, by_workers=False)
                job = self._step(job)
            elif job.is_checked:
                services.cancel_import(actor=actor, import_id=job.pk)
        except OSError as error:
            raise CommandError(f"Cannot read {file}: {error.strerror}.") from error
        except (DomainError, InvalidInput, PermissionDenied) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(_report(job), ensure_ascii=False, indent=2))
        else:
            self._print(job, dry_run=dry_run)
        if job.status == Import.Status.FAILED:
            raise CommandError(job.error)

    def _step(self, job: Import) -> Import:
        services.work(job.pk, by_workers=False)
        job.refresh_from_db()
        return job

    def _print(self, job: Import, *, dry_run: bool) -> None:
        for row in job.rows.filter(outcome=ImportRow.Outcome.INVALID)[:ROWS_SHOWN]:
            for error in row.errors:
                field = f"{error['field']}: " if error["field"] else ""
                self.stderr.write(f"row {row.number}: {field}{error['message']}")
        if job.invalid_count > ROWS_SHOWN:
            self.stderr.write(f"… and {job.invalid_count - ROWS_SHOWN} more.")
        counts = ", ".join(f"{count:,} {outcome}" for outcome, count in job.counts.items())
        ending = "dry run, nothing was changed" if dry_run else job.get_status_display()
        self.stdout.write(f"{counts}: {ending}")


def _chunks(path: Path) -> Any:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _report(job: Import) -> dict[str, Any]:
    rows = job.rows.order_by("number", "pk")
    return {
        "status": job.status,
        "counts": job.counts,
        "error": job.error,
        "rows": [
            {
                "row": row.number,
                "outcome": row.outcome,
                "name": row.title,
                "changes": row.changes,
                "errors": row.errors,
            }
            for row in rows
        ],
    }


def user_of(email: str | None) -> User:
    """
    Return a user by e-mail address; the first superuser where none is given.

    :raises CommandError: there is none.
    """
    users = User.objects.filter(is_active=True)
    if email:
        user = users.filter(email__iexact=email).first()
    else:
        user = users.filter(is_superuser=True).order_by("pk").first()
    if user is None:
        raise CommandError("There is no such user: name one with --user EMAIL.")
    return user


def organization_of(slug: str | None) -> Organization | None:
    """
    Return an organization by its short name.

    :raises CommandError: there is none.
    """
    if not slug:
        return None
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        raise CommandError(f"There is no organization {slug!r}.")
    return organization
