"""Forms of proposals."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from organizations.models import Organization
from proposals.models import Proposal, ProposalTerms
from proposals.models.message import LONGEST_MESSAGE
from proposals.models.terms import LONGEST_MONTHS


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


class TermsForm(forms.Form):
    """A counter-offer to terms; checked in full by the service."""

    based_on = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    quantity = forms.DecimalField(
        max_digits=20, decimal_places=6, required=False, help_text=_("Empty: to be agreed.")
    )
    price_per_unit = forms.DecimalField(
        max_digits=14,
        decimal_places=4,
        required=False,
        help_text=_("What the recipient pays. Below 0: the recipient is paid for taking it."),
    )
    start_date = forms.DateField(
        label=_("Start"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    duration_months = forms.IntegerField(
        label=_("Duration [months]"), min_value=1, max_value=LONGEST_MONTHS, required=False
    )
    connection_recipient_pct = forms.IntegerField(
        label=_("Share of the connection that the recipient pays [%]"),
        min_value=0,
        max_value=100,
        required=False,
        help_text=_("0: the supplier pays it all; 100: the recipient."),
    )
    comment = forms.CharField(
        label=_("Comment (the other side reads it)"),
        max_length=5000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, *args: Any, terms: ProposalTerms, unit: str, **kwargs: Any) -> None:
        initial = {name: getattr(terms, name) for name in ProposalTerms.FIELDS}
        for name in ("quantity", "price_per_unit"):
            if initial[name] is not None:
                initial[name] = f"{initial[name].normalize():f}"
        super().__init__(*args, initial=initial | {"based_on": terms.version}, **kwargs)
        self.fields["quantity"].label = _("Quantity [%s per year]") % unit
        self.fields["price_per_unit"].label = _("Price [EUR/%s]") % unit

    def base_on(self, terms: ProposalTerms) -> None:
        """Have what was typed answer these terms when it is sent again."""
        self.data = self.data.copy()
        self.data["based_on"] = str(terms.version)
