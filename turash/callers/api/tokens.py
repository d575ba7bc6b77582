"""Tokens for callers without a browser; made and revoked by their user, shown once."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import mixins, permissions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from turash.api.fields import StrictSerializer, TextField
from turash.api.routers import router
from turash.api.views import ApiViewSet, RetrieveMixin
from turash.callers import services
from turash.callers.models import Token


class TokenSerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="prefix", help_text="How the token begins.")
    created = serializers.DateTimeField(source="created_at")
    expiry = serializers.DateTimeField(
        source="expires_at", allow_null=True, help_text="Null: it does not expire."
    )
    last_used = serializers.DateTimeField(
        source="last_used_at", allow_null=True, help_text="To the minute."
    )

    class Meta:
        model = Token
        fields = ["id", "name", "scope", "created", "expiry", "last_used"]


class NewTokenSerializer(TokenSerializer):
    token = serializers.CharField(
        allow_null=True, help_text="The token itself; it is not shown again, but as null."
    )

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]


class TokenRequestSerializer(StrictSerializer):
    name = TextField(max_length=100, required=False, allow_blank=True)
    scope = serializers.ChoiceField(
        choices=Token.Scope.choices,
        required=False,
        help_text="`write`, which reads, too, unless told.",
    )
    expiry = serializers.DateTimeField(
        source="expires_at",
        required=False,
        allow_null=True,
        help_text="Without it the token is valid until it is revoked.",
    )


EXAMPLE = {"name": "ERP in Kalundborg", "scope": "read", "expiry": "2030-01-01T00:00:00Z"}


class TokenViewSet(mixins.ListModelMixin, RetrieveMixin, ApiViewSet):
    """The caller's tokens."""

    serializer_class = TokenSerializer
    permission_classes = [permissions.IsAuthenticated]
    filter_backends: list[Any] = []
    queryset = Token.objects.none()
    lookup_field = "prefix"
    lookup_url_kwarg = "token_id"
    lookup_value_converter = "slug"

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Token.objects.none()
        return Token.objects.of_user(self.request.user)

    @extend_schema(
        request=TokenRequestSerializer,
        responses={201: NewTokenSerializer},
        examples=[OpenApiExample("For reading", EXAMPLE, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        """
        Make a token; this answer is the only one that shows it.

        One that is made with a token does not outlive it.
        """
        serializer = TokenRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        by = request.auth if isinstance(request.auth, Token) else None
        row, secret = services.make_token(request.user, by=by, **serializer.validated_data)
        row.token = secret  # type: ignore[attr-defined]  # for this answer alone
        return Response(NewTokenSerializer(row).data, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, token_id: str) -> Response:
        services.revoke_token(request.user, prefix=self.get_object().prefix)
        return Response(status=status.HTTP_204_NO_CONTENT)


token_routes = router()
token_routes.register("tokens", TokenViewSet, "token")
