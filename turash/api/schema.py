"""How operations appear in the OpenAPI schema."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema as SpectacularSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers


class ProblemSerializer(serializers.Serializer):
    """An error, RFC 9457."""

    type = serializers.CharField(help_text="Stable identifier of the kind of problem.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="Messages by field path.",
    )


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "turash.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "turash.callers.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Token, a space, and the token.",
        }


class AutoSchema(SpectacularSchema):
    """Adds the errors that an operation can answer."""

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        responses = operation["responses"]
        statuses = ["400", "401", "403", "404", "406", "429"]
        if self.method != "GET":
            statuses += ["409", "413", "415", "503"]
        for status in statuses:
            if status not in responses:
                problem = OpenApiResponse(ProblemSerializer, description="Problem")
                responses[status] = self._get_response_for_code(
                    problem, status, media_types=["application/problem+json"]
                )
        return operation
