"""What has changed."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from turash.history.querysets import ChangeQuerySet


class Change(models.Model):
    """
    One row of a tracked table was added, changed or deleted.

    Written by triggers alone, and by nobody changed: see the migrations. `changes` holds for a
    change both values of each column that differs, for a deletion the last value of each column,
    for an addition nothing: the row itself, with what was changed later, tells how it began.
    """

    class Operation(models.TextChoices):
        INSERT = "I", _("added")
        UPDATE = "U", _("changed")
        DELETE = "D", _("deleted")

    happened_at = models.DateTimeField(_("when"), db_default=Now())
    table = models.CharField(_("table"), max_length=63)
    # Keys of all kinds; and no foreign key: this outlives what it is about.
    row_id = models.CharField(_("row"), max_length=64)
    operation = models.CharField(_("what"), max_length=1, choices=Operation.choices)
    changes = models.JSONField(_("differences"), default=dict)
    actor_id = models.UUIDField(_("who"), null=True)
    acting_id = models.UUIDField(_("acting for others"), null=True)
    via = models.CharField(_("by way of"), max_length=10, blank=True)
    database_role = models.CharField(_("role in the database"), max_length=63)
    organization_ids = ArrayField(
        models.UUIDField(), verbose_name=_("organizations concerned"), default=list
    )

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("history")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["table", "row_id", "id"], name="history_of_row"),
            models.Index(
                fields=["actor_id", "id"],
                condition=models.Q(actor_id__isnull=False),
                name="history_of_actor",
            ),
            models.Index(
                fields=["acting_id", "id"],
                condition=models.Q(acting_id__isnull=False),
                name="history_of_acting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.row_id} {self.get_operation_display()}"
