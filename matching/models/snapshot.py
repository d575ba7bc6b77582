"""What the lists held when a run of all was done, so that two runs can be compared."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from matching.models.run import MatchingRun


class RunSnapshot(models.Model):
    """
    The matches at the end of a run of all, and what they were made with.

    `pairs` are numbers (output, input) of 8 bytes, in their order and compressed: only of regions
    of some size, and of the newest runs.
    """

    run = models.OneToOneField(
        MatchingRun, models.CASCADE, primary_key=True, related_name="snapshot"
    )
    taken_at = models.DateTimeField(_("taken at"), default=timezone.now)
    match_count = models.PositiveIntegerField(_("matches"))
    weights = ArrayField(models.FloatField(), verbose_name=_("weights"))
    # A digest of the engine's code, formulas and constants included.
    engine = models.CharField(_("engine"), max_length=16)
    pairs = models.BinaryField(null=True)
    # The last change that the history had then.
    last_change = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("snapshot of a run")
        verbose_name_plural = _("snapshots of runs")

    def __str__(self) -> str:
        return str(self.run)
