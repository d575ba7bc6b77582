"""The pieces of which pages are made, side by side."""

import re
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from matching.ids import match_id
from proposals.states import Status

_TOKEN = re.compile(r"^ +--([a-z0-9-]+): (.+);$", re.MULTILINE)
_COLOUR = re.compile(r"#[0-9a-f]{6}")


class SampleForm(forms.Form):
    """A field of each kind, one of them wrong."""

    name = forms.CharField(label=gettext_lazy("Name"), help_text=gettext_lazy("As on the door."))
    amount = forms.FloatField(label=gettext_lazy("Amount"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Status.choices, required=False)
    ways = forms.MultipleChoiceField(
        label=gettext_lazy("Status"),
        choices=Status.choices[:3],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    low = forms.FloatField(label=gettext_lazy("From"), required=False)
    high = forms.FloatField(label=gettext_lazy("To"), required=False)
    is_sure = forms.BooleanField(label=gettext_lazy("Verified"), required=False)
    text = forms.CharField(
        label=gettext_lazy("Description"), required=False, widget=forms.Textarea({"rows": 2})
    )


def style(request: HttpRequest) -> HttpResponse:
    """Every component as pages show it, for who works on them: staff, and anybody in DEBUG."""
    if not is_shown(request):
        raise Http404
    form = SampleForm({"name": "Boiler house", "amount": "much", "kind": Status.LIVE})
    return render(
        request,
        "turash/style.html",
        {
            "tokens": tokens(),
            "form": form,
            "fields": [
                form[name] for name in ("name", "amount", "kind", "ways", "is_sure", "text")
            ],
            "row": {"label": _("Temperature [°C]"), "fields": [form["low"], form["high"]]},
            "page": Paginator(range(30), 10).page(2),
            "statuses": Status.choices,
            "scores": (0.93, 0.35),
            "matches": [_match(1, is_new=True), _match(2, is_new=False)],
        },
    )


def is_shown(request: HttpRequest) -> bool:
    return settings.DEBUG or getattr(request.user, "is_staff", False)


@cache
def tokens() -> dict[str, list[str]]:
    """Return the names of the tokens of the stylesheet: colours, spaces, sizes of type."""
    path = finders.find("css/turash.css")
    found = dict(_TOKEN.findall(Path(str(path)).read_text(encoding="utf-8")))
    return {
        "colours": [name for name, value in found.items() if _COLOUR.fullmatch(value)],
        "spaces": [name for name in found if name.startswith("space-")],
        "types": [name for name in found if name.startswith("type-")],
    }


def _match(number: int, *, is_new: bool) -> Any:
    """Something that the list of matches shows like a match."""
    return SimpleNamespace(
        pk=match_id(number, number),
        is_new=is_new,
        output=SimpleNamespace(resource_type=_("Hot water"), organization=_("A power station")),
        input=SimpleNamespace(organization=_("A greenhouse")),
        score=0.93 / number,
        savings_eur_per_year=48_200 / number,
        co2_avoided_t_per_year=310 / number,
    )
