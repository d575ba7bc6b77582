"""`/metrics` for Prometheus."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from turash.events.metrics import exposition


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For facilitators, and for who brings the token METRICS_TOKEN as `Authorization: Bearer …`."""
    if not (_has_token(request) or getattr(request.user, "is_facilitator", False)):
        answer = HttpResponse("Bring the token METRICS_TOKEN.\n", "text/plain", status=401)
        answer["WWW-Authenticate"] = "Bearer"
        return answer
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return (
        bool(settings.METRICS_TOKEN)
        and scheme.lower() == "bearer"
        and constant_time_compare(token.strip(), settings.METRICS_TOKEN)
    )
