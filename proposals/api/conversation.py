"""The conversation about a proposal: `/proposals/{id}/messages`."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import generics, permissions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from proposals import services
from proposals.api.below import BelowProposal
from proposals.models import ProposalMessage
from proposals.models.message import LONGEST_MESSAGE
from turash.api.fields import StrictSerializer, TextField


class MessageSerializer(serializers.ModelSerializer):
    author = serializers.CharField(source="author.full_name", default=None, allow_null=True)
    organization_id = serializers.UUIDField()

    class Meta:
        model = ProposalMessage
        fields = ["id", "text", "author", "organization_id", "posted_at"]


class MessageRequestSerializer(StrictSerializer):
    text = TextField(max_length=LONGEST_MESSAGE)


class MessagesView(BelowProposal, generics.ListAPIView):
    """Messages of both sides, the oldest first."""

    permission_classes = [permissions.IsAuthenticated]
    serializer_class = MessageSerializer
    queryset = ProposalMessage.objects.none()

    def get_queryset(self) -> Any:
        messages = ProposalMessage.objects.filter(proposal=self.proposal())
        messages = messages.select_related("author")
        return messages.order_by("posted_at", "pk")

    @extend_schema(request=MessageRequestSerializer, responses={201: MessageSerializer})
    def post(self, request: Request, proposal_id: UUID) -> Response:
        """Write to the other side."""
        proposal = self.proposal()
        serializer = MessageRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        message = services.post_message(
            proposal=proposal, actor=request.user, **serializer.validated_data
        )
        return Response(MessageSerializer(message).data, status=status.HTTP_201_CREATED)
