"""Reads of the history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self
from uuid import UUID

from django.db import models


class ChangeQuerySet(models.QuerySet):
    def of(self, model: type[models.Model], keys: Iterable[Any]) -> Self:
        """What happened to rows of a model, the newest first."""
        return self.filter(
            table=model._meta.db_table, row_id__in=[str(key) for key in keys]
        ).order_by("-pk")

    def done_for(self, organization_id: UUID) -> Self:
        """What facilitators did to an organization's rows while they acted for it."""
        return self.filter(acting_id__isnull=False, organization_ids__contains=[organization_id])
