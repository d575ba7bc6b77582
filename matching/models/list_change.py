"""Which lists of partners have changed, for those who remember something of them."""

from collections.abc import Sequence

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

# More are not named: all may have changed.
MOST_NAMED = 2_000


class ListChange(models.Model):
    """
    A change of lists, in the transaction that makes it.

    All who change lists hold the lock of the matches until they commit: later changes have larger
    ids, and whoever holds the lock sees all that there are.
    """

    numbers = ArrayField(models.BigIntegerField(), null=True)  # of flows; null: of any

    class Meta:
        verbose_name = _("change of lists")
        verbose_name_plural = _("changes of lists")

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def note(cls, numbers: Sequence[int] | None) -> None:
        """Tell that the lists of some flows have changed; None: of any."""
        is_named = numbers is not None and len(numbers) <= MOST_NAMED
        cls.objects.create(numbers=numbers if is_named else None)
