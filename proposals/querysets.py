"""Reads of proposals."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef, Q

if TYPE_CHECKING:
    from organizations.models import User

    Viewer = User | AnonymousUser


STUCK_AFTER = timedelta(days=14)
EXPIRING_WITHIN = timedelta(days=3)


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

    def stuck(self, now: datetime) -> Self:
        """Accepted or negotiated, and nothing has happened for two weeks."""
        return self.filter(status__in=["accepted", "negotiating"], updated_at__lt=now - STUCK_AFTER)

    def expiring(self, now: datetime) -> Self:
        """Pending, and their time is over within three days."""
        return self.filter(
            status="pending", valid_until__gt=now, valid_until__lte=now + EXPIRING_WITHIN
        )

    def for_display(self) -> Self:
        """With both organizations and flows, and whether these match."""
        matches = apps.get_model("matching", "Match").seen.filter(
            Q(output=OuterRef("counterpart")) | Q(input=OuterRef("counterpart")),
            flow=OuterRef("resource"),
        )
        return self.select_related(
            "from_organization", "to_organization", "resource__resource_type", "counterpart"
        ).annotate(has_match=Exists(matches))
