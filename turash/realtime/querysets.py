"""Reads of notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


class NotificationQuerySet(models.QuerySet):
    def visible_to(self, viewer: AbstractBaseUser | AnonymousUser | Any) -> Self:
        """What the viewer's organizations have been told."""
        if isinstance(viewer, AnonymousUser):
            return self.none()
        return self.filter(organization__in=viewer.organizations.values("pk"))

    def after(self, notification_id: int) -> Self:
        """What came after that one, in order."""
        return self.filter(pk__gt=notification_id).order_by("pk")
