"""The import of a file: all of it or nothing, and nothing twice."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.text import slugify

from organizations.ids import new_id
from organizations.importers.hotmaps import records
from organizations.importers.hotmaps.reading import Progress, Reading, read
from organizations.importers.hotmaps.writing import Counts, merge
from organizations.models import Membership, Organization, ResourceFlow, Site
from organizations.services.flows import derive
from turash.events.catalogue import ImportFinished
from turash.events.publishers import publish

# Held by an import until it commits, so that two do not create the same rows.
_IMPORT_LOCK = 0x7475_7265
_Row = TypeVar("_Row", bound=models.Model)


@dataclass(slots=True)
class Report:
    """What an import read and did."""

    reading: Reading
    organizations: Counts = field(default_factory=Counts)
    sites: Counts = field(default_factory=Counts)
    flows: Counts = field(default_factory=Counts)
    archived_flows: int = 0

    @property
    def changed(self) -> bool:
        counts = (self.organizations, self.sites, self.flows)
        return bool(self.archived_flows or any(count.changed for count in counts))


def _quietly(items: Iterable, **_: object) -> Iterable:
    return items


def import_file(path: Path, *, dry_run: bool = False, progress: Progress = _quietly) -> Report:
    """
    Bring organizations, sites and flows into line with the Hotmaps industrial database.

    Rows are known by their ids at the source, so the same file again changes nothing, and a newer
    one updates what differs. Flows whose figure has vanished are archived; what an organization
    with members holds is theirs, and stays. `dry_run` does everything but commit.

    :raises OSError: the file cannot be read.
    :raises WrongFile: it is not the Hotmaps industrial database.
    """
    report = Report(read(path, progress))
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_IMPORT_LOCK])
        _write(report, progress)
        if dry_run:
            transaction.set_rollback(True)
        elif report.changed:
            publish(
                ImportFinished(
                    source=records.SOURCE,
                    organization_count=report.organizations.changed,
                    site_count=report.sites.changed,
                    flow_count=report.flows.changed + report.archived_flows,
                )
            )
    return report


def _write(report: Report, progress: Progress) -> None:
    rows = report.reading.rows
    claimed = set(
        Membership.objects.filter(organization__source=records.SOURCE).values_list(
            "organization", flat=True
        )
    )

    wanted = records.organizations(rows)
    known = _known(Organization.objects.all())
    _add_slugs(organization for key, organization in wanted.items() if key not in known)
    organizations, report.organizations = merge(
        wanted,
        known,
        records.ORGANIZATION_FIELDS,
        progress,
        keep=lambda organization: organization.pk in claimed,
    )
    sites, report.sites = merge(
        records.sites(rows, organizations),
        _known(Site.objects.all()),
        records.SITE_FIELDS,
        progress,
        keep=lambda site: site.organization_id in claimed,
    )
    # A new site of an organization with members is theirs to declare: it has no row.
    placed = [row for row in rows if row.site_id in sites]
    flows = records.flows(placed, sites)
    for flow in flows.values():
        derive(flow)
    known_flows = _known(ResourceFlow.objects.all())
    _, report.flows = merge(
        flows,
        known_flows,
        records.FLOW_FIELDS,
        progress,
        keep=lambda flow: flow.organization_id in claimed,
    )
    in_file = {sites[row.site_id].pk for row in placed}
    report.archived_flows = _archive(
        flow.pk
        for key, flow in known_flows.items()
        if key not in flows and flow.site_id in in_file and flow.organization_id not in claimed
    )


def _known(queryset: models.QuerySet[_Row]) -> dict[str, _Row]:
    return {row.external_id: row for row in queryset.filter(source=records.SOURCE)}  # type: ignore[attr-defined]


def _add_slugs(organizations: Iterable[Organization]) -> None:
    taken = set(Organization.objects.values_list("slug", flat=True))
    for organization in organizations:
        slug = slugify(organization.name)[:60] or "organization"
        if slug in taken:
            # The tail of a time-ordered UUID is random.
            slug = f"{slug}-{str(new_id())[-8:]}"
        taken.add(slug)
        organization.slug = slug


def _archive(flow_ids: Iterable[UUID]) -> int:
    archived = ResourceFlow.Status.ARCHIVED
    return (
        ResourceFlow.objects.filter(pk__in=list(flow_ids))
        .exclude(status=archived)
        .update(status=archived, updated_at=timezone.now())
    )
