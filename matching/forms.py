"""Forms of matches."""

from django import forms
from django.utils.translation import gettext_lazy as _


class DismissalForm(forms.Form):
    reason = forms.CharField(label=_("Why not?"), max_length=500)
