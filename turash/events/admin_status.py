"""The admin's page that shows how events are doing, and retries dead letters of a kind."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from turash.events import sweeper
from turash.events.models import EventDelivery
from turash.events.status import read_status
from turash.events.throughput import read_throughput

REFRESH_S = 10


def status_page(request: HttpRequest) -> HttpResponse:
    """What waits, what was given up, who works."""
    _require_actor(request)
    context = admin.site.each_context(request) | {
        "title": _("Events: status"),
        "status": read_status(),
        "throughput": read_throughput(timezone.now()),
        "refresh_s": REFRESH_S,
        "opts": EventDelivery._meta,
    }
    return TemplateResponse(request, "admin/events/status.html", context)


@require_POST
def retry_kind(request: HttpRequest) -> HttpResponse:
    """Retry all dead letters of one handler and type."""
    _require_actor(request)
    dead = EventDelivery.objects.dead().of_kind(
        request.POST.get("handler"), request.POST.get("event_type")
    )
    count = sweeper.retry_dead(dead)
    tell_retried(request, count)
    return redirect("admin:events_status")


def tell_retried(request: HttpRequest, count: int) -> None:
    """Say how many dead letters will be delivered again."""
    text = ngettext(
        "%d dead letter will be delivered again.",
        "%d dead letters will be delivered again.",
        count,
    )
    messages.add_message(request, messages.SUCCESS if count else messages.WARNING, text % count)


def _require_actor(request: HttpRequest) -> None:
    delivery_admin: Any = admin.site.get_model_admin(EventDelivery)
    if not delivery_admin.has_act_permission(request):
        raise PermissionDenied
