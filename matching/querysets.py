"""Reads of matches and runs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef, Q

if TYPE_CHECKING:
    from organizations.models import User

    Viewer = User | AnonymousUser


def _seen_from(side: str, own: Q) -> Q:
    """What the owner of one side sees: not the pairs whose other side is private."""
    other = "input" if side == "output" else "output"
    return (
        own
        & ~Q(**{f"{other}__visibility": "private"})
        & ~Q(**{f"{other}__organization__visibility": "private"})
    )


class MatchQuerySet(models.QuerySet):
    def visible_to(self, viewer: Viewer) -> Self:
        """
        Matches of the viewer's organizations.

        A flow that its owner keeps private is matched for its owner alone: the other side does
        not see the match.
        """
        if isinstance(viewer, AnonymousUser):
            return self.none()
        if viewer.is_facilitator:
            return self
        own = viewer.organizations.values("pk")
        return self.filter(
            _seen_from("output", Q(output__organization__in=own))
            | _seen_from("input", Q(input__organization__in=own))
        )

    def of_organization(self, organization_id: UUID) -> Self:
        """Matches that the members of one organization see."""
        return self.filter(
            _seen_from("output", Q(output__organization=organization_id))
            | _seen_from("input", Q(input__organization=organization_id))
        )

    def of_flow(self, flow_id: UUID) -> Self:
        """Matches of one output or input."""
        return self.filter(Q(output=flow_id) | Q(input=flow_id))

    def best_of_flow(self, flow_id: UUID) -> Self:
        """The best matches of one flow, in their order."""
        return self.filter(
            Q(output=flow_id, output_rank__isnull=False)
            | Q(input=flow_id, input_rank__isnull=False)
        ).order_by("-score", "distance_m", "pk")

    def not_dismissed_by(self, organization_ids: models.QuerySet | list[UUID]) -> Self:
        """Without the pairs that one of these organizations has dismissed."""
        dismissals = apps.get_model("matching", "MatchDismissal").objects.filter(
            output=OuterRef("output"),
            input=OuterRef("input"),
            organization__in=organization_ids,
        )
        return self.filter(~Exists(dismissals))

    def for_display(self) -> Self:
        """With both flows, their types, sites and organizations."""
        return self.select_related(
            "output__resource_type",
            "output__organization",
            "output__site",
            "input__resource_type",
            "input__organization",
            "input__site",
        )


class MatchingRunQuerySet(models.QuerySet):
    def unfinished(self) -> Self:
        """Runs that wait or work."""
        return self.filter(status__in=self.model.UNFINISHED)

    def of_all(self) -> Self:
        """Runs of all organizations."""
        return self.filter(organization=None)

    def visible_to(self, viewer: Viewer) -> Self:
        """Runs of the viewer's organizations; facilitators see all."""
        if isinstance(viewer, AnonymousUser):
            return self.none()
        if viewer.is_facilitator:
            return self
        return self.filter(organization__in=viewer.organizations.values("pk"))


class MatchingRunPartitionQuerySet(models.QuerySet):
    def open(self) -> Self:
        """Partitions that are still to be done."""
        return self.filter(status__in=self.model.OPEN)

    def count_by_status(self) -> dict[str, int]:
        """Return how many there are in each state, 0 included."""
        counts = dict.fromkeys(self.model.Status.values, 0)
        present = self.order_by().values("status").annotate(count=models.Count("pk"))
        return counts | dict(present.values_list("status", "count"))


class RematchRequestQuerySet(models.QuerySet):
    def due(self, now: datetime) -> Self:
        """Requests whose time has come."""
        return self.filter(due_at__lte=now)

    def failing(self) -> Self:
        """Requests whose last attempt has failed."""
        return self.exclude(last_error="")
