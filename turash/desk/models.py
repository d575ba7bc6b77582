"""What staff work with in the admin: filters kept under a name, and actions on many rows."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from turash.desk.kinds import kinds
from turash.desk.querysets import BulkActionQuerySet, SavedFilterQuerySet
from turash.progress import Progress

# Of one user for one list: more would be a list to be searched itself.
MOST_FILTERS = 20
LONGEST_QUERY = 1000


class SavedFilter(models.Model):
    """
    What a list of the admin is narrowed down to, searched for and ordered by, under a name.

    `place` numbers the filters of a user for a list, so that the database bounds how many there
    are.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="saved_filters",
        verbose_name=_("user"),
    )
    # Label of the list's model, in lower case.
    listed = models.CharField(_("list"), max_length=60)
    name = models.CharField(_("name"), max_length=60)
    # As it stands in the address.
    query = models.CharField(_("filter"), max_length=LONGEST_QUERY)
    is_shared = models.BooleanField(_("for all staff"), default=False)
    place = models.PositiveSmallIntegerField(editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                "user", "listed", Lower("name"), name="desk_savedfilter_name_is_unique"
            ),
            models.UniqueConstraint(
                fields=["user", "listed", "place"], name="desk_savedfilter_place_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(place__lt=MOST_FILTERS), name="desk_savedfilter_is_one_of_few"
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(query=""), name="desk_savedfilter_says_something"
            ),
        ]
        indexes = [
            models.Index(
                fields=["listed"], condition=Q(is_shared=True), name="desk_savedfilter_shared"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BulkAction(Progress, models.Model):
    """
    An action on many rows of a list, done by workers, chunk by chunk, for who has asked for it.

    `keys` are the rows that were meant when it was asked for, in the order in which they are done:
    `done_count` of them are. They are forgotten when it is over.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        FINISHED = "finished", _("Finished")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    UNFINISHED = (Status.QUEUED, Status.RUNNING)

    id = models.BigAutoField(primary_key=True)
    action = models.CharField(_("action"), max_length=60, editable=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    language = models.CharField(max_length=10, default="en", editable=False)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.QUEUED
    )
    keys = ArrayField(models.UUIDField(), editable=False)
    total_count = models.PositiveIntegerField(_("rows in all"))
    done_count = models.PositiveIntegerField(_("rows done"), default=0)
    changed_count = models.PositiveIntegerField(_("changed"), default=0)
    failed_count = models.PositiveIntegerField(_("refused"), default=0)
    # Of the first rows that were refused: [key, name, why].
    failures = models.JSONField(_("refused rows"), default=list)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    started_at = models.DateTimeField(_("started at"), null=True)
    updated_at = models.DateTimeField(_("last sign of life"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    objects = BulkActionQuerySet.as_manager()

    class Meta:
        verbose_name = _("bulk action")
        verbose_name_plural = _("bulk actions")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_count__lte=F("total_count")),
                name="desk_bulkaction_does_no_more_than_all",
            ),
            models.CheckConstraint(
                condition=Q(done_count__gte=F("changed_count") + F("failed_count")),
                name="desk_bulkaction_counts_each_row_once",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "running"], finished_at=None)
                | Q(status__in=["finished", "failed", "cancelled"], finished_at__isnull=False),
                name="desk_bulkaction_ends_once",
            ),
            models.CheckConstraint(
                condition=~Q(status="finished") | Q(done_count=F("total_count")),
                name="desk_bulkaction_is_finished_when_all_is_done",
            ),
        ]
        indexes = [
            models.Index(
                fields=["updated_at"],
                condition=Q(status__in=["queued", "running"]),
                name="desk_bulkaction_open",
            ),
        ]

    def __str__(self) -> str:
        kind = kinds.get(self.action)
        return f"{kind.label if kind else self.action}, {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_unfinished(self) -> bool:
        return self.status in self.UNFINISHED

    @property
    def unchanged_count(self) -> int:
        """Rows that were already as they should be."""
        return self.done_count - self.changed_count - self.failed_count
