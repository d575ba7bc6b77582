"""Durable catch-up with what the websocket announced."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, permissions, serializers

from turash.api.pagination import number_of
from turash.realtime.models import Notification

LARGEST_ID = 10**18


class SubjectSerializer(serializers.Serializer):
    kind = serializers.CharField()
    id = serializers.UUIDField()
    url = serializers.CharField()


class NotificationSerializer(serializers.Serializer):
    """The same as a message of the websocket."""

    id = serializers.IntegerField()
    type = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    organization_id = serializers.UUIDField()
    subject = SubjectSerializer()

    def to_representation(self, notification: Notification) -> dict[str, Any]:
        return notification.as_message()


@extend_schema_view(
    get=extend_schema(
        parameters=[OpenApiParameter("after", int, description="Only what came after this id.")]
    )
)
class NotificationListView(generics.ListAPIView):
    """What the caller's organizations have been told, in order."""

    serializer_class = NotificationSerializer
    permission_classes = [permissions.IsAuthenticated]
    filter_backends: list[Any] = []
    queryset = Notification.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Notification.objects.none()
        after = number_of(self.request, "after", 0, lowest=0, highest=LARGEST_ID)
        return Notification.objects.visible_to(self.request.user).after(after)
