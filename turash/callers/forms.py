"""Forms of tokens."""

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from turash.callers.models import Token


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        required=False,
        help_text=_("Where you are going to use it."),
    )
    scope = forms.ChoiceField(
        label=_("The token may"),
        choices=Token.Scope.choices,
        initial=Token.Scope.READ,
    )
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        empty_value=None,
        required=False,
        initial=365,
        choices=[
            (30, _("30 days")),
            (90, _("90 days")),
            (365, _("a year")),
            ("", _("until I revoke it")),
        ],
    )

    @property
    def expires_at(self) -> datetime | None:
        days: int | None = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=days) if days else None
