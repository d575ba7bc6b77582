"""How operations appear in the OpenAPI schema."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema as SpectacularSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from turash.api.views import ConditionalMixin, GeoJSONRenderer


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


def _header(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=description)


IF_NONE_MATCH = _header("If-None-Match", "Tags of what I have already: 304 if it is still so.")
IF_MATCH = _header("If-Match", "The tag of what I have seen: 412 if it has changed since.")
IDEMPOTENCY_KEY = _header(
    "Idempotency-Key",
    "1 to 255 printable ASCII characters of my choice; what is sent again with it within 24 hours "
    "is done once, and answered the same.",
)
ETAG = OpenApiParameter(
    "ETag", str, OpenApiParameter.HEADER, response=["200"], description="Tag of this version."
)


FEATURE = {
    "type": "object",
    "required": ["type", "id", "geometry", "properties"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"type": "string", "format": "uuid"},
        "geometry": {"type": "object", "required": ["type", "coordinates"]},
        "properties": {"type": "object"},
    },
}
FEATURE_COLLECTION = {
    "type": "object",
    "required": ["type", "features"],
    "properties": {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": {"type": "array", "items": FEATURE},
    },
}


class AutoSchema(SpectacularSchema):
    """Adds the errors that an operation can answer, and the headers that all understand."""

    @property
    def _is_conditional(self) -> bool:
        """Whether the operation writes something that the caller may have seen before."""
        is_of_one = getattr(self.view, "detail", True)
        return self.method != "GET" and is_of_one and isinstance(self.view, ConditionalMixin)

    def get_override_parameters(self) -> list[Any]:
        own = [IF_NONE_MATCH, ETAG] if self.method == "GET" else []
        if self.method == "POST":
            own.append(IDEMPOTENCY_KEY)
        if self._is_conditional:
            own.append(IF_MATCH)
        return own

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
        else:
            responses.setdefault("304", {"description": "Still what you have."})
        if self._is_conditional:
            statuses.append("412")
        for status in statuses:
            if status not in responses:
                problem = OpenApiResponse(ProblemSerializer, description="Problem")
                responses[status] = self._get_response_for_code(
                    problem, status, media_types=["application/problem+json"]
                )
        for response in responses.values():
            told = response.get("content", {}).get(GeoJSONRenderer.media_type)
            if told is not None:
                told["schema"] = FEATURE_COLLECTION if self._is_list_view() else FEATURE
        return operation
