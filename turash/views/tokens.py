"""Tokens for the API."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from knox.models import AuthToken

TOKENS_SHOWN = 100


@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    """My tokens; a new one is shown once, in the answer to its making."""
    made = ""
    if request.method == "POST":
        _row, made = AuthToken.objects.create(request.user)
    rows = AuthToken.objects.filter(user=request.user).order_by("-created", "pk")[:TOKENS_SHOWN]
    return render(request, "turash/tokens.html", {"tokens": rows, "made": made})


@login_required
@require_POST
def token_revoke(request: HttpRequest, token_key: str) -> HttpResponse:
    AuthToken.objects.filter(user=request.user, token_key=token_key).delete()
    messages.success(request, _("The token works no more."))
    return redirect("tokens")
