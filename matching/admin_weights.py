"""Choosing weights in the admin: what they would change is shown before they are applied."""

from typing import Any

import numpy as np
from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from matching import preview, services, weights
from matching.engine.parameters import DEFAULT_WEIGHTS, FACTORS
from matching.models import MatchingWeights
from matching.services.choosing import normalized
from turash.errors import DomainError
from turash.forms import add_errors


class WeightsForm(forms.Form):
    """Weights in percent, or in any other proportion: they are brought to a sum of 100 %."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in FACTORS:
            self.fields[name] = forms.FloatField(
                label=str(MatchingWeights._meta.get_field(name).verbose_name).capitalize(),
                min_value=0,
                max_value=1000,
                widget=forms.NumberInput({"step": "any", "inputmode": "decimal"}),
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            self.shares = normalized({name: cleaned[name] for name in FACTORS})
        return cleaned


class ApplyForm(WeightsForm):
    """The same, once they are decided about."""

    reason = forms.CharField(label=_("Reason"), max_length=300)
    field_order = [*FACTORS, "reason"]


class ChoosingMixin:
    """For the list of weights: a page that previews others, and applies them."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview_page)  # type: ignore[attr-defined]
        name = "matching_matchingweights_preview"
        return [path("preview/", view, name=name), *super().get_urls()]  # type: ignore[misc]

    def preview_page(self, request: HttpRequest) -> HttpResponse:
        """Show what weights would change, and (sent) have all matches computed with them."""
        if not self.has_act_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        if request.method == "POST":
            form = self._sent(request)
            if form is None:
                return redirect("admin:matching_matchingweights_changelist")
        else:
            form = self._asked(request)
        shares = getattr(form, "shares", None) if form.is_bound and form.is_valid() else None
        now = weights.by_factor()
        context = self.admin_site.each_context(request) | {  # type: ignore[attr-defined]
            "title": _("Choose weights"),
            "opts": self.opts,  # type: ignore[attr-defined]
            "rows": [
                (form[name], now[name] * 100, default * 100, shares[name] * 100 if shares else None)
                for name, default in zip(FACTORS, DEFAULT_WEIGHTS.tolist(), strict=True)
            ],
            "form": form,
            "preview": _preview(shares) if shares else None,
            "present": weights.latest(),
        }
        status = 400 if request.method == "POST" and form.errors else 200
        return TemplateResponse(
            request, "admin/matching/matchingweights/preview.html", context, status=status
        )

    def _asked(self, request: HttpRequest) -> WeightsForm:
        if any(name in request.GET for name in FACTORS):
            return WeightsForm(request.GET)
        version = None
        if request.GET.get("version", "").isdecimal():
            version = MatchingWeights.objects.filter(pk=int(request.GET["version"][:18])).first()
        chosen = version.by_factor if version else weights.by_factor()
        in_percent = {name: round(share * 100, 10) for name, share in chosen.items()}
        # What another version would change is asked with its address.
        return WeightsForm(in_percent) if version else WeightsForm(initial=in_percent)

    def _sent(self, request: HttpRequest) -> WeightsForm | None:
        """Apply what was sent; returns the form if that is refused."""
        actor: Any = request.user
        learned = "return" in request.POST
        form: WeightsForm = ApplyForm(request.POST)
        reason = request.POST.get("reason", "")
        if not learned and not form.is_valid():
            return form
        try:
            if learned:
                services.return_to_learned(actor=actor, reason=reason[:300])
            else:
                services.choose_weights(actor=actor, weights=form.shares, reason=reason)
        except (ValidationError, DomainError) as error:
            if learned:
                form = WeightsForm(
                    {name: share * 100 for name, share in weights.by_factor().items()}
                )
                form.full_clean()
            add_errors(form, error)
            return form
        text = _("All matches are being computed; the weights come into force with them.")
        self.message_user(request, text)  # type: ignore[attr-defined]
        return None


def _preview(shares: dict[str, float]) -> preview.Preview:
    return preview.preview(np.array([shares[name] for name in FACTORS]))
