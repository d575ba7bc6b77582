"""Drafts of forms: saved as one types, thrown away by a button."""

from datetime import timedelta
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from organizations import services
from organizations.models import Draft
from turash.errors import TooManyRequests
from turash.rate_limits import Limit, spend

# Some for each tab that is open; a page waits for a second between two.
RATE = Limit("drafts", burst=30, refill=timedelta(seconds=1))


@require_POST
def draft_save(request: HttpRequest, key: str) -> JsonResponse:
    """
    Keep what a form holds, of which the tab knows the version in X-Draft-Version.

    401 for who is not signed in (any more), 409 with the version there is for a tab that knows
    another, 400 for what is too long, 429 for too often.
    """
    if not request.user.is_authenticated:
        return JsonResponse({}, status=401)
    body = request.POST.copy()
    body.pop("csrfmiddlewaretoken", None)
    try:
        spend(RATE, request.user.pk)
        draft = services.save_draft(
            actor=request.user,
            form=key,
            body=body.urlencode(),
            based_on=_version(request.headers.get("X-Draft-Version", "")),
        )
    except ValidationError as error:
        return JsonResponse({"errors": error.messages}, status=400)
    except TooManyRequests as error:
        return JsonResponse({"errors": [error.message]}, status=429)
    except services.ChangedElsewhere as error:
        return JsonResponse(_told(error.draft), status=409)
    return JsonResponse(_told(draft))


def _version(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _told(draft: Draft | None) -> dict[str, str]:
    if draft is None:
        return {"version": "", "saved_at": ""}
    return {"version": str(draft.version), "saved_at": draft.saved_at.isoformat()}


@login_required
@require_POST
def draft_discard(request: HttpRequest, key: str) -> HttpResponse:
    """Throw a draft away, and show the form anew."""
    services.drop_draft(actor=request.user, form=key)
    back = request.GET.get("next", "")
    allowed = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if allowed and back.startswith("/") else "dashboard")
