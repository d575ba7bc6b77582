"""Forms of proposals."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from organizations.models import Organization
from proposals.models import Proposal
from proposals.models.message import LONGEST_MESSAGE


class ProposalForm(forms.ModelForm):
    from_organization = forms.ModelChoiceField(
        label=_("For"), queryset=Organization.objects.none(), empty_label=None
    )
    valid_until = forms.DateTimeField(
        label=_("Valid until"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("In UTC. Empty: until somebody decides."),
    )

    class Meta:
        model = Proposal
        fields = ["from_organization", "message", "quantity", "price_per_unit", "valid_until"]
        widgets = {"message": forms.Textarea({"rows": 5})}
        help_texts = {
            "message": _("What you have in mind: from when, how, what is still open."),
            "quantity": _("Empty: to be agreed."),
            "price_per_unit": _("Empty: to be agreed. Below 0: you are paid for taking it."),
        }

    def __init__(self, *args: Any, senders: Any, unit: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from_organization"].queryset = senders
        self.fields["quantity"].label = _("Quantity [%s per year]") % unit
        self.fields["price_per_unit"].label = _("Price [EUR/%s]") % unit

    def _post_clean(self) -> None:
        """The service checks the model, and knows the fields that its constraints are about."""


class StepForm(forms.Form):
    status = forms.CharField(max_length=20, widget=forms.HiddenInput)
    comment = forms.CharField(label=_("Comment"), max_length=5000, required=False)


class MessageForm(forms.Form):
    text = forms.CharField(
        label=_("Message"),
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea({"rows": 3}),
    )
