"""Errors as RFC 9457 `application/problem+json`, with the same shape everywhere."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import (
    NON_FIELD_ERRORS,
    PermissionDenied,
    RequestDataTooBig,
    ValidationError,
)
from django.http import Http404, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, status
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler as drf_exception_handler

from turash.errors import DomainError, InvalidInput, TooManyRequests, TryLater

# Where programs call, and no person reads a page.
API_PATHS = ("/api/", "/tiles/", "/ogc/")
CONTENT_TYPE = "application/problem+json"
# Types are stable identifiers, not addresses to open.
TYPE_PREFIX = "urn:turash:problem:"

TITLES = {
    400: gettext_lazy("The request is not valid."),
    401: gettext_lazy("Sign in first."),
    403: gettext_lazy("Not allowed."),
    404: gettext_lazy("Not found."),
    405: gettext_lazy("Method not allowed."),
    406: gettext_lazy("No such format."),
    409: gettext_lazy("This does not fit the present state."),
    412: gettext_lazy("It has changed meanwhile."),
    413: gettext_lazy("Too large."),
    415: gettext_lazy("Unsupported media type."),
    429: gettext_lazy("Too many requests."),
    500: gettext_lazy("Something went wrong on our side."),
    503: gettext_lazy("Too busy at the moment."),
}
CODES = {
    400: "invalid",
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    412: "stale",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    500: "internal_error",
    503: "try_later",
}


def problem(
    http_status: int,
    *,
    detail: str = "",
    code: str = "",
    errors: Mapping[str, list[str]] | None = None,
) -> dict[str, Any]:
    """Return the members of a problem; `errors` maps field paths such as `quality.ph`."""
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + (code or CODES.get(http_status, "error")),
        "title": str(TITLES.get(http_status, "Error")),
        "status": http_status,
        "detail": detail or str(TITLES.get(http_status, "Error")),
    }
    if errors:
        body["errors"] = errors
    return body


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what a view raised into a problem; None for what is a defect (HTTP 500)."""
    # A problem is JSON, whatever format was asked for.
    context["request"].accepted_renderer = JSONRenderer()
    context["request"].accepted_media_type = CONTENT_TYPE
    if isinstance(error, TooManyRequests):
        body = problem(429, detail=error.message, code=error.code)
        return _response(body, {"Retry-After": str(error.retry_after_s)})
    if isinstance(error, DomainError):
        body = problem(status.HTTP_409_CONFLICT, detail=error.message, code=error.code)
        return _response(body | error.members)
    if isinstance(error, InvalidInput):
        return _response(problem(400, detail=_first(error.errors), errors=error.errors))
    if isinstance(error, TryLater):
        body = problem(503, detail=error.message, code=error.code)
        return _response(body, {"Retry-After": str(error.retry_after_s)})
    if isinstance(error, RequestDataTooBig):
        return _response(problem(413))
    if isinstance(error, ValidationError):
        error = exceptions.ValidationError(as_serializer_error(error))
    response = drf_exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        errors = flatten(response.data)
        response.data = problem(400, detail=_first(errors), errors=errors)
    elif isinstance(error, Http404 | exceptions.NotFound):
        response.data = problem(404, detail=_("There is no such object, or you may not see it."))
    elif isinstance(error, PermissionDenied):
        response.data = problem(403, detail=str(error))
    else:
        detail = response.data.get("detail", "") if isinstance(response.data, dict) else ""
        response.data = problem(response.status_code, detail=str(detail))
    response.content_type = CONTENT_TYPE
    return response


def flatten(data: Any, path: str = "") -> dict[str, list[str]]:
    """Return nested validation errors as a flat map of field path → messages."""
    if isinstance(data, Mapping):
        result: dict[str, list[str]] = {}
        for key, value in data.items():
            own = {api_settings.NON_FIELD_ERRORS_KEY, NON_FIELD_ERRORS}
            inner = path if key in own else _below(path, key)
            for name, messages in flatten(value, inner).items():
                result.setdefault(name, []).extend(messages)
        return result
    if isinstance(data, list) and any(isinstance(item, Mapping | list) for item in data):
        return {
            name: messages
            for index, item in enumerate(data)
            if item
            for name, messages in flatten(item, f"{path}[{index}]").items()
        }
    messages = [str(item) for item in data] if isinstance(data, list) else [str(data)]
    return {path or api_settings.NON_FIELD_ERRORS_KEY: messages}


def _below(path: str, key: str | int) -> str:
    """Return the path to a member of an object, or to an item of a list."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else key


def _first(errors: Mapping[str, list[str]]) -> str:
    field, messages = next(iter(errors.items()))
    return f"{field}: {messages[0]}" if field != api_settings.NON_FIELD_ERRORS_KEY else messages[0]


def _response(body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return Response(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)


def json_problem(http_status: int, *, detail: str = "", code: str = "") -> JsonResponse:
    """Return a problem where no API view answers: an unknown path, a crash."""
    return JsonResponse(
        problem(http_status, detail=detail, code=code),
        status=http_status,
        content_type=CONTENT_TYPE,
    )


def is_api(request: Request) -> bool:
    """Whether the request expects problems rather than pages."""
    return f"{request.path}/".startswith(API_PATHS)
