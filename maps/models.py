"""How many flows lie where: counted now and then, so that no tile has to look at all of them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from organizations.models import Visibility


def _is_as_long_as_types(name: str) -> Q:
    return Q(types__len=Func(F(name), function="cardinality"))


class Cell(models.Model):
    """
    The active flows in one of the 16 × 16 squares of a tile, of those that one audience sees.

    A flow counts for the narrower of its own visibility and its owner's. Computed, never edited.
    """

    zoom = models.SmallIntegerField(_("zoom"))
    tile_x = models.IntegerField(_("column of the tile"))
    tile_y = models.IntegerField(_("row of the tile"))
    column = models.SmallIntegerField(_("column in the tile"))
    row = models.SmallIntegerField(_("row in the tile"))
    audience = models.CharField(_("audience"), max_length=10, choices=Visibility.choices)
    outputs = models.IntegerField(_("outputs"))
    inputs = models.IntegerField(_("inputs"))
    # Where they lie on average [degrees].
    longitude = models.FloatField(_("longitude"))
    latitude = models.FloatField(_("latitude"))
    # The same by resource type, as parallel arrays.
    types = ArrayField(models.IntegerField())
    outputs_of_types = ArrayField(models.IntegerField())
    inputs_of_types = ArrayField(models.IntegerField())

    class Meta:
        verbose_name = _("cell of the map")
        verbose_name_plural = _("cells of the map")
        constraints = [
            models.UniqueConstraint(
                fields=["zoom", "tile_x", "tile_y", "column", "row", "audience"],
                name="maps_cell_is_unique",
            ),
            models.CheckConstraint(
                condition=Q(column__range=(0, 15), row__range=(0, 15)), name="maps_cell_is_in_tile"
            ),
            models.CheckConstraint(
                condition=_is_as_long_as_types("outputs_of_types")
                & _is_as_long_as_types("inputs_of_types"),
                name="maps_cell_is_parallel",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.zoom}/{self.tile_x}/{self.tile_y} {self.column},{self.row}"


class Count(models.Model):
    """When the cells were counted last; the only row has the key 1."""

    ONLY = 1

    counted_at = models.DateTimeField(_("counted at"))
    took_s = models.FloatField(_("time taken [s]"))
    flows = models.IntegerField(_("flows"))
    # What PostgreSQL had counted of writes to the tables that the cells follow from.
    writes = models.CharField(max_length=100)

    class Meta:
        verbose_name = _("count of the map")
        verbose_name_plural = _("counts of the map")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="maps_count_is_only_one"),
        ]

    def __str__(self) -> str:
        return f"{self.flows} flows, {self.counted_at:%Y-%m-%d %H:%M}"
