"""Forms of webhooks."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from turash.mail.subjects import HEADLINES
from webhooks.addresses import LONGEST_URL


def type_choices() -> list[tuple[str, Any]]:
    """The events that organizations are told of, in the reader's words."""
    return sorted(HEADLINES.items())


class WebhookForm(forms.Form):
    url = forms.CharField(
        label=_("Address"),
        max_length=LONGEST_URL,
        help_text=_("Where we POST what has happened, such as https://erp.example.org/turash."),
    )
    description = forms.CharField(label=_("Description"), max_length=200, required=False)
    event_types = forms.MultipleChoiceField(
        label=_("Events"),
        choices=type_choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("None: all of them."),
    )
