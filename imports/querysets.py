"""Reads of imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from organizations.models import User

    Viewer = User | AnonymousUser


class ImportQuerySet(models.QuerySet):
    def visible_to(self, viewer: Viewer) -> Self:
        """One's own, and those into organizations whose flows one edits; facilitators see all."""
        if isinstance(viewer, AnonymousUser):
            return self.none()
        if viewer.is_facilitator:
            return self
        edited = viewer.memberships.filter(role__in=["owner", "manager", "member"])
        return self.filter(
            Q(requested_by=viewer) | Q(organization__in=edited.values("organization"))
        )

    def working(self) -> Self:
        """Imports that wait for a worker or are worked on."""
        return self.filter(status__in=self.model.WORKING)

    def for_display(self) -> Self:
        """With all that a list or page says of an import itself."""
        return self.select_related("organization", "requested_by")
