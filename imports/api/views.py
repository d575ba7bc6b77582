"""Endpoints of imports and exports."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import Http404, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import generics, mixins, permissions, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from imports import exporting, services
from imports.api.parsers import Body, CsvFileParser, GeoJsonFileParser, XlsxFileParser
from imports.api.serializers import (
    ImportRequestSerializer,
    ImportRowSerializer,
    ImportSerializer,
)
from imports.forms import ImportUploadHandler
from imports.models import Import, ImportRow
from imports.resources import EXPORTED, RESOURCES
from organizations.models import Organization
from turash.api.schema import FEATURES_OF_FILE
from turash.api.views import ApiViewSet, RetrieveMixin
from turash.errors import InvalidInput

RAW = {"type": "string", "format": "binary"}


class ImportViewSet(mixins.ListModelMixin, RetrieveMixin, ApiViewSet):
    """Files that bring rows in: one's own, and those into organizations whose flows one edits."""

    serializer_class = ImportSerializer
    permission_classes = [permissions.IsAuthenticated]
    filter_backends: list[Any] = []
    queryset = Import.objects.none()
    parser_classes = [MultiPartParser, CsvFileParser, XlsxFileParser, GeoJsonFileParser]

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Import.objects.none()
        imports = Import.objects.visible_to(self.request.user).for_display()
        return imports.order_by("-created_at", "pk")

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        # Before the form is read.
        if request.method == "POST" and not hasattr(request, "_files"):
            request.upload_handlers = [
                ImportUploadHandler(request, settings.IMPORT_LARGEST_BYTES),
                TemporaryFileUploadHandler(request),
            ]
        return super().initialize_request(request, *args, **kwargs)

    @extend_schema(
        request={
            "multipart/form-data": ImportRequestSerializer,
            CsvFileParser.media_type: RAW,
            XlsxFileParser.media_type: RAW,
            GeoJsonFileParser.media_type: RAW,
        },
        parameters=[
            OpenApiParameter(
                "resource", str, enum=list(RESOURCES), description="Of a file as the body."
            ),
            OpenApiParameter("organization_id", OpenApiTypes.UUID, description="The same."),
            OpenApiParameter("name", str, description="The same: the file's name."),
        ],
        responses={202: ImportSerializer},
    )
    def create(self, request: Request) -> HttpResponseBase:
        """
        Send a file: a form, or the file itself as the body.

        Its dry run is done by workers; nothing is written before it is confirmed.
        """
        body = request.data
        if not (request.content_type or "").startswith("multipart/"):
            values = request.query_params.dict()
            name = values.pop("name", "file")
            # An empty body is not even parsed.
            chunks = body.chunks() if isinstance(body, Body) else iter(())
            unknown = values.keys() - {"resource", "organization_id", "format"}
            if unknown:
                raise InvalidInput({one: [_("There is no such parameter.")] for one in unknown})
            fields = ImportRequestSerializer(data=values)
            fields.fields.pop("file")
        else:
            fields = ImportRequestSerializer(data=body)
        fields.is_valid(raise_exception=True)
        values = dict(fields.validated_data)
        if "file" in values:
            name, chunks = values["file"].name, values["file"].chunks()
        job = services.request_import(
            actor=request.user,
            resource=values["resource"],
            organization=self._organization(values),
            name=name,
            chunks=chunks,
        )
        return self.answer(job.pk, status=status.HTTP_202_ACCEPTED)

    def _organization(self, values: dict[str, Any]) -> Organization | None:
        key = values.get("organization_id")
        if key is None:
            return None
        visible = Organization.objects.visible_to(self.request.user)
        organization = visible.filter(pk=key).first()
        if organization is None:
            message = _("There is no such organization, or you may not see it.")
            raise InvalidInput({"organization_id": [message]})
        return organization

    @extend_schema(request=None, responses={202: ImportSerializer})
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Have written what the dry run has shown; once, and what is wrong is left out."""
        job = services.confirm_import(actor=request.user, import_id=self.get_object().pk)
        return self.answer(job.pk, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses=ImportSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """End it; what is written already stays."""
        job = services.cancel_import(actor=request.user, import_id=self.get_object().pk)
        return self.answer(job.pk)

    @extend_schema(
        responses=ImportRowSerializer(many=True),
        parameters=[
            OpenApiParameter("outcome", str, enum=ImportRow.Outcome.values),
            OpenApiParameter("limit", int),
            OpenApiParameter("offset", int),
        ],
    )
    @action(detail=True)
    def rows(self, request: Request, **kwargs: Any) -> Response:
        """What became of the rows: of each outcome the first thousand."""
        rows = self.get_object().rows.order_by("number", "pk")
        outcome = request.query_params.get("outcome", "")
        if outcome:
            if outcome not in ImportRow.Outcome.values:
                known = ", ".join(ImportRow.Outcome.values)
                raise InvalidInput({"outcome": [_("Choose one of: %s.") % known]})
            rows = rows.filter(outcome=outcome)
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(ImportRowSerializer(page, many=True).data)


class _FileRenderer(BaseRenderer):
    """Says that the format is offered; the view writes it."""

    charset = None
    render_style = "binary"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None):
        return data


class CsvFileRenderer(_FileRenderer):
    media_type, format = exporting.TYPES["csv"], "csv"


class XlsxFileRenderer(_FileRenderer):
    media_type, format = exporting.TYPES["xlsx"], "xlsx"


class GeoJsonFileRenderer(_FileRenderer):
    media_type, format = exporting.TYPES["geojson"], "geojson"


class _FileView(generics.GenericAPIView):
    permission_classes = [permissions.IsAuthenticated]
    renderer_classes = [CsvFileRenderer, XlsxFileRenderer, GeoJsonFileRenderer, JSONRenderer]
    filter_backends: list[Any] = []
    pagination_class = None
    queryset = Import.objects.none()

    @property
    def kind(self) -> str:
        kind = self.request.accepted_renderer.format
        # Who says nothing gets what everything reads.
        return "csv" if kind == "json" else kind


OF_FILES = {
    (200, media_type): FEATURES_OF_FILE if kind == "geojson" else OpenApiTypes.BINARY
    for kind, media_type in exporting.TYPES.items()
}
FORMAT = OpenApiParameter("format", str, enum=list(exporting.TYPES))


class ExportView(_FileView):
    """Rows as a file."""

    @extend_schema(
        parameters=[
            FORMAT,
            OpenApiParameter("organization", str, description="Its short name or id."),
        ],
        responses=OF_FILES,
    )
    def get(self, request: Request, resource: str) -> HttpResponseBase:
        """
        The rows that the caller sees, as an import takes them; the filters of the list apply.

        `resource` is one of flows, sites, organizations, resource-types, waste-codes, sectors and
        currency-rates.
        """
        if resource not in EXPORTED:
            raise Http404
        return exporting.export_response(request, EXPORTED[resource], self.kind)


class TemplateView(_FileView):
    """A file to fill in."""

    @extend_schema(parameters=[FORMAT], responses=OF_FILES)
    def get(self, request: Request, resource: str) -> HttpResponse:
        """The columns and an example; XLSX explains the columns on its second sheet."""
        found = RESOURCES.get(resource)
        if found is None or found.is_whole:
            raise Http404
        return exporting.template_response(found, self.kind)
