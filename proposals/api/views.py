"""Endpoints of proposals."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, generics, mixins, permissions, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from matching.models import Match
from organizations import permissions as access
from organizations.models import Organization, ResourceFlow
from proposals import services
from proposals.api.filters import ProposalFilter
from proposals.api.serializers import (
    ConfirmationSerializer,
    ProposalDetailSerializer,
    ProposalRequestSerializer,
    ProposalSerializer,
    ProposalsOfOrganizationSerializer,
    StatusSerializer,
)
from proposals.models import Proposal
from turash.api.pagination import OffsetPagination
from turash.api.views import ApiViewSet, RetrieveMixin
from turash.errors import InvalidInput

# Field of the service → field of the API.
NAMES = {
    "from_organization": "from_org_id",
    "to_organization": "to_org_id",
    "resource": "resource_id",
    "direction": "resource_type",
    "match": "match_id",
}


class ProposalViewSet(mixins.ListModelMixin, RetrieveMixin, ApiViewSet):
    """Proposals from or to the caller's organizations."""

    serializer_class = ProposalSerializer
    filterset_class = ProposalFilter
    permission_classes = [permissions.IsAuthenticated]
    queryset = Proposal.objects.none()

    def get_queryset(self) -> Any:
        proposals = Proposal.objects.visible_to(self.request.user).for_display()
        return proposals.order_by("-created_at", "pk")

    def get_serializer_class(self) -> Any:
        return ProposalSerializer if self.action == "list" else ProposalDetailSerializer

    @extend_schema(request=ProposalRequestSerializer, responses={201: ProposalDetailSerializer})
    def create(self, request: Request) -> Response:
        """Propose an exchange of a flow of another organization."""
        serializer = ProposalRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        try:
            proposal = services.create_proposal(
                actor=request.user,
                from_organization=self._one(Organization.objects, values, "from_org_id"),
                to_organization=self._one(Organization.objects, values, "to_org_id"),
                resource=self._one(
                    ResourceFlow.objects.select_related("resource_type"), values, "resource_id"
                ),
                match=self._match(values.get("match_id")),
                direction=values["resource_type"],
                message=values["message"],
                quantity=values.get("quantity"),
                price_per_unit=values.get("price_per_unit"),
                valid_until=values.get("valid_until"),
            )
        except ValidationError as error:
            raise _renamed(error) from error
        return self.answer(proposal.pk, status=status.HTTP_201_CREATED)

    @extend_schema(request=StatusSerializer, responses=ProposalDetailSerializer)
    @action(detail=True, methods=["post"], url_path="status")
    def move(self, request: Request, **kwargs: Any) -> Response:
        """Move the proposal to another status; the contract needs both sides."""
        proposal = self.get_object()
        serializer = StatusSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        moved = services.move_proposal(
            proposal_id=proposal.pk,
            actor=request.user,
            status=serializer.validated_data["status"],
            comment=serializer.validated_data.get("comment", ""),
        )
        return self.answer(moved.pk)

    @extend_schema(request=ConfirmationSerializer, responses=ProposalDetailSerializer)
    @action(detail=True, methods=["post"], url_path="terms/<int:version>/confirm")
    def confirm(self, request: Request, version: int, **kwargs: Any) -> Response:
        """Confirm a version of the terms; when both sides have, it is the contract."""
        proposal = self.get_object()
        if version > proposal.terms_version or version < 1:
            raise exceptions.NotFound
        serializer = ConfirmationSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        moved = services.confirm_terms(
            proposal_id=proposal.pk,
            actor=request.user,
            version=version,
            comment=serializer.validated_data.get("comment", ""),
        )
        return self.answer(moved.pk)

    def represent(self, found: Proposal) -> Mapping[str, Any]:
        shown = (
            Proposal.objects.for_display().prefetch_related("transitions__actor").get(pk=found.pk)
        )
        return ProposalDetailSerializer(shown, context=self.get_serializer_context()).data

    def _one(self, rows: QuerySet, values: Mapping[str, Any], field: str) -> Any:
        """Return the row that the body names, if the caller may see it; None if it names none."""
        key: UUID | None = values.get(field)
        return None if key is None else self._visible(rows.filter(pk=key), field)

    def _match(self, key: UUID | None) -> Match | None:
        if key is None:
            return None
        return self._visible(Match.seen.with_id(key).select_related("output", "input"), "match_id")

    def _visible(self, rows: QuerySet, field: str) -> Any:
        found = rows.visible_to(self.request.user).first()  # type: ignore[attr-defined]
        if found is None:
            raise exceptions.ValidationError(
                {field: _("There is no such object, or you may not see it.")}
            )
        return found


def _renamed(error: ValidationError) -> InvalidInput:
    return InvalidInput(
        {NAMES.get(name, name): messages for name, messages in error.message_dict.items()}
    )


class ProposalsOfOrganizationView(generics.GenericAPIView):
    """Incoming and outgoing proposals of an organization; for its members and facilitators."""

    permission_classes = [permissions.IsAuthenticated]
    filterset_class = ProposalFilter
    # Two lists at once.
    pagination_class = OffsetPagination
    queryset = Proposal.objects.none()

    @extend_schema(
        responses=ProposalsOfOrganizationSerializer,
        parameters=[OpenApiParameter(name, int) for name in ("limit", "offset")],
    )
    def get(self, request: Request, organization_id: UUID) -> Response:
        organization = get_object_or_404(
            Organization.objects.visible_to(request.user), pk=organization_id
        )
        access.require(access.can_read_matching(request.user, organization.pk))
        proposals = self.filter_queryset(Proposal.objects.for_display())
        sides = {
            "incoming": proposals.filter(to_organization=organization),
            "outgoing": proposals.filter(from_organization=organization),
        }
        return Response(
            {
                name: ProposalSerializer(
                    self.paginate_queryset(side.order_by("-created_at", "pk")), many=True
                ).data
                for name, side in sides.items()
            }
        )
