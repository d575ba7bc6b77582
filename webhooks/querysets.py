"""Reads of webhooks and of what they have been sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Prefetch, Q

from organizations.models import Organization

if TYPE_CHECKING:
    from organizations.models import User

    Viewer = User | AnonymousUser

# Of a delivery that was replayed many times.
ATTEMPTS_SHOWN = 20


class WebhookQuerySet(models.QuerySet):
    def visible_to(self, viewer: Viewer) -> Self:
        """Webhooks of organizations that the viewer manages; facilitators see all."""
        if isinstance(viewer, AnonymousUser):
            return self.none()
        if viewer.is_facilitator:
            return self
        return self.filter(organization__in=Organization.objects.managed_by(viewer))

    def active(self) -> Self:
        """Those that are sent anything."""
        return self.filter(status="active")

    def wanting(self, event_type: str) -> Self:
        """Those that chose this type, or all."""
        return self.filter(Q(event_types=[]) | Q(event_types__contains=[event_type]))


class WebhookDeliveryQuerySet(models.QuerySet):
    def waiting(self) -> Self:
        """What is still to be sent."""
        return self.filter(status="waiting")

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-pk")

    def for_display(self) -> Self:
        """With what the log shows: the newest attempts, in `shown_attempts`."""
        attempts: Any = self.model._meta.get_field("log").related_model._default_manager
        newest = attempts.order_by("-number")[:ATTEMPTS_SHOWN]
        return self.prefetch_related(Prefetch("log", newest, to_attr="shown_attempts"))
