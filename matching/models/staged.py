"""What partitions of a run have found, until the run swaps it in."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from matching.models.pair import Pair
from matching.models.run import MatchingRunPartition
from organizations.ids import new_id


class StagedMatch(Pair):
    """
    A pair as one partition found it; the output's rank and the input's may come from two.

    Rows arrive by the million through COPY, and flows can be deleted before they are swapped in:
    no foreign key is checked.
    """

    # Becomes the id of the match.
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partition = models.ForeignKey(
        MatchingRunPartition, models.CASCADE, db_constraint=False, related_name="+"
    )
    output_id = models.UUIDField()
    input_id = models.UUIDField()

    class Meta:
        verbose_name = _("staged match")
        verbose_name_plural = _("staged matches")

    def __str__(self) -> str:
        return f"{self.output_id} → {self.input_id}"
