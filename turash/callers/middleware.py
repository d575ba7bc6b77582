"""What happens to every call of the API before and after its view."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from turash import rate_limits
from turash.api.problem_details import is_api, json_problem
from turash.callers.throttling import spend
from turash.errors import TooManyRequests


class RateMiddleware:
    """
    Limits an address, also one that guesses tokens, and tells every caller what is left.

    `RateLimit-Limit`, `-Remaining` and `-Reset` are those of the emptiest of the caller's buckets
    (draft-ietf-httpapi-ratelimit-headers-07).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_api(request):
            return self.get_response(request)
        response = self._answer(request)
        left: rate_limits.Left | None = getattr(request, "rate_left", None)
        if left is not None:
            response["RateLimit-Limit"] = str(left.burst)
            response["RateLimit-Remaining"] = str(left.remaining)
            response["RateLimit-Reset"] = str(left.full_after_s)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        address = address_of(request)
        try:
            if address:
                spend(request, "address", address)
        except TooManyRequests as error:
            response = json_problem(429, detail=error.message)
            response["Retry-After"] = str(error.retry_after_s)
            return response
        return self.get_response(request)


def address_of(request: HttpRequest) -> str:
    """Return where a request comes from, as far as our own proxies vouch for it; "": unknown."""
    hops = [request.META.get("REMOTE_ADDR") or ""]
    if settings.TRUSTED_PROXIES:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
        hops = [*(hop.strip() for hop in forwarded.split(",")), *hops]
    return hops[max(0, len(hops) - 1 - settings.TRUSTED_PROXIES)][:100]
