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
from django.db.models.query import ModelIterable

from matching.ids import numbers_of
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


def _with_those_above(code: str) -> list[str]:
    """Return the code of a type and those of all types above it."""
    parts = code.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


class MatchQuerySet(models.QuerySet):
    _is_for_display = False

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

    def not_dismissed_by(self, organization_ids: models.QuerySet | list[UUID]) -> Self:
        """Without the pairs that one of these organizations has dismissed."""
        dismissals = apps.get_model("matching", "MatchDismissal").objects.filter(
            output=OuterRef("output"),
            input=OuterRef("input"),
            organization__in=organization_ids,
        )
        return self.filter(~Exists(dismissals))

    def for_display(self) -> Self:
        """
        With both flows, their types, sites and organizations, and with all figures.

        Matches that are none any more, because a flow has just changed, are left out.
        """
        # Not joined: a planner cannot know how long lists are, and many joins let it guess wildly.
        flows = apps.get_model("organizations", "ResourceFlow").objects.select_related(
            "resource_type", "organization", "site"
        )
        queryset = self.prefetch_related(
            *(models.Prefetch(side, flows) for side in ("output", "input"))
        )
        queryset._is_for_display = True
        return queryset

    def _clone(self) -> Self:
        clone = super()._clone()  # type: ignore[misc]  # not in the stubs
        clone._is_for_display = self._is_for_display
        return clone

    def _fetch_all(self) -> None:
        is_new = self._result_cache is None
        super()._fetch_all()  # type: ignore[misc]  # not in the stubs
        if is_new and self._is_for_display and self._iterable_class is ModelIterable:
            from matching import figures  # which reads models, that have these QuerySets

            # All rows at once, as related objects are prefetched.
            self._result_cache = figures.fill_in(self._result_cache)


class MatchManager(models.Manager.from_queryset(MatchQuerySet)):  # type: ignore[misc]
    """Each match once."""

    def get_queryset(self) -> MatchQuerySet:
        return super().get_queryset().filter(is_output=True)


class SeenMatchManager(models.Manager.from_queryset(MatchQuerySet)):  # type: ignore[misc]
    """Matches as seen from one of their flows."""

    def of_flow(self, flow_id: UUID) -> MatchQuerySet:
        """Matches of one output or input."""
        return self.filter(flow=flow_id)

    def best_of_flow(self, flow_id: UUID) -> MatchQuerySet:
        """The best matches of one flow, in their order."""
        return self.of_flow(flow_id).filter(
            Q(is_output=True, output_rank__isnull=False)
            | Q(is_output=False, input_rank__isnull=False)
        )

    def of_organizations(self, organization_ids: models.QuerySet | list[UUID]) -> MatchQuerySet:
        """Matches that the members of some organizations see, each once."""
        from_output = _seen_from("output", Q())
        between_own = Q(output__organization__in=organization_ids) & from_output
        return self.filter(
            (Q(is_output=True) & from_output)
            | (Q(is_output=False) & _seen_from("input", Q()) & ~between_own),
            flow__organization__in=organization_ids,
        )

    def of_viewer(self, viewer: Viewer) -> MatchQuerySet:
        """Matches of all organizations of the viewer, each once; all for a facilitator."""
        if isinstance(viewer, AnonymousUser):
            return self.none()
        if viewer.is_facilitator:
            return self.filter(is_output=True)
        return self.of_organizations(viewer.organizations.values("pk"))

    def with_id(self, match_id: UUID) -> MatchQuerySet:
        """The one match of this id, if it is one."""
        output_number, input_number = numbers_of(match_id)
        return self.filter(is_output=True, flow__number=output_number, input__number=input_number)


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
        return self.filter(
            Q(resource_type__code__in=_with_those_above(code))
            | Q(resource_type__code__startswith=f"{code}.")
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
        code = apps.get_model("organizations", "ResourceType").objects.get(pk=root_type_id).code
        return self.swapped_in().filter(
            Q(root_type=None)
            | Q(root_type__code__in=_with_those_above(code))
            | Q(root_type__code__startswith=f"{code}.")
        )

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
