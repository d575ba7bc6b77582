"""Runs that recompute matches, and the parts of their work."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from matching.querysets import MatchingRunPartitionQuerySet, MatchingRunQuerySet
from organizations.ids import new_id
from organizations.models import Organization, ResourceFlow, ResourceType
from organizations.models.box import box_constraint
from turash.progress import Progress


class MatchingRun(Progress, models.Model):
    """
    A recomputation of matches, and how far it has got.

    Of all flows, or of an organization's, of a tree of resource types, or of those in a box: at
    most one of the three is set. Runs of all and of a tree compare many with many and swap their
    result in at the end; the others match flow by flow.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        FINISHED = "finished", _("Finished")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    UNFINISHED = (Status.QUEUED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(
        Organization,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="matching_runs",
        verbose_name=_("organization"),
        help_text=_("Empty: all organizations."),
    )
    root_type = models.ForeignKey(
        ResourceType,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("resource type"),
        help_text=_("The flows of this tree of types alone."),
    )
    # A box of meridians and parallels; it crosses the 180th where it ends west of its begin.
    west = models.FloatField(_("west [°]"), null=True, blank=True)
    south = models.FloatField(_("south [°]"), null=True, blank=True)
    east = models.FloatField(_("east [°]"), null=True, blank=True)
    north = models.FloatField(
        _("north [°]"), null=True, blank=True, help_text=_("The flows in this box alone.")
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.QUEUED
    )
    # Sums over the partitions, brought up to date as these report.
    done_count = models.PositiveIntegerField(_("flows done"), default=0)
    total_count = models.PositiveIntegerField(_("flows in all"), default=0)
    match_count = models.PositiveIntegerField(_("matches"), null=True, blank=True)
    found_count = models.PositiveIntegerField(_("new matches"), null=True, blank=True)
    lost_count = models.PositiveIntegerField(_("lost matches"), null=True, blank=True)
    # Something has changed in bulk since this run of all has begun, which it may not have seen.
    needs_another = models.BooleanField(_("to be repeated"), default=False, editable=False)
    plan_attempts = models.PositiveSmallIntegerField(
        _("attempts of the first step"), default=0, editable=False
    )
    finish_attempts = models.PositiveSmallIntegerField(
        _("attempts of the final step"), default=0, editable=False
    )
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    # It had failed, and goes on: flows have been matched in between.
    resumed_at = models.DateTimeField(_("resumed at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = MatchingRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("matching run")
        verbose_name_plural = _("matching runs")
        ordering = ["-created_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_count__lte=F("total_count")),
                name="matching_run_does_no_more_than_all",
            ),
            models.CheckConstraint(
                condition=Q(organization=None, root_type=None)
                | Q(organization=None, west=None)
                | Q(root_type=None, west=None),
                name="matching_run_has_one_scope",
                violation_error_message=_(
                    "Choose an organization, a resource type or a box, or nothing for all."
                ),
            ),
            box_constraint("matching_run_box_is_one"),
            models.UniqueConstraint(
                fields=["organization", "root_type", "west", "south", "east", "north"],
                condition=Q(status__in=["queued", "running"]),
                nulls_distinct=False,
                name="matching_run_is_the_only_unfinished_one",
                violation_error_message=_(
                    "The matches are being recomputed already; wait for that run."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()} {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_unfinished(self) -> bool:
        return self.status in self.UNFINISHED

    @property
    def is_of_all(self) -> bool:
        return self.is_swapped_in and self.root_type_id is None

    @property
    def is_swapped_in(self) -> bool:
        """Whether what it finds lies aside until the end: of all, or of a tree of types."""
        return self.organization_id is None and self.west is None

    @property
    def bbox(self) -> tuple[float, ...] | None:
        """West, south, east, north in degrees."""
        box = (self.west, self.south, self.east, self.north)
        return None if self.west is None else box  # type: ignore[return-value]

    @property
    def scope(self) -> str:
        """Whose matches it computes, in the reader's language."""
        if self.root_type is not None:
            return self.root_type.label
        if self.bbox is not None:
            return ", ".join(f"{degrees:g}°" for degrees in self.bbox)
        return str(self.organization or gettext("all"))

    def flows(self) -> Any:
        """Return the active flows that it matches, as a QuerySet."""
        flows = ResourceFlow.objects.active()
        if self.organization_id is not None:
            flows = flows.filter(organization=self.organization_id)
        if self.root_type is not None:
            flows = flows.of_type(self.root_type.code)
        if self.bbox is not None:
            flows = flows.in_bbox(*self.bbox)
        return flows


class MatchingRunPartition(models.Model):
    """
    A part of a run that one worker does: the flows of one tree of resource types.

    A match always lies within one tree, so a partition needs no other tree's flows. In a run of
    one organization or of a box it is a slice of the flows there, and the tree is null.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    OPEN = (Status.QUEUED, Status.RUNNING)

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(
        MatchingRun, models.CASCADE, related_name="partitions", verbose_name=_("matching run")
    )
    number = models.PositiveIntegerField(_("number"))
    root_type = models.ForeignKey(
        ResourceType, models.CASCADE, null=True, related_name="+", verbose_name=_("resource type")
    )
    slice_number = models.PositiveIntegerField(_("slice"), default=0)
    slice_count = models.PositiveIntegerField(_("slices"), default=1)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.QUEUED
    )
    done_count = models.PositiveIntegerField(_("flows done"), default=0)
    total_count = models.PositiveIntegerField(_("flows in all"), default=0)
    # Counted by runs that go flow by flow; others know them when they swap the result in.
    found_count = models.PositiveIntegerField(_("new matches"), default=0)
    lost_count = models.PositiveIntegerField(_("lost matches"), default=0)
    # Also tells whose work it is: an attempt that was given up cannot write any more.
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # Those of before the run was resumed do not count against it.
    earlier_attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    error = models.TextField(_("error"), blank=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    updated_at = models.DateTimeField(_("last sign of life"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = MatchingRunPartitionQuerySet.as_manager()

    class Meta:
        verbose_name = _("partition of a run")
        verbose_name_plural = _("partitions of runs")
        ordering = ["run", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "number"], name="matching_partition_number_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(done_count__lte=F("total_count")),
                name="matching_partition_does_no_more_than_all",
            ),
            models.CheckConstraint(
                condition=Q(slice_number__lt=F("slice_count")),
                name="matching_partition_slice_is_one_of_all",
            ),
        ]
        indexes = [
            models.Index(
                fields=["updated_at"],
                condition=Q(status__in=["queued", "running"]),
                name="matching_partition_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"
