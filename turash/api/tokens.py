"""Tokens for callers without a browser; made and revoked by their user, shown once."""

from typing import Any

from drf_spectacular.utils import extend_schema
from knox.models import AuthToken
from rest_framework import mixins, permissions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from turash.api.routers import router
from turash.api.views import ApiViewSet


class TokenSerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="token_key", help_text="How the token begins.")

    class Meta:
        model = AuthToken
        fields = ["id", "created", "expiry"]


class NewTokenSerializer(TokenSerializer):
    token = serializers.CharField(help_text="The token itself; it is not shown again.")

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]


class TokenViewSet(mixins.ListModelMixin, mixins.DestroyModelMixin, ApiViewSet):
    """The caller's tokens."""

    serializer_class = TokenSerializer
    permission_classes = [permissions.IsAuthenticated]
    filter_backends: list[Any] = []
    queryset = AuthToken.objects.none()
    lookup_field = "token_key"
    lookup_url_kwarg = "token_id"
    lookup_value_converter = "slug"

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return AuthToken.objects.none()
        return AuthToken.objects.filter(user=self.request.user).order_by("-created", "pk")

    @extend_schema(request=None, responses={201: NewTokenSerializer})
    def create(self, request: Request) -> Response:
        """Make a token; this answer is the only one that shows it."""
        row, token = AuthToken.objects.create(request.user)
        row.token = token
        return Response(NewTokenSerializer(row).data, status=status.HTTP_201_CREATED)


token_routes = router()
token_routes.register("tokens", TokenViewSet, "token")
