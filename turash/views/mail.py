"""What I hear by e-mail: preferences, unsubscribing, and the language."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views import i18n
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from turash.mail import unsubscribing
from turash.mail.forms import MailPreferenceForm
from turash.mail.services import preferences as services


@login_required
def preferences(request: HttpRequest) -> HttpResponse:
    preference = services.preference_of(request.user)
    initial = {
        "proposals": preference.proposals,
        "matches": preference.matches,
        "language": request.user.language,
    }
    form = MailPreferenceForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        services.set_preference(request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("mail-preferences")
    return render(request, "turash/mail.html", {"form": form}, status=400 if form.errors else 200)


# Mail programs post here without a session (RFC 8058); the token says who it is. A GET changes
# nothing, because scanners of e-mails follow every link.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    try:
        user_id, topic = unsubscribing.read(token)
    except unsubscribing.BadToken:
        raise Http404 from None
    if request.method == "POST" and not services.unsubscribe(user_id, topic):
        raise Http404
    response = render(request, "turash/unsubscribe.html", {"is_done": request.method == "POST"})
    # The address is a key.
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


def set_language(request: HttpRequest) -> HttpResponse:
    """Switch the language of the pages, and of the e-mails of who has signed in."""
    language = request.POST.get("language")
    if (
        request.method == "POST"
        and request.user.is_authenticated
        and language in dict(settings.LANGUAGES)
    ):
        services.set_language(request.user, language)
    return i18n.set_language(request)
