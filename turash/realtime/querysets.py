"""Reads of notifications."""

from __future__ import annotations

from typing import Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models


class NotificationQuerySet(models.QuerySet):
    def visible_to(self, viewer: AnonymousUser | Any) -> Self:
        """What the viewer's organizations have been told; nothing, once the viewer is inactive."""
        if isinstance(viewer, AnonymousUser):
            return self.none()
        memberships = viewer.memberships.filter(user__is_active=True)
        return self.filter(organization__in=memberships.values("organization"))

    def audience(self) -> models.QuerySet[Any, Any]:
        """
        Pairs of an organization that has been told something and a user who may see it.

        This is `visible_to` for all users at once; a test holds the two together.
        """
        return (
            self.filter(organization__memberships__user__is_active=True)
            .order_by()
            .values_list("organization_id", "organization__memberships__user")
            .distinct()
        )

    def after(self, notification_id: int) -> Self:
        """What came after that one, in order."""
        return self.filter(pk__gt=notification_id).order_by("pk")

    def newest_id(self) -> int:
        """The id of the newest one; 0: there is none."""
        return self.aggregate(newest=models.Max("pk"))["newest"] or 0


class ReadMarkQuerySet(models.QuerySet):
    def position_of(self, viewer: AnonymousUser | Any) -> int:
        """The newest notification that the viewer has read; 0: none."""
        if isinstance(viewer, AnonymousUser):
            return 0
        row = self.filter(pk=viewer.pk).values_list("notification_id", flat=True).first()
        return row or 0

    def news_after(self, viewer: Any) -> int | None:
        """The notification after which news of the present visit begin; None: no visit yet."""
        return self.filter(pk=viewer.pk).values_list("news_after", flat=True).first()
