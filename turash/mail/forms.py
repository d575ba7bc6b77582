"""Forms of e-mail."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from turash.mail.models import MATCH_CADENCES, Cadence


class MailPreferenceForm(forms.Form):
    # In a browser a control called `matches` hides the form's method of that name from scripts.
    prefix = "mail"

    proposals = forms.ChoiceField(
        label=_("About proposals"),
        choices=Cadence.choices,
        help_text=_("New proposals, decisions, messages, and proposals that are about to expire."),
    )
    matches = forms.ChoiceField(label=_("About matches"), choices=MATCH_CADENCES)
    language = forms.ChoiceField(label=_("Language of e-mails"), choices=settings.LANGUAGES)
