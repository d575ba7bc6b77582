"""Endpoints of running exchanges and their outcomes."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import generics, permissions, status
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges import outcomes, services, tables
from exchanges.api.parsers import CsvParser
from exchanges.api.serializers import (
    ConfirmedQuantitySerializer,
    DeclarationRequestSerializer,
    DeclarationSerializer,
    DeliveryRequestSerializer,
    DeliverySerializer,
    OutcomesSerializer,
    ProgressSerializer,
)
from exchanges.csv_reading import read_deliveries
from exchanges.filters import flows_of, months_of
from exchanges.models import Declaration, Delivery
from exchanges.outcomes import Figure, Scope
from exchanges.progress import progress_of
from organizations import permissions as access
from organizations.api.views import visible_organization
from proposals.api.below import BelowProposal
from turash.api.tables import CsvRenderer, XlsxRenderer
from turash.spreadsheets import Sheet


class _OfProposal(BelowProposal, generics.GenericAPIView):
    """About a proposal that the caller may see."""

    permission_classes = [permissions.IsAuthenticated]
    filter_backends: list[Any] = []
    queryset = Delivery.objects.none()


class DeliveriesView(_OfProposal, generics.ListAPIView):
    """What went over, month by month."""

    serializer_class = DeliverySerializer

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Delivery.objects.none()
        return Delivery.objects.filter(proposal=self.proposal()).order_by("month")

    @extend_schema(request=DeliveryRequestSerializer, responses={201: DeliverySerializer})
    def post(self, request: Request, proposal_id: UUID) -> Response:
        """Report a month's quantity."""
        proposal = self.proposal()
        serializer = DeliveryRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        row = services.Reported(**serializer.validated_data)
        [delivery] = services.report_deliveries(proposal=proposal, actor=request.user, rows=[row])
        return Response(DeliverySerializer(delivery).data, status=status.HTTP_201_CREATED)


class DeliveriesImportView(_OfProposal):
    """Deliveries of many months at once."""

    parser_classes = [CsvParser]
    pagination_class = None
    serializer_class = DeliverySerializer

    def tag_of_target(self) -> str:
        """Return the tag of the deliveries that there are: an import may replace them."""
        view = DeliveriesView(request=self.request, kwargs=self.kwargs, format_kwarg=None)
        return view.tag_of_target()

    @extend_schema(
        request={"text/csv": OpenApiTypes.STR}, responses={201: DeliverySerializer(many=True)}
    )
    def post(self, request: Request, proposal_id: UUID) -> Response:
        """Report the rows of a CSV file `month,quantity,note`: all of them, or none."""
        proposal = self.proposal()
        # An empty body is not even parsed.
        content = request.data if isinstance(request.data, bytes) else b""
        deliveries = services.report_deliveries(
            proposal=proposal, actor=request.user, rows=read_deliveries(content)
        )
        return Response(
            DeliverySerializer(deliveries, many=True).data, status=status.HTTP_201_CREATED
        )


