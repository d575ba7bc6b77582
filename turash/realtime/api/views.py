"""Durable catch-up with what the websocket announced."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from turash.api.fields import StrictSerializer
from turash.api.pagination import number_of
from turash.api.views import ConditionalView
from turash.realtime import services
from turash.realtime.models import Notification, ReadMark

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


class ReadRequestSerializer(StrictSerializer):
    up_to = serializers.IntegerField(
        min_value=0,
        max_value=LARGEST_ID,
        required=False,
        help_text="The newest notification that was read; without it, all there are.",
    )


class ReadSerializer(serializers.Serializer):
    read_up_to = serializers.IntegerField()
    unread = serializers.IntegerField(help_text=f"At most {services.MOST_COUNTED} are counted.")


@extend_schema_view(
    get=extend_schema(
        parameters=[
            OpenApiParameter("after", int, description="Only what came after this id."),
            OpenApiParameter("unread", bool, description="`true`: only what I have not read."),
        ]
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
        if self._wants_unread():
            after = max(after, ReadMark.objects.position_of(self.request.user))
        return Notification.objects.visible_to(self.request.user).after(after)

    def _wants_unread(self) -> bool:
        text = self.request.query_params.get("unread", "false")
        if text not in ("true", "false"):
            raise serializers.ValidationError({"unread": _("Give true or false.")})
        return text == "true"


class NotificationReadView(ConditionalView):
    """How far the caller has read; one's own mark, which never goes back."""

    permission_classes = [permissions.IsAuthenticated]
    serializer_class = ReadRequestSerializer
    filter_backends: list[Any] = []
    pagination_class = None

    def hold_target(self) -> None:
        services.hold_mark(self.request.user)

    @extend_schema(responses=ReadSerializer)
    def get(self, request: Request) -> Response:
        """How far I have read, and how much there is since."""
        read_up_to = ReadMark.objects.position_of(request.user)
        return Response({"read_up_to": read_up_to, "unread": services.count_unread(request.user)})

    @extend_schema(request=ReadRequestSerializer, responses=ReadSerializer)
    def post(self, request: Request) -> Response:
        """Mark as read what my organizations were told."""
        serializer = ReadRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        mark = services.mark_read(request.user, up_to=serializer.validated_data.get("up_to"))
        return Response(
            {"read_up_to": mark.notification_id, "unread": services.count_unread(request.user)}
        )
