"""Flows as the engine reads them."""

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GistIndex
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from organizations.models import ResourceFlow


class Candidate(models.Model):
    """
    A flow packed into one record, with what the engine reads of its site and owner.

    Triggers of the database keep it (migration 0014), whoever writes: to read it takes a tenth of
    the time that the columns and joins take, which is most of the time of a rematch.
    """

    flow = models.OneToOneField(
        ResourceFlow,
        models.DO_NOTHING,
        primary_key=True,
        db_constraint=False,
        related_name="+",
    )
    is_output = models.BooleanField()
    # Active, with something left that is not under contract.
    is_offered = models.BooleanField()
    number = models.BigIntegerField()
    resource_type_id = models.SmallIntegerField()
    location = models.PointField(geography=True, srid=4326, spatial_index=False)
    record = models.BinaryField()  # matching.records.RECORD
    contaminants = models.BinaryField()  # matching.records.CONTENT, of each that is stated
    # The transaction that has written this, set by a trigger.
    changed_in = models.BigIntegerField(db_index=True, db_default=0)

    class Meta:
        verbose_name = _("candidate")
        verbose_name_plural = _("candidates")
        indexes = [
            GistIndex(
                fields=["resource_type_id", "location"],
                condition=Q(is_offered=True, is_output=is_output),
                name=f"matching_offered_{direction}s",
            )
            for direction, is_output in (("input", False), ("output", True))
        ] + [
            models.Index(
                fields=["resource_type_id"],
                condition=Q(is_offered=True),
                name="matching_candidate_of_type",
            ),
        ]

    def __str__(self) -> str:
        return str(self.flow_id)