class DeliveryView(_OfProposal):
    """What went over in a month."""

    serializer_class = DeliverySerializer
    pagination_class = None

    def delivery(self) -> Delivery:
        return get_object_or_404(Delivery, proposal=self.proposal(), pk=self.kwargs["delivery_id"])

    @extend_schema(responses=DeliverySerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        return Response(DeliverySerializer(self.delivery()).data)


class DeliveryConfirmView(DeliveryView):
    """What the other side has reported."""

    http_method_names = ["post", "options"]

    @extend_schema(request=ConfirmedQuantitySerializer, responses=DeliverySerializer)
    def post(self, request: Request, proposal_id: UUID, delivery_id: UUID) -> Response:
        """Confirm it: it counts as verified until somebody changes it."""
        delivery = self.delivery()
        serializer = ConfirmedQuantitySerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        confirmed = services.confirm_delivery(
            delivery=delivery, actor=request.user, **serializer.validated_data
        )
        return Response(DeliverySerializer(confirmed).data)


class DeclarationsView(_OfProposal, generics.ListAPIView):
    """Jobs and private investment, as each side declares them for itself."""

    serializer_class = DeclarationSerializer
    queryset = Declaration.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Declaration.objects.none()
        return Declaration.objects.filter(proposal=self.proposal()).order_by("month", "pk")

    @extend_schema(request=DeclarationRequestSerializer, responses={201: DeclarationSerializer})
    def post(self, request: Request, proposal_id: UUID) -> Response:
        """Declare a month for one's own side."""
        proposal = self.proposal()
        serializer = DeclarationRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        declaration = services.declare(
            proposal=proposal, actor=request.user, **serializer.validated_data
        )
        return Response(DeclarationSerializer(declaration).data, status=status.HTTP_201_CREATED)


class ProgressView(_OfProposal):
    """How far an exchange has come."""

    serializer_class = ProgressSerializer
    pagination_class = None

    @extend_schema(responses=ProgressSerializer)
    def get(self, request: Request, proposal_id: UUID) -> Response:
        """Planned against delivered, and what it has brought so far."""
        proposal = self.proposal()
        progress = progress_of(proposal, viewer=request.user, today=timezone.now().date())
        factors = progress.factors
        data = {
            "unit": proposal.resource.resource_type.unit,
            "basis": factors.basis if factors else None,
            "live_since": factors.live_since if factors else None,
            "planned_per_year": factors.planned_per_year if factors else None,
            "months": progress.months,
            "figures": [
                _named(row.figure)
                | {"planned": row.planned, "reported": row.reported, "verified": row.verified}
                for row in progress.figures
            ],
        }
        return Response(ProgressSerializer(data).data)


def _named(figure: Figure) -> dict[str, Any]:
    return {"key": figure.key, "label": figure.label, "unit": figure.unit}


PERIOD = [
    OpenApiParameter("first", str, description="first month, such as 2026-01"),
    OpenApiParameter("last", str, description="last month"),
]
REGION = [
    OpenApiParameter("country", str, description="two-letter code"),
    OpenApiParameter("bbox", str, description="minlon,minlat,maxlon,maxlat [degrees]"),
    OpenApiParameter("near", str, description="lon,lat [degrees]"),
    OpenApiParameter("radius_km", float, description="radius around `near`, 25 unless told"),
]


class _OutcomesView(generics.GenericAPIView):
    """The eight figures; `?format=csv` is a table of deliveries, `?format=xlsx` has both."""

    permission_classes = [permissions.IsAuthenticated]
    renderer_classes = [JSONRenderer, CsvRenderer, XlsxRenderer]
    serializer_class = OutcomesSerializer
    filter_backends: list[Any] = []
    pagination_class = None
    queryset = Delivery.objects.none()
    file_name = "turash-outcomes"
    scope: Scope

    def sheets(self) -> list[Sheet]:
        return tables.sheets(outcomes.totals(self.scope), self.scope)

    def answer(self) -> Response:
        if self.request.accepted_renderer.format != "json":
            return Response()
        totals = [
            _named(row.figure) | {"reported": row.reported, "verified": row.verified}
            for row in outcomes.totals(self.scope)
        ]
        data = {"figures": totals, "months": outcomes.months(self.scope)}
        return Response(OutcomesSerializer(data).data)


class OutcomesOfOrganizationView(_OutcomesView):
    """What an organization's exchanges have brought."""

    @extend_schema(parameters=PERIOD, responses=OutcomesSerializer)
    def get(self, request: Request, organization_id: UUID) -> Response:
        """The eight figures of its exchanges, for its members and facilitators."""
        organization = visible_organization(self)
        access.require(access.can_read_matching(request.user, organization.pk))
        months = months_of(request.query_params)
        self.scope = Scope(organization_id=organization.pk, **months)
        return self.answer()


class OutcomesOfRegionView(_OutcomesView):
    """What the exchanges of a region have brought."""

    @extend_schema(parameters=[*REGION, *PERIOD], responses=OutcomesSerializer)
    def get(self, request: Request) -> Response:
        """The eight figures of all exchanges of a region, each counted once; for facilitators."""
        access.require(
            request.user.reads_region, _("Only facilitators see the outcomes of a region.")
        )
        flows = flows_of(request.query_params, request)
        self.scope = Scope(flows=flows, **months_of(request.query_params))
        return self.answer()
