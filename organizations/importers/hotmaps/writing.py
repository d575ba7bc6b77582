"""Bringing the rows of one model into line with what a file says."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db import models
from django.utils import timezone

BATCH = 500
_Row = TypeVar("_Row", bound=models.Model)


@dataclass(slots=True)
class Counts:
    """What became of the rows of one model."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: int = 0

    @property
    def changed(self) -> int:
        return self.created + self.updated


def merge(
    wanted: Mapping[str, _Row],
    known: Mapping[str, _Row],
    fields: Sequence[str],
    progress: Callable[..., Iterable],
    *,
    keep: Callable[[_Row], bool],
) -> tuple[dict[str, _Row], Counts]:
    """
    Create what is new, update what differs in `fields`, and leave the rest; keyed by external id.

    Rows for which `keep` holds belong to somebody by now, and stay as they are. Returns the rows
    as they are in the database.
    """
    counts = Counts()
    result = dict(known)
    to_create: list[_Row] = []
    to_update: list[_Row] = []
    for key, row in wanted.items():
        present = known.get(key)
        if keep(present or row):
            counts.kept += 1
        elif present is None:
            to_create.append(row)
            result[key] = row
        elif _take_over(row, present, fields):
            to_update.append(present)
        else:
            counts.unchanged += 1
    counts.created, counts.updated = len(to_create), len(to_update)
    if to_create or to_update:
        _write(to_create, to_update, fields, progress)
    return result, counts


def _take_over(row: models.Model, present: models.Model, fields: Sequence[str]) -> bool:
    differing = [name for name in fields if getattr(row, name) != getattr(present, name)]
    for name in differing:
        setattr(present, name, getattr(row, name))
    return bool(differing)


def _write(
    to_create: Sequence[models.Model],
    to_update: Sequence[models.Model],
    fields: Sequence[str],
    progress: Callable[..., Iterable],
) -> None:
    model = type((to_create or to_update)[0])
    batches = [
        (rows[start : start + BATCH], is_new)
        for rows, is_new in ((to_create, True), (to_update, False))
        for start in range(0, len(rows), BATCH)
    ]
    title = str(model._meta.verbose_name_plural).capitalize()
    for rows, is_new in progress(batches, unit=" batches", desc=title):
        # These send no signals: one event tells of the whole import.
        if is_new:
            model._default_manager.bulk_create(rows)
            continue
        now = timezone.now()
        for row in rows:
            row.updated_at = now  # type: ignore[attr-defined]
        model._default_manager.bulk_update(rows, [*fields, "updated_at"])
