"""Reads of proposals."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef, Q

if TYPE_CHECKING:
    from organizations.models import User

    Viewer = User | AnonymousUser


class ProposalQuerySet(models.QuerySet):
    def visible_to(self, viewer: Viewer) -> Self:
        """Proposals from or to the viewer's organizations; facilitators see all."""
        if isinstance(viewer, AnonymousUser):
            return self.none()
        if viewer.is_facilitator:
            return self
        own = viewer.organizations.values("pk")
        return self.filter(Q(from_organization__in=own) | Q(to_organization__in=own))

    def overdue(self, now: datetime) -> Self:
        """Pending proposals whose time is over."""
        return self.filter(status="pending", valid_until__lte=now)

    def for_display(self) -> Self:
        """With both organizations and flows, and whether these match."""
        matches = apps.get_model("matching", "Match").seen.filter(
            Q(output=OuterRef("counterpart")) | Q(input=OuterRef("counterpart")),
            flow=OuterRef("resource"),
        )
        return self.select_related(
            "from_organization", "to_organization", "resource__resource_type", "counterpart"
        ).annotate(has_match=Exists(matches))
