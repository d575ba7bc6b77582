"""What went wrong: a problem for callers of the API, a page for people."""

from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from turash.api.problem_details import CONTENT_TYPE, is_api, json_problem
from turash.errors import TryLater

LONGEST_DETAIL = 300
PROBLEMS = [CONTENT_TYPE, "application/json"]


def _error(request: HttpRequest, status: int, detail: str = "") -> HttpResponse:
    if _wants_problem(request):
        response: HttpResponse = json_problem(status, detail=detail)
    else:
        words = {"status": status, "detail": detail}
        response = render(request, "turash/error.html", words, status=status)
    if not is_api(request):
        patch_vary_headers(response, ["Accept"])
    return response


def _wants_problem(request: HttpRequest) -> bool:
    """Whether a program asks: where programs do, or, elsewhere, for JSON rather than a page."""
    return is_api(request) or request.get_preferred_type(["text/html", *PROBLEMS]) in PROBLEMS


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 403, str(exception)[:LONGEST_DETAIL])


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    if _wants_problem(request):
        return json_problem(500)
    # Without the request nothing asks the database who is there: it may be what has failed.
    return HttpResponse(render_to_string("turash/error.html", {"status": 500}), status=500)


class TryLaterMiddleware:
    """Answers 503 where a page, or the admin, finds the system too busy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, TryLater):
            return None
        response = _error(request, 503, exception.message)
        response["Retry-After"] = str(exception.retry_after_s)
        return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _error(request, 403, _("The form has expired. Go back, reload the page, send it again."))
