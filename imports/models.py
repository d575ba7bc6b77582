"""Imports: the file, how far the work on it is, and what became of its rows."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imports.querysets import ImportQuerySet
from organizations.ids import new_id
from organizations.models import Organization


class Import(models.Model):
    """
    A file that somebody brings in: first looked at, then, when they have confirmed, written.

    The counts are of the step that is done or under way; those of the dry run stay beside them.
    """

    class Status(models.TextChoices):
        READING = "reading", _("Being read")
        CHECKING = "checking", _("Dry run")
        CHECKED = "checked", _("Ready to confirm")
        IMPORTING = "importing", _("Importing")
        FINISHED = "finished", _("Finished")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"
        GEOJSON = "geojson", "GeoJSON"

    WORKING = (Status.READING, Status.CHECKING, Status.IMPORTING)
    OVER = (Status.FINISHED, Status.FAILED, Status.CANCELLED)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resource = models.CharField(_("what"), max_length=30)
    organization = models.ForeignKey(
        Organization,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="imports",
        verbose_name=_("organization"),
        help_text=_("Empty: the rows name theirs."),
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    file_name = models.CharField(_("file"), max_length=200)
    format = models.CharField(_("format"), max_length=7, choices=Format.choices, blank=True)
    language = models.CharField(_("language of the report"), max_length=10, default="en")
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.READING
    )
    # Which delimiter and columns the file has; found when it is read.
    dialect = models.JSONField(default=dict, blank=True, editable=False)
    done_bytes = models.BigIntegerField(_("bytes done"), default=0)
    total_bytes = models.BigIntegerField(_("bytes in all"), default=0)
    row_number = models.PositiveIntegerField(_("last row that was looked at"), default=0)
    new_count = models.PositiveIntegerField(_("new"), default=0)
    changed_count = models.PositiveIntegerField(_("changed"), default=0)
    unchanged_count = models.PositiveIntegerField(_("unchanged"), default=0)
    invalid_count = models.PositiveIntegerField(_("wrong"), default=0)
    dry_run_counts = models.JSONField(_("counts of the dry run"), null=True, blank=True)
    # Each row is told of by an event of its own; of many, one event tells.
    announces_rows = models.BooleanField(default=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    updated_at = models.DateTimeField(_("updated at"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status__in=["importing", "finished"]) | Q(confirmed_at__isnull=False),
                name="imports_import_is_confirmed_before_it_writes",
            ),
        ]
        indexes = [
            models.Index(fields=["requested_by", "-created_at"], name="imports_of_user"),
            models.Index(fields=["organization", "-created_at"], name="imports_of_org"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_working(self) -> bool:
        return self.status in self.WORKING

    @property
    def is_over(self) -> bool:
        return self.status in self.OVER

    @property
    def is_checked(self) -> bool:
        return self.status == self.Status.CHECKED

    @property
    def counts(self) -> dict[str, int]:
        """Rows by what became of them."""
        return {
            outcome: getattr(self, f"{outcome}_count")
            for outcome in ("new", "changed", "unchanged", "invalid")
        }

    @property
    def row_count(self) -> int:
        return sum(self.counts.values())

    @property
    def percent(self) -> int:
        """How much of the file the step has seen, 0 to 100."""
        return min(100, 100 * self.done_bytes // self.total_bytes) if self.total_bytes else 0


class ImportRow(models.Model):
    """What became of a row of a file; of each outcome the first thousand are kept."""

    class Outcome(models.TextChoices):
        NEW = "new", _("New")
        CHANGED = "changed", _("Changed")
        UNCHANGED = "unchanged", _("Unchanged")
        INVALID = "invalid", _("Wrong")

    job = models.ForeignKey(Import, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(_("row"))
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome.choices)
    title = models.CharField(_("name"), max_length=200, blank=True)
    # Column → [before, after].
    changes = models.JSONField(_("changes"), default=dict, blank=True)
    # [{"field": column or "", "message": what is wrong and what would be right}]
    errors = models.JSONField(_("errors"), default=list, blank=True)

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of imports")
        ordering = ["number", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "number"], name="imports_importrow_is_told_of_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.title}"


class ImportKey(models.Model):
    """
    That a file has named something already; for as long as the file is worked on.

    In the database, so that a worker holds little of a long file, and another can go on with it.
    """

    job = models.ForeignKey(Import, models.CASCADE, related_name="keys")
    digest = models.BigIntegerField()
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "digest"], name="imports_importkey_is_unique"),
        ]

    def __str__(self) -> str:
        return str(self.number)
