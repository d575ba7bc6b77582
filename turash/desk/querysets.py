"""Reads of saved filters and bulk actions."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q


class SavedFilterQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        """One's own, and those that are shared."""
        return self.filter(Q(user=user) | Q(is_shared=True))

    def deletable_by(self, user: Any) -> Self:
        """One's own; region admins tidy up what is shared."""
        return self.visible_to(user) if user.is_region_admin else self.filter(user=user)


class BulkActionQuerySet(models.QuerySet):
    def unfinished(self) -> Self:
        """Those that wait for a worker or are worked on."""
        return self.filter(status__in=self.model.UNFINISHED)
