"""How operations appear in the OpenAPI schema."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema as SpectacularSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from turash.api.shapes import ShapedMixin
from turash.api.views import ConditionalMixin, GeoJSONRenderer
from turash.spreadsheets import CSV_TYPE, XLSX_TYPE


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


def _list_of(name: str, description: str, names: Iterable[str]) -> OpenApiParameter:
    """A parameter that lists names, separated by commas."""
    return OpenApiParameter(
        name,
        {"type": "array", "items": {"type": "string", "enum": list(names)}},
        style="form",
        explode=False,
        description=description,
    )


ETAG = OpenApiParameter(
    "ETag", str, OpenApiParameter.HEADER, response=["200"], description="Tag of this version."
)


FEATURE: dict[str, Any] = {
    "type": "object",
    "required": ["type", "id", "geometry", "properties"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"type": "string", "format": "uuid"},
        "geometry": {"type": "object", "required": ["type", "coordinates"]},
        "properties": {"type": "object"},
    },
}
FEATURE_COLLECTION: dict[str, Any] = {
    "type": "object",
    "required": ["type", "features"],
    "properties": {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": {"type": "array", "items": FEATURE},
    },
}
# New rows have no id yet.
FEATURES_OF_FILE = FEATURE_COLLECTION | {
    "properties": {
        **FEATURE_COLLECTION["properties"],
        "features": {
            "type": "array",
            "items": FEATURE | {"required": ["type", "geometry", "properties"]},
        },
    }
}

FILES = {CSV_TYPE: {"type": "string"}, XLSX_TYPE: {"type": "string", "format": "binary"}}


class AutoSchema(SpectacularSchema):
    """Adds the errors that an operation can answer, and the headers that all understand."""

    @property
    def _is_conditional(self) -> bool:
        """Whether the operation writes something that the caller may have seen before."""
        is_question = getattr(self.view, "is_read", False)
        return self.method != "GET" and not is_question and isinstance(self.view, ConditionalMixin)

    def get_override_parameters(self) -> list[Any]:
        own = [IF_NONE_MATCH, ETAG] if self.method == "GET" else []
        if self.method == "POST":
            own.append(IDEMPOTENCY_KEY)
        if self._is_conditional:
            own.append(IF_MATCH)
        if self.method == "GET" and isinstance(self.view, ShapedMixin):
            own += self._shapes()
        return own

    def _shapes(self) -> list[Any]:
        names = [name for name, f in self.view.get_serializer().fields.items() if not f.write_only]
        shapes = [_list_of("fields", "Tell these alone, and `id`.", names)]
        if self.view.expansions:
            text = "Tell these whole, in `expanded`."
            shapes.append(_list_of("expand", text, self.view.expansions))
        return shapes

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
            # What a view says itself stays.
            if told is not None and told["schema"].get("type") != "object":
                told["schema"] = FEATURE_COLLECTION if self._is_list_view() else FEATURE
            for kind, content in response.get("content", {}).items():
                if content["schema"].get("format") != "binary":
                    content["schema"] = FILES.get(kind, content["schema"])
        if self.method == "GET" and isinstance(self.view, ShapedMixin):
            self._admit_parts(responses["200"]["content"]["application/json"])
        return operation

    def _admit_parts(self, answer: dict[str, Any]) -> None:
        """Say that `fields` leaves out what is else always there, and what `expand` adds."""
        holder, key = answer, "schema"
        told = self._schema_of(holder[key])
        if told.get("type") == "array":
            # Shared by all operations with such lists.
            holder, key = told, "items"
        if "anyOf" in holder[key]:
            return
        whole = self._schema_of(holder[key])
        name = f"{holder[key]['$ref'].rpartition('/')[2]}Part"
        part = ResolvedComponent(name, ResolvedComponent.SCHEMA, object=name)
        if part not in self.registry:
            part.schema = deepcopy(whole) | {
                "required": ["id"],
                "description": "The same with `fields` and `expand`.",
            }
            if self.view.expansions:
                part.schema["properties"]["expanded"] = {
                    "type": "object",
                    "properties": {
                        expansion: self.resolve_serializer(told_by, "response").ref
                        for expansion, told_by in self.view.expansions.items()
                    },
                }
            self.registry.register(part)
        holder[key] = {"anyOf": [holder[key], part.ref]}

    def _schema_of(self, reference: dict[str, Any]) -> dict[str, Any]:
        name = reference["$ref"].rpartition("/")[2]
        return self.registry[name, ResolvedComponent.SCHEMA].schema


def allow_blanks(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say of texts that may be empty "any of": a validator that checks no formats finds two."""
    for component in result["components"]["schemas"].values():
        for field in component.get("properties", {}).values():
            if {"type": "string", "maxLength": 0} in field.get("oneOf", []):
                field["anyOf"] = field.pop("oneOf")
    return result
