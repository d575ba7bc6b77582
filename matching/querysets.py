"""Reads of matches, clusters and runs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import Point, Polygon
from django.contrib.gis.measure import D
from django.db import models
from django.db.models import Exists, OuterRef, Q

from organizations.querysets import meridians

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


class MatchClusterQuerySet(models.QuerySet):
    # Sums over fewer organizations would tell one of them the figures of another.
    LEAST_CONTRIBUTORS = 3

    def visible_to(self, viewer: Viewer) -> Self:
        """
        Clusters whose sums tell of nobody in particular, for who has signed in.

        They are made of flows that anybody sees. One that is hidden afterwards hides the cluster
        until it is computed again. Facilitators see all.
        """
        if isinstance(viewer, AnonymousUser):
            return self.none()
        if viewer.is_facilitator:
            return self
        members = self.model.flows.through.objects.filter(matchcluster=OuterRef("pk"))
        public = self.model.flows.rel.model.objects.visible_to(AnonymousUser())
        return self.filter(
            ~Exists(members.exclude(resourceflow__in=public)),
            contributor_count__gte=self.LEAST_CONTRIBUTORS,
        )

    def in_bbox(self, west: float, south: float, east: float, north: float) -> Self:
        """Areas that touch a box of meridians and parallels [degrees]; see sites."""
        condition = Q()
        for low, high in meridians(west, east):
            box = Polygon.from_bbox((low, south, high, north))
            box.srid = 4326
            condition |= Q(area__intersects=box)
        return self.filter(condition)

    def within(self, origin: Point, *, radius_m: float) -> Self:
        """Areas whose centre is at most `radius_m` metres from `origin` (geodesic)."""
        return self.filter(centre__dwithin=(origin, D(m=radius_m)))

    def of_type(self, code: str) -> Self:
        """Areas where resources of this type are exchanged, among others or alone."""
        parts = code.split(".")
        above = [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
        return self.filter(
            Q(resource_type__code__in=above) | Q(resource_type__code__startswith=f"{code}.")
        )


class MatchingRunQuerySet(models.QuerySet):
    def unfinished(self) -> Self:
        """Runs that wait or work."""
        return self.filter(status__in=self.model.UNFINISHED)

    def of_all(self) -> Self:
        """Runs of all flows."""
        return self.swapped_in().filter(root_type=None)

    def swapped_in(self) -> Self:
        """Runs whose result is swapped in at the end: of all, and of a tree of types."""
        return self.filter(organization=None, west=None)

    def sharing_trees_with(self, root_type_id: int | None) -> Self:
        """Those whose result holds matches of this tree of types; None: of any."""
        if root_type_id is None:
            return self.swapped_in()
        return self.swapped_in().filter(Q(root_type=None) | Q(root_type=root_type_id))

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
