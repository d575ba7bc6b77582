"""Forms of matches."""

from django import forms
from django.utils.translation import gettext_lazy as _

from matching.models import Category


class DismissalForm(forms.Form):
    reason = forms.CharField(label=_("Why not?"), max_length=500)
    category = forms.ChoiceField(
        label=_("In a word"), choices=[("", "–"), *Category.choices], required=False
    )
