"""Tokens for the API."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from turash.callers import services
from turash.callers.forms import TokenForm
from turash.callers.models import Token
from turash.errors import DomainError
from turash.forms import add_errors


@login_required
@never_cache
def tokens(request: HttpRequest) -> HttpResponse:
    """My tokens; a new one is shown once, in the answer to its making."""
    made = ""
    form = TokenForm(request.POST) if request.method == "POST" else TokenForm()
    if form.is_valid():
        try:
            _row, made = services.make_token(
                request.user,
                name=form.cleaned_data["name"],
                scope=form.cleaned_data["scope"],
                expires_at=form.expires_at,
            )
        except DomainError as error:
            add_errors(form, error)
        else:
            form = TokenForm()
    rows = Token.objects.of_user(request.user)[: services.MOST_TOKENS]
    context = {"tokens": rows, "made": made, "form": form}
    return render(request, "turash/tokens.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def token_revoke(request: HttpRequest, prefix: str) -> HttpResponse:
    if services.revoke_token(request.user, prefix=prefix):
        messages.success(request, _("The token works no more."))
    return redirect("tokens")
