"""Endpoints of exchange plans."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import mixins, permissions, status
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from organizations.models import Organization, ResourceType
from plans import services, tables
from plans.api.serializers import (
    PlanDetailSerializer,
    PlannedExchangeSerializer,
    PlannedFlowSerializer,
    PlanRequestSerializer,
    PlanSerializer,
    ProposedSerializer,
    ProposeSerializer,
)
from plans.models import Plan
from plans.shares import organizations_told_of
from turash.api.pagination import OffsetPagination
from turash.api.tables import XlsxRenderer
from turash.api.views import ApiViewSet, RetrieveMixin, RouteGeoJSONRenderer
from turash.errors import InvalidInput
from turash.spreadsheets import Sheet

BOX = ("west", "south", "east", "north")
EXAMPLES = [
    OpenApiExample(
        "Heat around a town",
        {
            "name": "Heat, Kalundborg",
            "bbox": [10.9, 55.6, 11.2, 55.8],
            "resource_type": "heat",
            "objective": "mix",
            "co2_price_eur_per_t": 80,
            "budget_eur": 5_000_000,
        },
        request_only=True,
    ),
    OpenApiExample(
        "What if energy were dearer",
        {
            "name": "Energy at 150 %",
            "scenario_of_id": "0190a1b2-0000-7000-8000-000000000000",
            "energy_price_pct": 150,
        },
        request_only=True,
    ),
]


class ExchangeGeoJSONRenderer(RouteGeoJSONRenderer):
    """Exchanges as lines, named by their matches."""

    def _feature(self, row: dict[str, Any]) -> dict[str, Any]:
        key = row["match_id"] or f"{row['output']['id']}-{row['input']['id']}"
        return super()._feature(row | {"id": key})


class PlanViewSet(mixins.ListModelMixin, RetrieveMixin, ApiViewSet):
    """
    The best set of matches of a region.

    Plans of the caller's organizations; a facilitator's of all.
    """

    serializer_class = PlanSerializer
    permission_classes = [permissions.IsAuthenticated]
    filter_backends: list[Any] = []
    queryset = Plan.objects.none()
    file_name = "turash-plan"

    def get_queryset(self) -> Any:
        plans = Plan.objects.visible_to(self.request.user).for_display()
        return plans.order_by("-created_at", "pk")

    def get_serializer_class(self) -> Any:
        return PlanSerializer if self.action == "list" else PlanDetailSerializer

    @extend_schema(
        request=PlanRequestSerializer, responses={202: PlanDetailSerializer}, examples=EXAMPLES
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Ask for a plan; workers compute it, and `plan_finished` tells when it is there."""
        serializer = PlanRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            plan = services.request_plan(
                actor=request.user, **self._arguments(dict(serializer.validated_data))
            )
        except ValidationError as error:
            raise _in_names_of_the_api(error) from error
        return self.answer(plan.pk, status=status.HTTP_202_ACCEPTED)

    def _arguments(self, values: dict[str, Any]) -> dict[str, Any]:
        """
        Return the service's arguments.

        :raises InvalidInput: something that is named does not exist.
        """
        if "bbox" in values:
            values |= dict(zip(BOX, values.pop("bbox"), strict=True))
        for name, field, rows in (
            ("organization_id", "organization", self._organizations()),
            ("scenario_of_id", "scenario_of", Plan.objects.visible_to(self.request.user)),
        ):
            if name in values:
                values[field] = _one(rows, name, pk=values.pop(name))
        if "resource_type" in values:
            code = values["resource_type"]
            values["resource_type"] = _one(ResourceType.objects, "resource_type", code=code)
        origin = values.get("scenario_of")
        if origin is not None and "organization" not in values:
            values["organization"] = origin.organization
        return values

    def _organizations(self) -> Any:
        return Organization.objects.visible_to(self.request.user)

    @extend_schema(request=None, responses=PlanDetailSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """End the work before it is done."""
        plan = services.cancel_plan(actor=request.user, plan_id=self.get_object().pk)
        return self.answer(plan.pk)

    @extend_schema(
        responses=PlannedExchangeSerializer(many=True),
        parameters=[OpenApiParameter("limit", int), OpenApiParameter("offset", int)],
    )
    @action(detail=True, renderer_classes=[JSONRenderer, ExchangeGeoJSONRenderer, XlsxRenderer])
    def exchanges(self, request: Request, **kwargs: Any) -> Response:
        """
        What the plan realises, under contract first, then the best savings.

        `?format=geojson` and `?format=xlsx` give all of them, the latter with flows and shares.
        """
        plan = self.get_object()
        kind = request.accepted_renderer.format
        if kind == "xlsx":
            self.sheets_of = plan
            return Response()
        rows = plan.exchanges.chosen().for_display().best_first()
        if kind == "geojson":
            return Response(PlannedExchangeSerializer(rows, many=True).data)
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(PlannedExchangeSerializer(page, many=True).data)

    def sheets(self) -> list[Sheet]:
        return tables.sheets(self.sheets_of, viewer=self.request.user)

    @extend_schema(
        responses=PlannedFlowSerializer(many=True),
        parameters=[OpenApiParameter("limit", int), OpenApiParameter("offset", int)],
    )
    @action(detail=True, pagination_class=OffsetPagination)
    def flows(self, request: Request, **kwargs: Any) -> Response:
        """Each flow: what the plan uses of it, what is left, and what one more unit is worth."""
        page = self.paginate_queryset(self.get_object().flows_of_plan.for_display())
        context = {"told": organizations_told_of(request.user)}
        rows = PlannedFlowSerializer(page, many=True, context=context).data
        return self.get_paginated_response(rows)

    @extend_schema(request=ProposeSerializer, responses={201: ProposedSerializer})
    @action(detail=True, methods=["post"])
    def proposals(self, request: Request, **kwargs: Any) -> Response:
        """Propose exchanges of the plan, with its quantities and prices, for one of their sides."""
        plan = self.get_object()
        serializer = ProposeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        try:
            proposed = services.propose_exchanges(
                actor=request.user,
                plan=plan,
                organization=_one(self._organizations(), "from_org_id", pk=values["from_org_id"]),
                match_ids=values["match_ids"],
            )
        except ValidationError as error:
            raise _in_names_of_the_api(error) from error
        data = {
            "proposal_ids": [proposal.pk for proposal in proposed.proposals],
            "refused": [
                {"match_id": key, "reason": reason} for key, reason in proposed.refused.items()
            ],
        }
        return Response(ProposedSerializer(data).data, status=status.HTTP_201_CREATED)


def _one(rows: Any, name: str, **key: Any) -> Any:
    """
    Return the row of a key.

    :raises InvalidInput: there is none that the caller sees.
    """
    row = rows.filter(**key).first()
    if row is None:
        raise InvalidInput({name: [_("There is no such object.")]})
    return row


def _in_names_of_the_api(error: ValidationError) -> InvalidInput:
    fields: Mapping[str, Any] = getattr(error, "message_dict", {}) or {"name": error.messages}
    return InvalidInput(
        {"bbox" if name in (*BOX, "__all__") else name: texts for name, texts in fields.items()}
    )
