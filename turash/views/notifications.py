"""What my organizations have been told."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from turash.mail.subjects import with_titles
from turash.realtime import services
from turash.realtime.models import Notification, ReadMark

SHOWN = 100
LARGEST_ID = 10**18


@login_required
def notification_list(request: HttpRequest) -> HttpResponse:
    """The newest notifications, unread ones marked; with htmx the part that changes."""
    rows = list(
        Notification.objects.visible_to(request.user)
        .select_related("organization")
        .order_by("-pk")[:SHOWN]
    )
    context = {
        "rows": with_titles(rows),
        "read_up_to": ReadMark.objects.position_of(request.user),
        "unread": services.count_unread(request.user),
        "newest": rows[0].pk if rows else 0,
    }
    template = "turash/_notifications.html" if request.htmx else "turash/notifications.html"
    return render(request, template, context)


@login_required
@require_POST
def notifications_read(request: HttpRequest) -> HttpResponse:
    """Mark as read what the page showed; what came later stays unread."""
    text = request.POST.get("up_to", "")
    if text.isascii() and text.isdigit() and int(text[:19]) <= LARGEST_ID:
        services.mark_read(request.user, up_to=int(text[:19]))
    return redirect("notifications")
