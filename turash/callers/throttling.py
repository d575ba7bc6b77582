"""How often the API may be called: by an address, a user and a token."""

from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from turash import rate_limits
from turash.callers.models import Token
from turash.errors import TooManyRequests


@cache
def _limit(kind: str, rate: str) -> rate_limits.Limit:
    burst, per_minute = rate.split("/")
    return rate_limits.Limit(
        f"api_{kind}", int(burst), timedelta(minutes=1), refilled=int(per_minute)
    )


def spend(request: HttpRequest, kind: str, key: object) -> None:
    """
    Take one from a bucket, and remember the emptiest for the headers of the answer.

    :raises TooManyRequests: it is empty.
    """
    limit = _limit(kind, settings.API_RATES[kind])
    try:
        left = rate_limits.spend(limit, key)
    except TooManyRequests as error:
        request.rate_left = rate_limits.Left(limit.burst, 0, error.retry_after_s)  # type: ignore[attr-defined]
        raise
    before = getattr(request, "rate_left", None)
    if left is not None and (before is None or left.remaining < before.remaining):
        request.rate_left = left  # type: ignore[attr-defined]


class CallerThrottle(BaseThrottle):
    """Limits a user, and each of the user's tokens."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """
        Return True, always.

        :raises TooManyRequests: the user or the token has called too often.
        """
        if request.user.is_authenticated:
            spend(request._request, "user", request.user.pk)
            if isinstance(request.auth, Token):
                spend(request._request, "token", request.auth.pk)
        return True
