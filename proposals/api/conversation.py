"""The conversation about a proposal: `/proposals/{id}/messages`."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, permissions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from proposals import services
from proposals.models import Proposal, ProposalMessage
from proposals.models.message import LONGEST_MESSAGE
from turash.api.fields import StrictSerializer, TextField


class MessageSerializer(serializers.ModelSerializer):
    author = serializers.CharField(source="author.full_name", default=None)
    organization_id = serializers.UUIDField()

    class Meta:
        model = ProposalMessage
        fields = ["id", "text", "author", "organization_id", "posted_at"]


class MessageRequestSerializer(StrictSerializer):
    text = TextField(max_length=LONGEST_MESSAGE)


class MessagesView(generics.ListAPIView):
    """Messages of both sides, the oldest first."""

    permission_classes = [permissions.IsAuthenticated]
    serializer_class = MessageSerializer
    queryset = ProposalMessage.objects.none()

    def get_queryset(self) -> Any:
        proposal = self._proposal(self.kwargs["proposal_id"])
        messages = ProposalMessage.objects.filter(proposal=proposal).select_related("author")
        return messages.order_by("posted_at", "pk")

    @extend_schema(request=MessageRequestSerializer, responses={201: MessageSerializer})
    def post(self, request: Request, proposal_id: UUID) -> Response:
        """Write to the other side."""
        proposal = self._proposal(proposal_id)
        serializer = MessageRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        message = services.post_message(
            proposal=proposal, actor=request.user, **serializer.validated_data
        )
        return Response(MessageSerializer(message).data, status=status.HTTP_201_CREATED)

    def _proposal(self, proposal_id: UUID) -> Proposal:
        return get_object_or_404(Proposal.objects.visible_to(self.request.user), pk=proposal_id)
