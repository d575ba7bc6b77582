"""The Hotmaps industrial database: one file that makes organizations, sites and flows."""

from pathlib import Path

from django.utils.translation import gettext_lazy

from imports.models import Import, ImportRow
from imports.resources.base import Resource
from organizations.importers import hotmaps
from organizations.models import Site


class HotmapsResource(Resource):
    """Read, compared and written as a whole by an importer of its own."""

    name = "hotmaps"
    label = gettext_lazy("Hotmaps industrial database")
    about = gettext_lazy(
        "Industrial_Database_full_2019.csv, as published: excess heat becomes outputs, fuel demand "
        "becomes inputs."
    )
    model = Site
    columns = ()
    is_for_facilitators = True
    is_whole = True
    can_export = False

    def take(self, job: Import, path: Path, *, writes: bool) -> list[ImportRow]:
        """
        Bring the file in, or find out what that would change; returns the rows to tell of.

        Counts organizations, sites and flows; lines without a point count among those left out.

        :raises hotmaps.WrongFile: it is another file.
        """
        report = hotmaps.import_file(path, dry_run=not writes)
        for counts in (report.organizations, report.sites, report.flows):
            job.new_count += counts.created
            job.changed_count += counts.updated
            job.unchanged_count += counts.unchanged + counts.kept
        job.changed_count += report.archived_flows
        reading = report.reading
        problems = sorted(
            (*reading.bad, *reading.without_point, *reading.doubtful),
            key=lambda problem: problem.line,
        )
        job.invalid_count = len(reading.bad) + len(reading.without_point)
        job.row_number = reading.line_count
        rows = {}
        for problem in problems:
            column, _colon, reason = problem.reason.partition(": ")
            field = column if reason and " " not in column else ""
            rows[problem.line] = ImportRow(
                job=job,
                number=problem.line,
                outcome=ImportRow.Outcome.CHANGED
                if problem.is_doubt
                else ImportRow.Outcome.INVALID,
                errors=[{"field": field, "message": reason if field else problem.reason}],
            )
        return list(rows.values())
