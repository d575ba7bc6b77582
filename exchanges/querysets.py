"""Reads of deliveries."""

from __future__ import annotations

from datetime import date
from typing import Any, Self
from uuid import UUID

from django.db import models
from django.db.models import Q


class DeliveryQuerySet(models.QuerySet):
    def within(self, first: date | None, last: date | None) -> Self:
        """Of the months from the first to the last one; None: open."""
        rows = self
        if first is not None:
            rows = rows.filter(month__gte=first)
        if last is not None:
            rows = rows.filter(month__lte=last)
        return rows

    def of_organization(self, organization_id: UUID) -> Self:
        """Of exchanges in which the organization is one of the two sides."""
        return self.filter(
            Q(proposal__from_organization=organization_id)
            | Q(proposal__to_organization=organization_id)
        )

    def of_flows(self, flows: Any) -> Self:
        """Of exchanges whose resource is among the flows."""
        return self.filter(proposal__resource__in=flows.values("pk"))
