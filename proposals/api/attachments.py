"""Files of the conversation about a proposal: `/proposals/{id}/attachments`."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import generics, permissions, serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from proposals import services
from proposals.api.below import BelowProposal, visible_proposal
from proposals.downloads import download
from proposals.models import Attachment
from proposals.models.message import LONGEST_MESSAGE
from turash.api.fields import StrictSerializer
from turash.uploads import TYPES


class AttachmentSerializer(serializers.ModelSerializer):
    message_id = serializers.UUIDField()
    organization_id = serializers.UUIDField(source="message.organization_id")
    posted_at = serializers.DateTimeField(source="message.posted_at")
    url = serializers.SerializerMethodField(help_text="Where its content is.")

    class Meta:
        model = Attachment
        fields = [
            "id",
            "message_id",
            "organization_id",
            "name",
            "content_type",
            "size",
            "sha256",
            "posted_at",
            "url",
        ]

    def get_url(self, attachment: Attachment) -> str:
        return reverse("api:attachment", args=[attachment.message.proposal_id, attachment.pk])


class AttachmentRequestSerializer(StrictSerializer):
    """A form with a file: PDF, PNG, JPEG, WebP, XLSX, ODS or CSV, up to 10 MB."""

    file = serializers.FileField(max_length=500, allow_empty_file=True)
    text = serializers.CharField(max_length=LONGEST_MESSAGE, required=False, allow_blank=True)


class AttachmentsView(BelowProposal, generics.ListAPIView):
    """Files that the two sides have sent each other, the oldest first."""

    permission_classes = [permissions.IsAuthenticated]
    parser_classes = [MultiPartParser]
    serializer_class = AttachmentSerializer
    filter_backends: list[Any] = []
    queryset = Attachment.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Attachment.objects.none()
        sent = Attachment.objects.filter(message__proposal=self.proposal()).select_related(
            "message"
        )
        return sent.order_by("pk")

    @extend_schema(request=AttachmentRequestSerializer, responses={201: AttachmentSerializer})
    def post(self, request: Request, proposal_id: UUID) -> Response:
        """Send a file to the other side, with a message."""
        proposal = self.proposal()
        serializer = AttachmentRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        attachment = services.post_attachment(
            proposal=proposal,
            actor=request.user,
            upload=serializer.validated_data["file"],
            text=serializer.validated_data.get("text", ""),
        )
        return Response(AttachmentSerializer(attachment).data, status=status.HTTP_201_CREATED)


KINDS = sorted({kind.content_type for kind in TYPES})


class AttachmentView(generics.GenericAPIView):
    """The content of a file."""

    permission_classes = [permissions.IsAuthenticated]
    renderer_classes = [JSONRenderer]
    filter_backends: list[Any] = []
    pagination_class = None
    queryset = Attachment.objects.none()

    @extend_schema(responses={(200, kind): OpenApiTypes.BINARY for kind in KINDS})
    def get(self, request: Request, proposal_id: UUID, attachment_id: UUID) -> HttpResponse:
        """Download it; who did is on record."""
        return download(request.user, visible_proposal(request.user, proposal_id), attachment_id)
