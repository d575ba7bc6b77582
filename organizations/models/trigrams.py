"""Indexes that find a part of a text, and texts that are alike."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.models.functions import Upper


def trigrams(column: str, *, name: str) -> GinIndex:
    """Return an index for `__icontains` and, of upper-case texts, `__trigram_similar`."""
    return GinIndex(OpClass(Upper(column), name="gin_trgm_ops"), name=name)
