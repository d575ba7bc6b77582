"""The admin's page between choosing dead letters and discarding them: it asks for the reason."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin, helpers
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from turash.events import sweeper
from turash.events.models import LONGEST_REASON
from turash.events.querysets import EventDeliveryQuerySet


class DiscardForm(forms.Form):
    """Why they need not be delivered."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Kept with each of them, with your name."),
    )


def discard(
    model_admin: ModelAdmin, request: HttpRequest, queryset: EventDeliveryQuerySet
) -> HttpResponse | None:
    """Ask why, then discard the dead letters among those chosen; None: it is done."""
    is_answer = "reason" in request.POST
    form = DiscardForm(request.POST if is_answer else None)
    if form.is_valid():
        actor: Any = request.user
        count = sweeper.discard_dead(queryset, actor=actor, reason=form.cleaned_data["reason"])
        _tell(request, count)
        return None
    count = queryset.order_by().dead().count()
    if not count:
        _tell(request, 0)
        return None
    context = model_admin.admin_site.each_context(request) | {
        "title": _("Discard dead letters"),
        "opts": model_admin.opts,
        "form": form,
        "count": count,
        "action": request.POST["action"],
        "chosen": request.POST.getlist(helpers.ACTION_CHECKBOX_NAME),
        "all_that_match": request.POST.get("select_across", "0"),
    }
    status = 400 if form.errors else 200
    return TemplateResponse(request, "admin/events/discard.html", context, status=status)


def _tell(request: HttpRequest, count: int) -> None:
    text = ngettext("%d dead letter is discarded.", "%d dead letters are discarded.", count)
    messages.add_message(request, messages.SUCCESS if count else messages.WARNING, text % count)
