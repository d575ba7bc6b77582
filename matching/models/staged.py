"""What partitions of a run have found, until the run swaps it in."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from matching.engine.arrays import COLUMNS
from matching.models.run import MatchingRunPartition


class StagedMatch(models.Model):
    """
    A pair as one partition found it; the output's rank and the input's may come from two.

    Rows arrive by the million through COPY, as the kernel has them: a float for each figure, NaN
    where there is none, rank 0 where the pair is not in that list. Flows can be deleted before they
    are swapped in: no foreign key is checked.
    """

    # Becomes the id of the match.
    id = models.UUIDField(primary_key=True, editable=False)
    partition = models.ForeignKey(
        MatchingRunPartition, models.CASCADE, db_constraint=False, related_name="+"
    )
    output_id = models.UUIDField()
    input_id = models.UUIDField()
    output_rank = models.SmallIntegerField()
    input_rank = models.SmallIntegerField()

    class Meta:
        verbose_name = _("staged match")
        verbose_name_plural = _("staged matches")

    def __str__(self) -> str:
        return f"{self.output_id} → {self.input_id}"


for _name in COLUMNS:
    StagedMatch.add_to_class(_name, models.FloatField())
