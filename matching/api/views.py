"""Endpoints of matches, their clusters and matching runs."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, generics, mixins, permissions, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from matching import services, weights
from matching.api.filters import MatchClusterFilter, MatchFilter
from matching.api.serializers import (
    ChainSerializer,
    CombinationSerializer,
    DirectMatchSerializer,
    DirectSymbiosisSerializer,
    DismissalSerializer,
    JobSerializer,
    MatchClusterSerializer,
    MatchSerializer,
    NearMissSerializer,
)
from matching.chains import find_chains
from matching.disclosure import as_seen_from
from matching.models import Match, MatchCluster, MatchingRun
from matching.near_misses import find_near_misses
from matching.together import find_combination
from matching.uncertainty import ranges_of
from organizations import permissions as access
from organizations.api.flow_serializers import ResourceFlowSerializer
from organizations.disclosure import Viewpoint
from organizations.models import Organization, ResourceFlow
from organizations.services import note_seen
from turash.api.pagination import OffsetPagination
from turash.api.shapes import ShapedMixin
from turash.api.views import (
    ApiViewSet,
    AreaGeoJSONRenderer,
    ConditionalMixin,
    RetrieveMixin,
    RouteGeoJSONRenderer,
)

_PAGE = [OpenApiParameter(name, int) for name in ("limit", "offset")]


class _MatchesView(ShapedMixin, generics.GenericAPIView):
    """Shows matches, how far their figures may be off, and what the factors weigh."""

    renderer_classes = [*ApiViewSet.renderer_classes, RouteGeoJSONRenderer]
    # By scores and distances that are not everybody's to know.
    pagination_class = OffsetPagination
    expansions = {"output": ResourceFlowSerializer, "input": ResourceFlowSerializer}

    def for_display(self, matches: Any) -> Any:
        """With all that is told of them."""
        sides = [f"{side}__contaminants" for side in self.expanded()]
        return matches.for_display().prefetch_related(*sides)

    def get_serializer(self, instance: Any = None, **kwargs: Any) -> Any:
        is_one = isinstance(instance, Match)
        viewpoint = Viewpoint(self.request.user)
        shown = as_seen_from(viewpoint, [instance] if is_one else instance or [])
        if is_one and not shown:
            raise exceptions.NotFound
        sides = ("output", "input") if is_one else self.expanded()
        note_seen(viewpoint, [getattr(match, side) for match in shown for side in sides])
        kwargs["context"] = self.get_serializer_context() | {
            "ranges": ranges_of(shown),
            "weights": weights.by_factor() if shown else {},
            "viewpoint": viewpoint,
        }
        return super().get_serializer(shown[0] if is_one else shown, **kwargs)


class _OfOrganizationView(generics.GenericAPIView):
    """Of one organization; for its members and facilitators."""

    permission_classes = [permissions.IsAuthenticated]
    queryset = Match.objects.none()

    def get_organization(self) -> Organization:
        organization = get_object_or_404(
            Organization.objects.visible_to(self.request.user), pk=self.kwargs["organization_id"]
        )
        access.require(
            access.can_read_matching(self.request.user, organization.pk),
            _("Only members of the organization and facilitators see its matches."),
        )
        return organization


class DirectMatchingView(_OfOrganizationView):
    """Direct symbiosis: who could provide what we need, and who could use what we have."""

    pagination_class = OffsetPagination
    filterset_class = MatchFilter

    @extend_schema(responses=DirectSymbiosisSerializer, parameters=_PAGE)
    def get(self, request: Request, organization_id: UUID) -> Response:
        organization = self.get_organization()
        matches = (
            Match.seen.of_organizations([organization.pk])
            .not_dismissed_by([organization.pk])
            .for_display()
            .order_by("-score", "distance_m", "pk")
        )
        matches = self.filter_queryset(matches)
        sides = {
            "providers": matches.filter(is_output=False, input_rank__isnull=False),
            "consumers": matches.filter(is_output=True, output_rank__isnull=False),
        }
        viewpoint = Viewpoint(request.user)
        answer: dict[str, Any] = {"organization_id": organization.pk}
        for name, side in sides.items():
            page = self.paginate_queryset(side)
            answer[name] = DirectMatchSerializer(
                as_seen_from(viewpoint, page or []), many=True, organization_id=organization.pk
            ).data
        return Response(answer)


class RunMatchingView(ConditionalMixin, _OfOrganizationView):
    """Recompute the organization's matches."""

    @extend_schema(request=None, responses={202: JobSerializer})
    def post(self, request: Request, organization_id: UUID) -> Response:
        run = services.request_run(actor=request.user, organization=self.get_organization())
        return Response(JobSerializer(run).data, status=status.HTTP_202_ACCEPTED)


class JobViewSet(RetrieveMixin, ApiViewSet):
    """Work that was asked for, and how far it has got."""

    serializer_class = JobSerializer
    permission_classes = [permissions.IsAuthenticated]
    queryset = MatchingRun.objects.none()

    def get_queryset(self) -> Any:
        return MatchingRun.objects.visible_to(self.request.user).select_related("root_type")

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **kwargs: Any) -> Response:
        """End the work before it is done; what was there before stays."""
        run = services.cancel_run(actor=request.user, run_id=self.get_object().pk)
        return self.answer(run.pk)


class MatchViewSet(_MatchesView, mixins.ListModelMixin, RetrieveMixin, ApiViewSet):
    """Matches of the caller's organizations; a facilitator's of all."""

    serializer_class = MatchSerializer
    filterset_class = MatchFilter
    permission_classes = [permissions.IsAuthenticated]
    queryset = Match.objects.none()

    def get_queryset(self) -> Any:
        viewer = self.request.user
        if self.action == "list":
            matches = Match.seen.of_viewer(viewer)
            matches = matches.not_dismissed_by(viewer.organizations.values("pk"))
        else:
            matches = Match.seen.with_id(self.kwargs["pk"]).visible_to(viewer)
        return self.for_display(matches).order_by("-score", "distance_m", "pk")

    @extend_schema(request=DismissalSerializer, responses={204: None})
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, **kwargs: Any) -> Response:
        """Hide the match from one's organization, and say why."""
        match = self.get_object()
        serializer = DismissalSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        organization = self._side(match, serializer.validated_data.get("organization_id"))
        services.dismiss_match(
            actor=request.user,
            match=match,
            organization=organization,
            reason=serializer.validated_data["reason"],
            category=serializer.validated_data.get("category", ""),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _side(self, match: Match, organization_id: UUID | None) -> Organization:
        sides = [match.output.organization, match.input.organization]
        if organization_id is not None:
            sides = [side for side in sides if side.pk == organization_id]
            if not sides:
                raise exceptions.ValidationError(
                    {"organization_id": _("The organization has no part in this match.")}
                )
        own = [side for side in sides if access.can_edit_resources(self.request.user, side.pk)]
        access.require(bool(own))
        if len(own) > 1:
            raise exceptions.ValidationError(
                {"organization_id": _("You edit for both sides; say for which one.")}
            )
        return own[0]


class MatchClusterViewSet(mixins.ListModelMixin, RetrieveMixin, ApiViewSet):
    """Areas of many matches: where a shared pipe or hub could pay."""

    serializer_class = MatchClusterSerializer
    filterset_class = MatchClusterFilter
    permission_classes = [permissions.IsAuthenticated]
    queryset = MatchCluster.objects.none()
    renderer_classes = [*ApiViewSet.renderer_classes, AreaGeoJSONRenderer]

    def get_queryset(self) -> Any:
        clusters = MatchCluster.objects.visible_to(self.request.user)
        return clusters.select_related("resource_type").order_by("-savings_eur_per_year", "pk")


class _OfFlowView(generics.GenericAPIView):
    """Of one flow; for members of its organization and facilitators."""

    permission_classes = [permissions.IsAuthenticated]
    queryset = ResourceFlow.objects.none()

    def get_flow(self) -> ResourceFlow:
        flow = get_object_or_404(
            ResourceFlow.objects.visible_to(self.request.user).select_related("resource_type"),
            pk=self.kwargs["flow_id"],
        )
        access.require(access.can_read_matching(self.request.user, flow.organization_id))
        return flow


class MatchesOfFlowView(_OfFlowView, _MatchesView, generics.ListAPIView):
    """The best matches of one flow; for members of its organization and facilitators."""

    serializer_class = MatchSerializer
    filterset_class = MatchFilter
    queryset = Match.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Match.objects.none()
        flow = self.get_flow()
        matches = Match.seen.best_of_flow(flow.pk).visible_to(self.request.user)
        return self.for_display(matches.not_dismissed_by([flow.organization_id]))


class NearMissesOfFlowView(_OfFlowView):
    """
    Flows that nearly fit one flow, and what stands in the way.

    At most two rules fail, none by far; fewest failed rules first, then the smallest gaps, then the
    nearest. Of many flows around the 3,000 nearest are looked at. For members of the organization
    and facilitators.
    """

    serializer_class = NearMissSerializer

    @extend_schema(responses=NearMissSerializer(many=True))
    def get(self, request: Request, flow_id: UUID) -> Response:
        found = find_near_misses(self.get_flow(), viewer=request.user)
        page = self.paginate_queryset(found)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class CombinationsOfFlowView(_OfFlowView):
    """
    Partners that together save most for one flow: a bundle for an input, a split of an output.

    One, or none where nobody fits or one partner alone saves as much. The flow's own smallest lot
    has to be reached by all parts together. For members of the organization and facilitators.
    """

    serializer_class = CombinationSerializer

    @extend_schema(responses=CombinationSerializer(many=True), parameters=_PAGE)
    def get(self, request: Request, flow_id: UUID) -> Response:
        found = find_combination(self.get_flow(), viewer=request.user)
        page = self.paginate_queryset([found] if found else [])
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class ChainsOfFlowView(_OfFlowView):
    """
    Chains over one processor that begin or end at one flow, best score first.

    One's output is converted by another, and the product serves a third one's input. For members
    of the organization and facilitators.
    """

    serializer_class = ChainSerializer

    @extend_schema(responses=ChainSerializer(many=True), parameters=_PAGE)
    def get(self, request: Request, flow_id: UUID) -> Response:
        found = find_chains(self.get_flow(), viewer=request.user)
        page = self.paginate_queryset(found)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)
